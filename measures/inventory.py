"""Textbook inventory formulas: newsvendor, safety stock of normal demand, and what is lost beyond a level."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def critical_ratio(underage: Floats, overage: Floats) -> Floats:
    """The service level that a newsvendor stocks for, 0 to 1; 0 where neither costs anything.

    Args:
        underage: money lost by each unit too few, at least 0.
        overage: money lost by each unit too many, at least 0.

    Source: Arrow, Harris and Marschak 1951.
    """
    total = underage + overage
    return np.asarray(np.where(total > 0, underage / np.where(total > 0, total, 1), 0.0))


def lead_demand_sd(mean: Floats, sd: Floats, lead_days: Floats, lead_sd_days: Floats) -> Floats:
    """Standard deviation of demand over a lead time, units: √(L·σ² + μ²·σ_L²).

    Args:
        mean, sd: units a day, days being independent.

    Source: Silver, Pyke and Thomas 2017, equation 6.12.
    """
    return np.asarray(np.sqrt(lead_days * sd**2 + mean**2 * lead_sd_days**2))


def safety_stock(level: float, lead_sd: Floats) -> Floats:
    """Z·σ_L units above expected demand so that it is met with a chance of `level`, demand being normal; at least 0."""
    from scipy.special import ndtri  # noqa: PLC0415  # heavy, and wanted for orders alone

    return np.asarray(np.maximum(ndtri(level) * lead_sd, 0.0))


def unit_normal_loss(z: Floats) -> Floats:
    """Expected excess of a standard normal over `z`.

    Source: Silver, Pyke and Thomas 2017, appendix II.
    """
    from scipy.special import ndtr  # noqa: PLC0415  # heavy, and wanted for orders alone

    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) - z * (1 - ndtr(z)))


def fill_rate_factor(loss: Floats) -> Floats:
    """The z whose unit normal loss is `loss` (above 0), by bisection to 1e-9."""
    low, high = np.full(np.shape(loss), -40.0), np.full(np.shape(loss), 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        is_more = unit_normal_loss(middle) > loss
        low, high = np.where(is_more, middle, low), np.where(is_more, high, middle)
    return np.asarray((low + high) / 2)
