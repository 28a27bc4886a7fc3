"""Demand over a lead time: weekly quantiles drawn from, week by week, over lead times that vary."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from schema.demand import LEVELS

Floats = npt.NDArray[np.float64]
NUM_DRAWS: Final = 256
"""Equally likely courses of demand that a line is judged by."""
WEEK_CORRELATION: Final = 0.1
"""Correlation of a line's misses from week to week: what a forecast gets wrong it gets wrong for a while.

Of misses put right by past weeks it is .05 to .09 on synthetic shops and .17 to .21 on Breakfast at the Frat.
"""
LINES_AT_ONCE: Final = 512
"""Lines that are drawn at a time: their courses stay in the processor's cache, and all of a shop's hold several GiB."""
_MOST_WEEKS: Final = 40


def line_parts(num_lines: int) -> Iterator[slice]:
    """Lines to draw at a time, in order; one empty part where there are none."""
    return (slice(start, start + LINES_AT_ONCE) for start in range(0, max(num_lines, 1), LINES_AT_ONCE))


def week_draws(quantiles: Floats) -> Floats:
    """Units of equally likely courses of demand `[num_lines, num_weeks, NUM_DRAWS]`, the same ranks for every line.

    Beyond the outer quantiles demand falls and rises as exponentials that keep the slope there, to 0 at least.

    Args:
        quantiles: `[num_lines, num_weeks, 19]` at LEVELS.
    """
    levels, ranks = np.array(LEVELS), _ranks()
    found = np.empty((*quantiles.shape[:2], NUM_DRAWS))
    tail = np.maximum(quantiles[..., -1] - quantiles[..., -2], 0) / np.log(2)
    foot = np.maximum(quantiles[..., 1] - quantiles[..., 0], 0) / np.log(2)
    for week in range(quantiles.shape[1]):
        rank = ranks[min(week, _MOST_WEEKS - 1)]
        place = np.clip(np.searchsorted(levels, rank) - 1, 0, len(levels) - 2)
        part = (rank - levels[place]) / (levels[place + 1] - levels[place])
        low, high = quantiles[:, week, place], quantiles[:, week, place + 1]
        inside = low + np.clip(part, 0, 1) * (high - low)
        below = np.log(np.maximum(levels[0] / rank, 1.0))
        above = np.log(np.maximum((1 - levels[-1]) / (1 - rank), 1.0))
        found[:, week] = inside + tail[:, week, None] * above - foot[:, week, None] * below
    return np.maximum(found, 0.0)


def demand_within(weeks: Floats, days: Floats) -> Floats:
    """Units wanted in the first `days` days of each course `[num_lines, num_draws]`.

    Part of a week holds each of its units with that part's chance; after the last week it goes on like the last one.

    Args:
        weeks: of `week_draws`.
        days: `[num_lines, num_draws]`, at least 0.
    """
    number = weeks.shape[1]
    until = np.concatenate([np.zeros_like(weeks[:, :1]), np.cumsum(weeks, axis=1)], axis=1)
    whole = np.minimum(days // 7, number).astype(np.int64)
    part = days / 7 - whole
    rest = np.take_along_axis(weeks, np.minimum(whole, number - 1)[:, None], axis=1)[:, 0]
    share = np.clip(part, 0, 1)
    scatter = np.sqrt(np.maximum(rest * share * (1 - share), 0)) * _scatter()[: days.shape[1]]
    begun = np.where(part <= 1, np.clip(rest * share + scatter, 0, rest), rest * part)
    return np.asarray(np.take_along_axis(until, whole[:, None], axis=1)[:, 0] + begun)


@lru_cache(maxsize=1)
def _normals() -> Floats:
    """Standard normals `[_MOST_WEEKS + 2, NUM_DRAWS]` that fill their space evenly; always the same."""
    from scipy.special import ndtri  # noqa: PLC0415  # heavy, and wanted for orders alone
    from scipy.stats import qmc  # noqa: PLC0415  # heavy, and wanted for orders alone

    points = qmc.Sobol(_MOST_WEEKS + 2, scramble=True, rng=np.random.default_rng(0)).random(NUM_DRAWS)
    return np.asarray(ndtri(np.clip(points, 1e-6, 1 - 1e-6)).T)


@lru_cache(maxsize=1)
def _ranks() -> Floats:
    normals = _normals()
    common, own = normals[0], normals[1 : _MOST_WEEKS + 1]
    from scipy.special import ndtr  # noqa: PLC0415  # heavy, and wanted for orders alone

    return np.asarray(ndtr(np.sqrt(WEEK_CORRELATION) * common + np.sqrt(1 - WEEK_CORRELATION) * own))


@lru_cache(maxsize=1)
def _scatter() -> Floats:
    return np.asarray(_normals()[-1])
