"""What drives a forecast: how much of each week is its price, its promotion, the products beside it, the season."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast.effects import SHARES, drivers_by
from forecast.features import features
from forecast.history import Rows
from forecast.model import FittedForecast
from forecast.told import WeekTold

Floats = npt.NDArray[np.float64]
NUM_PRICE_DRIVERS = 2
"""The first of the linear effects' drivers speak of price, the others of promotion."""
NEIGHBOURS = "relations"
"""The feature family that looks at other products."""


def base_units(fitted: FittedForecast, rows: Rows) -> Floats:
    """Units a week that the level alone expects, at the base price of the origin and unpromoted `[num_rows]`.

    Where a simple forecast serves, they are its own.
    """
    simple = fitted.simple_points(rows, fitted.origin + 1)
    return np.where(np.isnan(simple), np.expm1(_base(fitted, rows)).clip(0), simple)


def driver_factors(fitted: FittedForecast, told: WeekTold) -> Floats:
    """What each of DRIVERS multiplies one plus the base units by in the week told of `[num_rows, 4]`.

    Price and promotion are the linear effects against an unpromoted week at the origin's base price. Substitutes are
    what the expected units lose when the products beside it are seen as they stood at the origin. Season is the rest:
    the four together lead from the base to what the model expects. Nothing drives what a simple forecast serves.
    """
    rows, target = told.wanted.series, told.wanted.target
    base = _base(fitted, rows)
    panel = fitted.panel
    facts = panel.price, panel.base_price, *(panel.history.grids[name] for name in SHARES)
    effects = drivers_by(*(grid[rows, target] for grid in facts)) * panel.effects.slopes[rows].T
    price = effects[:NUM_PRICE_DRIVERS].sum(axis=0) - _base_price_effect(fitted, rows)
    promotion = effects[NUM_PRICE_DRIVERS:].sum(axis=0)
    beside = _beside(fitted, told)
    season = told.logs - base - price - promotion - beside
    return np.exp(np.where(told.is_simple[:, None], 0.0, np.column_stack([price, promotion, beside, season])))


def _base(fitted: FittedForecast, rows: Rows) -> Floats:
    level = fitted.panel.level[rows, fitted.origin].astype(np.float64)
    return np.asarray(level + _base_price_effect(fitted, rows))


def _base_price_effect(fitted: FittedForecast, rows: Rows) -> Floats:
    """What the base price of the origin adds to log1p(units): the second driver is its log."""
    logs = np.nan_to_num(fitted.panel.base_price[rows, fitted.origin])
    return np.asarray(logs * fitted.panel.effects.slopes[rows, 1], np.float64)


def _beside(fitted: FittedForecast, told: WeekTold) -> Floats:
    """What other products' prices and promotions add to log1p(units), against those of the last known week."""
    if NEIGHBOURS not in fitted.settings.families:
        return np.zeros(len(told.wanted))
    rows, origin = told.wanted.series, fitted.origin
    seen, names = features(fitted.panel, origin=origin, target=origin, rows=rows, families=(NEIGHBOURS,))
    matrix = told.wanted.matrix.copy()
    matrix[:, [told.wanted.names.index(name) for name in names]] = seen
    return told.logs - fitted.trees.logs(replace(told.wanted, matrix=matrix))
