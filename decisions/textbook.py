"""Textbook policies: order points of normal demand, Z·σ·√L and its fill-rate form, beside which ours is judged."""

import numpy as np
import numpy.typing as npt

from measures.inventory import fill_rate_factor, lead_demand_sd, safety_stock

Floats = npt.NDArray[np.float64]


def service_points(mean: Floats, sd: Floats, lead_days: Floats, *, review_days: int, level: float) -> Floats:
    """Order points μ·(L + R) + Z·σ_(L+R) `[num_lines]`, units.

    Args:
        mean, sd: `[num_lines]` units a day, days being independent.
        lead_days: `[num_lines, num_draws]`.
        level: chance to meet all demand until the next order comes.

    Source: Silver, Pyke and Thomas 2017, section 7.9.
    """
    days = lead_days.mean(axis=1) + review_days
    spread = lead_demand_sd(mean, sd, days, lead_days.std(axis=1))
    return np.asarray(np.ceil(mean * days + safety_stock(level, spread)) - 1)


def fill_rate_points(mean: Floats, sd: Floats, lead_days: Floats, *, review_days: int, level: float) -> Floats:
    """Order points μ·(L + R) + k·σ_(L+R), k such that each line's expected loss a review is (1 − level)·μ·R.

    Source: Silver, Pyke and Thomas 2017, section 7.9.4, the loss before the order comes left out.
    """
    days = lead_days.mean(axis=1) + review_days
    spread = np.maximum(lead_demand_sd(mean, sd, days, lead_days.std(axis=1)), 1e-9)
    factor = fill_rate_factor(np.maximum((1 - level) * mean * review_days / spread, 1e-12))
    return np.asarray(np.maximum(np.ceil(mean * days + np.where(mean > 0, factor, 0) * spread) - 1, 0))
