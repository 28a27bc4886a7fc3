"""What is known of every series at the end of every week: level, scatter, prices, and what promotions add."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from forecast.censoring import sold_out, wanted_at_least
from forecast.effects import SHARES, Effects, drivers_by, fit_effects, log_prices
from forecast.history import Grid, Rows, SalesHistory
from forecast.launch import Launches, launches_of, lent_levels
from forecast.peers import Peers, peers_of

HALF_LIVES = (1.0, 3.0, 8.0, 26.0)
"""Weeks after which a week counts half in a level."""
LEVEL_HALF_LIFE = 8.0
"""The one that forecasts start from."""
LEVEL_PRIOR = 0.3
"""Weeks of a series that the level of its product and store weighs as much as."""


@dataclass(frozen=True)
class Panel:
    """A sales history with what follows from it week by week; column w knows OBSERVED facts of weeks up to w only.

    Attributes:
        effects: of price and promotion, learnt from the known weeks.
        residual: log1p(units) less what price and promotion add `[num_series, num_weeks]`, NaN where unknown; what
            was sold out is what was expected to be wanted.
        is_learnt: weeks whose units are known and not cut short by an empty shelf: those that examples are made of.
        effect: what planned price and promotion add to log1p(units) in each week.
        levels: by half-life, exponentially weighted mean of `residual` up to each week; NaN before the first known.
        level: the start of forecasts: the level of LEVEL_HALF_LIFE shrunk to product's and store's; never NaN.
        surprise: `residual` of each week less the level of the week before; NaN where either is unknown.
        scatter: weighted root mean square of the surprises up to each week, NaN before the first.
        num_known: known weeks up to each week.
        price, base_price: their logs, unknown ones filled.
        usual_effect: weighted mean of `effect` up to each week.
        peers: who stands beside each series.
        launches: what those not sold yet borrow.
    """

    history: SalesHistory
    effects: Effects
    residual: Grid
    is_learnt: npt.NDArray[np.bool_]
    effect: Grid
    levels: Mapping[float, Grid]
    level: Grid
    surprise: Grid
    scatter: Grid
    num_known: Grid
    price: Grid
    base_price: Grid
    usual_effect: Grid
    peers: Peers
    launches: Launches

    @cached_property
    def out_of_stock(self) -> Grid:
        """1 for weeks that ended with no stock, 0 for others, NaN where stock is not known."""
        stock = self.history.grids["on_hand_units"]
        return np.where(np.isfinite(stock), stock <= 0, np.nan).astype(np.float32)

    @cached_property
    def promotion(self) -> Grid:
        """How strongly each week is promoted, 0 to 1: the largest of feature, display and price-cut share."""
        grids = self.history.grids
        return np.maximum.reduce([np.nan_to_num(grids[name]) for name in SHARES])


def panel_of(history: SalesHistory, effects: Effects | None = None) -> Panel:
    """The panel of a history whose OBSERVED facts are cut where learning stops.

    Args:
        effects: of price and promotion, learnt from an earlier cut of the same history; None learns them from this one.
    """
    logs, is_cut = np.log1p(history.grids["units"]), sold_out(history)
    price, base_price = log_prices(history)
    drivers = drivers_by(price, base_price, *(history.grids[name] for name in SHARES))
    effects = effects or fit_effects(np.where(is_cut, np.nan, logs), drivers, history.product)
    effect = effects.of(drivers)
    residual = _uncensored(logs - effect, is_cut)
    known = np.isfinite(residual)
    levels = {half_life: weighted_mean(residual, half_life) for half_life in HALF_LIVES}
    weight = decayed_sum(known.astype(np.float32), LEVEL_HALF_LIFE)
    own = np.nan_to_num(levels[LEVEL_HALF_LIFE])
    prior = lent_levels(levels[LEVEL_HALF_LIFE], _prior(levels[LEVEL_HALF_LIFE], history), history)
    surprise = np.full_like(residual, np.nan)
    surprise[:, 1:] = residual[:, 1:] - levels[LEVEL_HALF_LIFE][:, :-1]
    return Panel(
        history=history,
        effects=effects,
        residual=residual,
        is_learnt=known & ~is_cut,
        effect=effect,
        levels=levels,
        level=((own * weight + prior * LEVEL_PRIOR) / (weight + LEVEL_PRIOR)).astype(np.float32),
        surprise=surprise,
        scatter=np.sqrt(weighted_mean(surprise**2, 26.0)),
        num_known=known.cumsum(axis=1).astype(np.float32),
        price=price,
        base_price=base_price,
        usual_effect=weighted_mean(effect, LEVEL_HALF_LIFE),
        peers=peers_of(history),
        launches=launches_of(residual, history),
    )


def _uncensored(residual: Grid, is_cut: npt.NDArray[np.bool_]) -> Grid:
    """The residuals with what stock-outs cut short as expected by the weeks with stock before them."""
    if not is_cut.any():
        return residual
    whole = np.where(is_cut, np.nan, residual)
    before = np.full_like(residual, np.nan)
    before[:, 1:] = weighted_mean(whole, LEVEL_HALF_LIFE)[:, :-1]
    scatter = np.full_like(residual, np.nan)
    scatter[:, 1:] = np.sqrt(weighted_mean((whole - before) ** 2, 26.0))[:, :-1]
    return np.where(is_cut, wanted_at_least(residual, before, scatter), residual)


def decayed_sum(grid: Grid, half_life: float) -> Grid:
    """Sum over the weeks up to each week, a week `half_life` weeks ago counting half."""
    found, rate = np.empty_like(grid), np.float32(0.5 ** (1 / half_life))
    running = np.zeros(len(grid), np.float32)
    for week in range(grid.shape[1]):
        running = running * rate + grid[:, week]
        found[:, week] = running
    return found


def weighted_mean(grid: Grid, half_life: float) -> Grid:
    """Mean over the known weeks up to each week, a week `half_life` weeks ago counting half; NaN before the first."""
    known = np.isfinite(grid)
    total = decayed_sum(np.where(known, grid, 0).astype(np.float32), half_life)
    weight = decayed_sum(known.astype(np.float32), half_life)
    return np.where(weight > 1e-9, total / np.maximum(weight, 1e-9), np.nan).astype(np.float32)


def group_mean(grid: Grid, groups: Rows) -> Grid:
    """Mean over the known members of each group `[num_groups, num_columns]`; NaN where none is known."""
    members = sp.csr_matrix((np.ones(len(groups), np.float32), (groups, np.arange(len(groups)))))
    known = np.isfinite(grid)
    count = members @ known.astype(np.float32)
    total = members @ np.where(known, grid, 0).astype(np.float32)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _prior(level: Grid, history: SalesHistory) -> Grid:
    """The level that product and store let expect `[num_series, num_weeks]`, 0 before anything is known."""
    with np.errstate(invalid="ignore"):
        everything = np.nan_to_num(group_mean(level, np.zeros(len(level), np.int64)))
        category = group_mean(level, history.category)
        category = np.where(np.isnan(category), everything, category)[history.category]
        product = group_mean(level, history.product)[history.product]
        product = np.where(np.isnan(product), category, product)
        store = np.nan_to_num(group_mean(level - product, history.store))[history.store]
    return product + store
