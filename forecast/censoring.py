"""Weeks that a stock-out cut short: what they sold is the least that was wanted."""

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx

from forecast.history import Grid, SalesHistory

USUAL_SCATTER = 0.5
"""Scatter of a week about its level, in log units, where a series has shown none."""
FARTHEST = 4.0
"""Standard deviations above the level beyond which a lower bound is taken for what was wanted."""


def sold_out(history: SalesHistory) -> npt.NDArray[np.bool_]:
    """Weeks that ended with an empty shelf `[num_series, num_weeks]`; those whose stock is unknown did not."""
    with np.errstate(invalid="ignore"):
        return np.asarray((history.grids["on_hand_units"] <= 0) & np.isfinite(history.grids["units"]))


def wanted_at_least(bound: Grid, level: Grid, scatter: Grid) -> Grid:
    """What is expected of a normal value that is known to be no less than its bound.

    Args:
        bound: what was sold, in logs less what price and promotion add.
        level, scatter: mean and standard deviation of what was wanted; NaN where not known yet.

    Returns:
        The bound itself where no level is known.

    Source: Nahmias 1994 (demand in lost-sales systems), the mean of a truncated normal.
    """
    sd = np.maximum(np.nan_to_num(scatter, nan=USUAL_SCATTER), 1e-3)
    place = np.clip((bound - level) / sd, -FARTHEST, FARTHEST)
    # The hazard of a normal; erfcx keeps it finite where hardly anything lies beyond the bound.
    hazard = np.sqrt(2 / np.pi) / erfcx(place / np.sqrt(2))
    expected = np.maximum(level + sd * hazard, bound)
    return np.where(np.isfinite(level), expected, bound).astype(np.float32)
