"""Simple forecasts that the model must beat: seasonal naive, means, Croston, TSB and AutoETS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.history import Grid
from forecast.quantiles import at_levels, fit_residuals
from forecast.velocity import CLASSES, velocity_classes
from schema.demand import LEVELS

Floats = npt.NDArray[np.float64]
Baseline = Callable[[Grid, int], Floats]
"""Units known so far `[num_series, num_weeks]` and weeks ahead → units a week `[num_series]`, NaN where untold."""
SEASON = 52
HELD_OUT = 6
"""Origins before the last known week that a baseline's intervals are learnt from."""
LEAST_WEEKS = 10
"""Known weeks below which AutoETS is not fitted."""
SMOOTHING = 0.1
"""Croston's and TSB's rate, for demand and for its interval or chance."""


def seasonal_naive(units: Grid, horizon: int) -> Floats:
    """Units of the week a year before the wanted one; NaN where that is not known."""
    week = units.shape[1] - 1 + horizon - SEASON
    return units[:, week].astype(np.float64) if 0 <= week < units.shape[1] else np.full(len(units), np.nan)


def mean_of_all(units: Grid, horizon: int) -> Floats:  # noqa: ARG001  # a Baseline
    """Mean of all known weeks."""
    return _mean(units)


def mean_of_last_four(units: Grid, horizon: int) -> Floats:  # noqa: ARG001
    """Mean of the last four known weeks."""
    known = np.isfinite(units)
    from_end = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    return _mean(np.where(known & (from_end <= 4), units, np.nan))


def croston(units: Grid, horizon: int) -> Floats:  # noqa: ARG001
    """Smoothed size of a week with sales over the smoothed weeks between two of them; unknown weeks are passed over.

    Source: Croston 1972, with rate 0.1 for both.
    """
    size, gap = np.full(len(units), np.nan), np.full(len(units), np.nan)
    since = np.ones(len(units))
    for week in units.T.astype(np.float64):
        sold = week > 0
        first = sold & np.isnan(size)
        size = np.where(first, week, np.where(sold, size + SMOOTHING * (week - size), size))
        gap = np.where(first, since, np.where(sold, gap + SMOOTHING * (since - gap), gap))
        since = np.where(sold, 1, since + np.isfinite(week))
    never = np.isnan(size) & np.isfinite(units).any(axis=1)
    return np.where(never, 0.0, size / gap)


def tsb(units: Grid, horizon: int) -> Floats:  # noqa: ARG001
    """Smoothed size of a week with sales times the smoothed chance of one; unknown weeks are passed over.

    Source: Teunter, Syntetos and Babai 2011, with rate 0.1 for both.
    """
    size, chance = np.full(len(units), np.nan), np.full(len(units), np.nan)
    for week in units.T.astype(np.float64):
        sold, known = week > 0, np.isfinite(week)
        size = np.where(sold & np.isnan(size), week, np.where(sold, size + SMOOTHING * (week - size), size))
        step = np.where(np.isnan(chance), sold, chance + SMOOTHING * (sold - chance))
        chance = np.where(known, step, chance)
    return np.where(np.isnan(size) & np.isfinite(chance), 0.0, size * chance)


def last_known(units: Grid, horizon: int) -> Floats:  # noqa: ARG001
    """The last week's units; NaN where they are not known."""
    return units[:, -1].astype(np.float64)


SIMPLE: Final[Mapping[str, Baseline]] = {
    "seasonal naive": seasonal_naive,
    "mean": mean_of_all,
    "last-4 mean": mean_of_last_four,
    "Croston": croston,
    "TSB": tsb,
}
BY_DAY: Final[Mapping[str, Baseline]] = {
    "same day last week": last_known,
    "mean by weekday": mean_of_all,
    "last-4 same weekdays": mean_of_last_four,
    "TSB by weekday": tsb,
}
"""For a grid in which each weekday of a product in a store is a series of its own."""


def simple_forecasts(name: str, units: Grid, horizons: Sequence[int]) -> Floats:
    """A baseline's point and quantiles at LEVELS `[num_horizons, num_series, 20]`, the point first; never NaN.

    Its intervals are conformal: the errors it made from the last HELD_OUT origins, by velocity class, in log1p(units).

    Args:
        name: one of SIMPLE or BY_DAY.
        units: `[num_series, num_weeks]` of the weeks learnt from, NaN where unknown.
    """
    velocity, errors, classes = velocity_classes(units), [], []
    for cut in range(max(1, units.shape[1] - HELD_OUT - max(horizons) + 1), units.shape[1]):
        for horizon in horizons:
            if cut - 1 + horizon < units.shape[1]:
                actual = units[:, cut - 1 + horizon].astype(np.float64)
                miss = np.log1p(actual) - np.log1p(simple_points(name, units[:, :cut], horizon))
                errors.append(miss[np.isfinite(miss)])
                classes.append(velocity[np.isfinite(miss)])
    scaled = np.concatenate(errors) if errors else np.empty(0)
    groups = np.concatenate(classes) if classes else np.empty(0, np.int64)
    residuals = fit_residuals(scaled, groups, np.arange(len(CLASSES)))
    found = []
    for horizon in horizons:
        point = simple_points(name, units, horizon)
        steps = residuals.quantiles(np.log1p(point), np.ones(len(point)), velocity)
        found.append(np.column_stack([point, at_levels(steps)]))
    return np.stack(found)


def simple_points(name: str, units: Grid, horizon: int) -> Floats:
    """What a simple forecast tells `[num_series]`, units a week, never NaN; arguments as of `simple_forecasts`."""
    return _told({**SIMPLE, **BY_DAY}[name](units, horizon), units)


@dataclass(frozen=True)
class AutoEts:
    """AutoETS without season, chosen and fitted series by series; it can be rolled on to later weeks.

    Unknown weeks within a series are filled by straight lines, for it needs every week. A season of 52 would take
    half an hour where this takes a minute.

    Attributes:
        models: by row, of series with LEAST_WEEKS known weeks.

    Source: Hyndman, Koehler, Snyder and Grose 2002, as the `statsforecast` package has it.
    """

    models: Mapping[int, Any]

    def forecasts(self, units: Grid, horizons: Sequence[int]) -> Floats:
        """Point and quantiles at LEVELS `[num_horizons, num_series, 20]`, at least 0; never NaN.

        Args:
            units: `[num_series, num_weeks]` of the weeks known by now: those fitted on, and perhaps later ones, over
                which states are rolled on with the parameters that were fitted.
        """
        widths = [round(100 * (1 - 2 * level)) for level in LEVELS[:9]]
        names = ["mean", *(f"lo-{width}" for width in widths), "mean", *(f"hi-{width}" for width in reversed(widths))]
        found = simple_forecasts("mean", units, horizons)
        steps = np.array(horizons) - 1
        for row, line in _whole_lines(units).items():
            if row in self.models:
                told = self.models[row].forward(line, max(horizons), level=widths)
                values = np.column_stack([told[name] for name in names])[steps]
                found[:, row] = np.where(np.isfinite(values), values, found[:, row])
        return np.maximum(found, 0.0)


def fit_auto_ets(units: Grid) -> AutoEts:
    """AutoETS for every series with LEAST_WEEKS known weeks of `units` `[num_series, num_weeks]`, NaN where unknown."""
    from statsforecast.models import AutoETS  # noqa: PLC0415  # only evaluation wants it

    return AutoEts({row: AutoETS(season_length=1).fit(line) for row, line in _whole_lines(units).items()})


def _whole_lines(units: Grid) -> dict[int, Floats]:
    """By row, the weeks from the first known one on; gaps are filled by straight lines, the end by the last known."""
    lines = pd.DataFrame(units.T.astype(np.float64)).interpolate(limit_area="inside").ffill()
    whole = {row: lines[row].dropna().to_numpy() for row in range(len(units))}
    return {row: line for row, line in whole.items() if len(line) >= LEAST_WEEKS}


def _mean(units: Grid) -> Floats:
    known = np.isfinite(units)
    count = known.sum(axis=1)
    total = np.where(known, units, 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _told(points: Floats, units: Grid) -> Floats:
    """The points, those that are untold as the mean of the last four known weeks, else as the mean of everything."""
    points = np.where(np.isnan(points), mean_of_last_four(units, 1), points)
    known = units[np.isfinite(units)]
    return np.where(np.isnan(points), known.mean() if len(known) else 0.0, points)
