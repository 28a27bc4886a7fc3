"""Forecast measures: how far forecasts lie from what was sold, and how honest their intervals are."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def absolute_errors(actual: Floats, forecast: Floats) -> Floats:
    """Absolute error of each row `[num_rows]`, units a week; its sum over the sum of actuals is WAPE."""
    return np.abs(actual - forecast)


def percentage_errors(actual: Floats, forecast: Floats) -> Floats:
    """Absolute error over the actual of each row `[num_rows]`, NaN where nothing was sold; its mean is MAPE / 100.

    Source: Hyndman and Koehler 2006, section 2.2.
    """
    return np.abs(actual - forecast) / np.where(actual > 0, actual, np.nan)


def pinball_losses(actual: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """Pinball loss of each row, the mean over the levels `[num_rows]`, units a week.

    Args:
        quantiles: `[num_rows, num_levels]`.
        levels: `[num_levels]`, each above 0 and below 1.

    Source: Koenker and Bassett 1978; not doubled, so the loss at level .5 is half the absolute error.
    """
    gaps = actual[:, None] - quantiles
    return np.maximum(levels * gaps, (levels - 1) * gaps).mean(axis=1)


def covered(actual: Floats, low: Floats, high: Floats) -> Floats:
    """1 for rows whose actual lies in the closed interval, 0 for others `[num_rows]`."""
    return ((actual >= low) & (actual <= high)).astype(np.float64)


def naive_scales(units: Floats) -> Floats:
    """Mean squared change from one known week to the next of each series `[num_series]`; NaN with fewer than two.

    Args:
        units: `[num_series, num_weeks]` of the weeks learnt from, NaN where unknown; weeks before the first known
            positive one are left out.

    Source: Makridakis, Spiliotis and Assimakopoulos 2022 (M5), the denominator of RMSSE.
    """
    started = np.maximum.accumulate(np.nan_to_num(units) > 0, axis=1)
    changes = np.diff(np.where(started, units, np.nan), axis=1) ** 2
    known = np.isfinite(changes)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, changes, 0).sum(axis=1) / np.maximum(count, 1), np.nan)


def wrmsse(errors: Floats, series: npt.NDArray[np.int64], scales: Floats, weights: Floats) -> float:
    """Weighted root mean squared scaled error, dimensionless; 1 is as far off as last week's units are on average.

    Args:
        errors: `[num_rows]` forecast less actual.
        series: `[num_rows]` rows of `scales`.
        scales: `[num_series]` as `naive_scales` gives them; series with none, or a scale of 0, are left out.
        weights: `[num_series]` sales value; those of the series that are told of are scaled to sum to 1.

    Returns:
        NaN if no series can be told of.

    Source: Makridakis, Spiliotis and Assimakopoulos 2022 (M5), at the level of product and store alone.
    """
    count = np.bincount(series, minlength=len(scales))
    squares = np.bincount(series, errors**2, minlength=len(scales))
    told = (count > 0) & (np.nan_to_num(scales) > 0)
    if not told.any() or weights[told].sum() <= 0:
        return float("nan")
    scaled = np.sqrt(squares[told] / count[told] / scales[told])
    return float(scaled @ weights[told] / weights[told].sum())
