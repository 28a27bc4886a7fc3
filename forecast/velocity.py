"""Velocity classes: how fast a product sells in a store."""

from typing import Final

import numpy as np
import numpy.typing as npt

from forecast.history import Grid

CLASSES: Final[tuple[str, ...]] = ("slow", "medium", "fast", "cold")
COLD_WEEKS = 8
"""A series with fewer known weeks is a cold start."""
WINDOW_WEEKS = 52


def velocity_classes(units: Grid) -> npt.NDArray[np.int64]:
    """Place of each series in CLASSES `[num_series]`: thirds by mean units of its last 52 known-or-not weeks, or cold.

    Args:
        units: `[num_series, num_weeks]` of the weeks learnt from, NaN where unknown.
    """
    known = np.isfinite(units)
    recent = known[:, -WINDOW_WEEKS:]
    total = np.where(recent, units[:, -WINDOW_WEEKS:], 0).sum(axis=1)
    mean = np.where(recent.any(axis=1), total / np.maximum(recent.sum(axis=1), 1), 0)
    cold = known.sum(axis=1) < COLD_WEEKS
    if cold.all():
        return np.full(len(units), 3, np.int64)
    cuts = np.quantile(mean[~cold], [1 / 3, 2 / 3])
    return np.where(cold, 3, np.searchsorted(cuts, mean, side="right")).astype(np.int64)
