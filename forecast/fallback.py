"""Fallback: a velocity class that a simple forecast tells better than the model, on held-out weeks, is told by it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from forecast.baselines import simple_points
from forecast.held_out import ToldBack
from forecast.history import Grid, Rows
from forecast.quantiles import losses_by_halves
from forecast.velocity import CLASSES

Floats = npt.NDArray[np.float64]
CANDIDATES: Final = ("mean", "last-4 mean", "TSB")
LEAST_GAIN: Final = 0.1
"""Part of the loss that a simple forecast must spare to serve in place of one that knows prices and promotions: with it
goes the answer to what a planned promotion would do."""
LEAST_WEEKS: Final = 4
"""Held-out weeks below which nobody can say."""
LEAST_ROWS: Final = 100
"""Held-out rows of a class below which nobody can say."""
LEAST_SPREAD: Final = 0.05


@dataclass(frozen=True)
class Fallback:
    """A velocity class that a simple forecast serves.

    Attributes:
        velocity: place in CLASSES.
        name: of the simple forecast, among CANDIDATES.
        spread: its mean absolute miss in log1p(units) on held-out weeks, which its misses are told in.
        loss, model_loss: mean pinball there, units a week.
    """

    velocity: int
    name: str
    spread: float
    loss: float
    model_loss: float

    def __str__(self) -> str:
        return (
            f"{CLASSES[self.velocity]} products are told by the {self.name}: pinball {self.loss:.4g} on held-out weeks "
            f"against {self.model_loss:.4g} of the model"
        )


def fallbacks(units: Grid, told_back: Sequence[ToldBack], num_categories: int) -> tuple[Fallback, ...]:
    """The classes in which the best of CANDIDATES spares LEAST_GAIN of the model's held-out pinball loss, or more.

    Both have intervals of the same making: the misses of every other held-out week, by class.

    Args:
        units: `[num_series, num_weeks]`, those learnt from.
    """
    if not told_back:
        return ()
    series, week, logs, spreads, groups = (
        np.concatenate([getattr(told, name) for told in told_back])
        for name in ("series", "week", "logs", "spreads", "groups")
    )
    sold = units[series, week].astype(np.float64)
    simple = {name: np.concatenate([_logs(name, units, told) for told in told_back]) for name in CANDIDATES}
    found = []
    for velocity in range(len(CLASSES)):
        at = np.flatnonzero(groups // num_categories == velocity)
        if len(at) < LEAST_ROWS or len(np.unique(week[at])) < LEAST_WEEKS:
            continue
        model = float(losses_by_halves(sold[at], logs[at], spreads[at], week[at]).mean())
        losses = {name: _mean_loss(sold[at], simple[name][at], week[at]) for name in CANDIDATES}
        name = min(losses, key=lambda one: losses[one])
        if losses[name] < (1 - LEAST_GAIN) * model:
            spread = max(float(np.abs(np.log1p(sold[at]) - simple[name][at]).mean()), LEAST_SPREAD)
            found.append(Fallback(velocity, name, spread, losses[name], model))
    return tuple(found)


def as_served(
    units: Grid, told_back: Sequence[ToldBack], found: Sequence[Fallback], num_categories: int
) -> tuple[ToldBack, ...]:
    """What held-out weeks were told, rows of classes that fall back by their simple forecast."""
    return tuple(_served(units, told, found, num_categories) for told in told_back)


def _served(units: Grid, told: ToldBack, found: Sequence[Fallback], num_categories: int) -> ToldBack:
    logs, spreads = told.logs.copy(), told.spreads.copy()
    for one in found:
        at = told.groups // num_categories == one.velocity
        logs[at], spreads[at] = _logs(one.name, units, told)[at], one.spread
    return replace(told, logs=logs, spreads=spreads)


def _mean_loss(sold: Floats, logs: Floats, week: Rows) -> float:
    return float(losses_by_halves(sold, logs, np.ones(len(sold)), week).mean())


def _logs(name: str, units: Grid, told: ToldBack) -> Floats:
    """Log1p of what a simple forecast tells of each row, seen from the week that the model saw it from."""
    found = np.empty(len(told.series))
    for origin in np.unique(told.origin):
        at = np.flatnonzero(told.origin == origin)
        found[at] = simple_points(name, units[told.series[at], : origin + 1], 1)
    return np.log1p(found)
