"""Order points: how low each line may run before it is ordered, by what is lost and held at each level."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.order_play import NUM_PLAYED, Courses, Terms, played
from measures.inventory import critical_ratio
from schema.order_policy import OrderPolicy, Target
from schema.supply import OrderLines

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
NUM_LEVELS: Final = 64
"""Order points that are weighed for each line, evenly from none to more than was ever drawn."""

MOST_PLAYED: Final = 1_024
"""Lines that are played; in a larger shop they stand for all, for what is lost together needs no more."""
LEAST_LOST: Final = 0.001
"""Share of what is wanted below which a loss is not told from none."""


@dataclass(frozen=True)
class Tradeoff:
    """What each order point of each line brings `[num_lines, NUM_LEVELS]`, ascending along a row.

    Attributes:
        levels: order points, whole units.
        missed: expected units short until the next review's order comes, per review, by a formula that lets those who
            find none come back: smooth, so that it tells well which line a unit serves best.
        lost: the same where what is short is lost: what the lines together are held to. Where some were played for
            all, theirs counts for the lines that they stand for, and others' is 0.
        met: chance that demand until then is met.
        wanted: `[num_lines]` units that `lost` is of, counted alike.
    """

    levels: Floats
    missed: Floats
    lost: Floats
    met: Floats
    wanted: Floats


def played_tradeoff(choice: Tradeoff, weeks: Courses, lines: OrderLines, batch: Floats, review_days: int) -> Tradeoff:
    """The same order points, what they lose being played (`decisions.order_play`), not told by a formula.

    Some points are played; between two of them losses fall as exponentials do.

    Args:
        weeks: `[num_lines, num_weeks, num_draws]` courses of demand, of `week_draws`.
        batch: `[num_lines]` units that an order lifts the stock by, at least 1.
    """
    some = np.round(np.linspace(0, NUM_LEVELS - 1, NUM_PLAYED)).astype(np.int64)
    rows, stands_for = _standing_for_all(choice.wanted)
    levels = choice.levels[rows]
    terms = Terms(np.maximum(lines.pack_units[rows], 1), np.maximum(lines.min_order_units[rows], 1), batch[rows])
    found = played(levels[:, some], weeks[rows], lines.lead_days[rows], terms, review_days)
    least = LEAST_LOST * np.maximum(found.wanted, 1e-9)[:, None]
    logs, above = np.log(found.lost + least), np.clip(np.searchsorted(some, np.arange(NUM_LEVELS)), 1, None)
    low, high = levels[:, some[above - 1]], levels[:, some[above]]
    part = (levels - low) / np.maximum(high - low, 1)
    between = np.exp((1 - part) * logs[:, above - 1] + part * logs[:, above]) - least
    lost, wanted = np.zeros_like(choice.lost), np.zeros_like(choice.wanted)
    lost[rows] = np.maximum(np.minimum.accumulate(between, axis=1), 0) * stands_for[:, None]
    wanted[rows] = found.wanted * stands_for
    return replace(choice, lost=lost, wanted=wanted)


def _standing_for_all(wanted: Floats) -> tuple[Rows, Floats]:
    """At most MOST_PLAYED lines, and for how many each stands: the more is wanted of a line, the likelier it is taken.

    Source: Särndal, Swensson and Wretman 1992, section 3.6.2 (systematic sampling in proportion to size).
    """
    if len(wanted) <= MOST_PLAYED:
        return np.arange(len(wanted)), np.ones(len(wanted))
    size = np.maximum(wanted, 1e-9)
    until = np.cumsum(size)
    step = until[-1] / MOST_PLAYED
    rows, times = np.unique(np.searchsorted(until, (np.arange(MOST_PLAYED) + 0.5) * step), return_counts=True)
    return rows, times * step / size[rows]


def tradeoff(until_order: Floats, until_next: Floats, batch: Floats) -> Tradeoff:
    """What is lost at each order point.

    After a review shelf and pipeline hold anything from just above the point to a batch above it, each as likely.

    Args:
        until_order: `[num_lines, num_draws]` demand until an order placed now comes.
        until_next: the same until one placed at the next review comes.
        batch: `[num_lines]` units that an order lifts the stock by, at least 1.

    Source: Hadley and Whitin 1963, section 5-2 (uniform inventory position); Silver, Pyke and Thomas 2017, section 7.9.
    """
    most = np.ceil(until_next.max(axis=1)) + 1
    levels = np.round(np.linspace(0, 1, NUM_LEVELS)[None, :] * np.maximum(most, 1)[:, None])
    lost, met = np.empty_like(levels), np.empty_like(levels)
    for at in range(NUM_LEVELS):
        level = levels[:, at]
        lost[:, at] = _excess(until_next, level, batch) - _excess(until_order, level, batch)
        met[:, at] = (until_next <= level[:, None] + 1).mean(axis=1)
    wanted = until_next.mean(axis=1) - until_order.mean(axis=1)
    missed = np.maximum(np.minimum.accumulate(lost, axis=1), 0)
    return Tradeoff(levels, missed, missed, met, wanted)


def order_points(choice: Tradeoff, lines: OrderLines, policy: OrderPolicy) -> Floats:
    """Order point of each line `[num_lines]`, units.

    A fill rate is one of all lines together: the stock that costs least and loses no more than that. Where substitutes
    are pooled, what they would take over is not lost.
    """
    if policy.target is Target.SERVICE_LEVEL:
        return _first(choice.levels, choice.met >= policy.level)
    weight = 1 - lines.kept_share if policy.pools_substitutes else np.ones(len(lines))
    cost = np.where(np.isfinite(lines.unit_cost) & (lines.unit_cost > 0), lines.unit_cost, 1.0)
    if policy.target is Target.NEWSVENDOR:
        margin = np.maximum(np.nan_to_num(lines.price - lines.unit_cost, nan=1.0), 0) * weight
        held = policy.holding_share * cost * policy.review_days / 365
        return _first(choice.levels, choice.met >= critical_ratio(margin, held)[:, None])
    allowed = (1 - policy.level) * float(choice.wanted.sum())
    return _least_stock(choice, weight, allowed)


def _least_stock(choice: Tradeoff, weight: Floats, allowed: float) -> Floats:
    """The points of least units in all that lose at most `allowed`: one price of a unit held, found by bisection.

    Lines are weighed by what is missed: chance in what was played would favour points that it flatters, line by line,
    while in the sum over lines it evens out.
    """
    rows = np.arange(len(choice.levels))
    low, high = 0.0, 4.0
    for _ in range(50):
        price = (low + high) / 2
        at = (weight[:, None] * choice.missed + price * choice.levels).argmin(axis=1)
        is_less = float((weight * choice.lost[rows, at]).sum()) <= allowed
        low, high = (price, high) if is_less else (low, price)
    at = (weight[:, None] * choice.missed + low * choice.levels).argmin(axis=1)
    return np.asarray(choice.levels[rows, at])


def _first(levels: Floats, is_enough: npt.NDArray[np.bool_]) -> Floats:
    at = np.where(is_enough.any(axis=1), is_enough.argmax(axis=1), levels.shape[1] - 1)
    return np.asarray(np.take_along_axis(levels, at[:, None], axis=1)[:, 0])


def _excess(demand: Floats, level: Floats, batch: Floats) -> Floats:
    """Expected units beyond the stock `[num_lines]`, the stock being any whole number from `level + 1` to `+ batch`.

    A whole number stands for all that round to it.
    """
    least = level[:, None] + 0.5
    low = np.maximum(demand - least, 0)
    high = np.maximum(demand - least - batch[:, None], 0)
    return np.asarray((low**2 - high**2).mean(axis=1) / (2 * batch))
