"""Daily sales as a dense grid of weeks and weekdays, and the weeks whose seven days are all known."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from forecast.holidays import are_holidays

Grid = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
WEEK = 7
THURSDAY = 3
"""The weekday of day 0, 1 January 1970."""
PAIR = ["sku", "store_id"]


def laid_out(values: Grid, row: Rows, step: Rows, shape: tuple[int, int]) -> Grid:
    """Values at rows and days as `[num_series, num_weeks, 7]`, NaN elsewhere; those outside the grid are left out.

    Args:
        row: `[num_rows]` series, below 0 where there is none; step: `[num_rows]` days from the grid's first day.
        shape: series and weeks.
    """
    grid = np.full((*shape, WEEK), np.nan, np.float32)
    inside = (row >= 0) & (step >= 0) & (step < shape[1] * WEEK)
    grid[row[inside], step[inside] // WEEK, step[inside] % WEEK] = values[inside]
    return grid


def days_of(first_day: np.datetime64, num_weeks: int) -> Days:
    """Every day of the weeks `[num_weeks, 7]`."""
    return (first_day + np.arange(num_weeks * WEEK)).reshape(num_weeks, WEEK)


def with_closed_days(units: Grid, store: Rows, days: Days, country: str) -> Grid:
    """The units with days closed as zeros: a day closed is known, a missing one is not.

    A day on which a store has no row at all is closed if it is a public holiday, or a weekday on which the store
    never had a row since its first one; what comes after its last row in its first week is unknown. A product sold
    nothing then in the weeks in which it has another row.

    Args:
        units: `[num_series, num_weeks, 7]`, NaN where there is no row; store: `[num_series]` codes.
        days: as `days_of` gives them.
    """
    known = np.isfinite(units)
    is_open = np.zeros((int(store.max()) + 1, *days.shape), np.bool_)
    for code in range(len(is_open)):
        is_open[code] = known[store == code].any(axis=0)
    flat = is_open.reshape(len(is_open), -1)
    has_begun = np.maximum.accumulate(flat, axis=1).reshape(is_open.shape)
    goes_on = np.maximum.accumulate(flat[:, ::-1], axis=1)[:, ::-1].reshape(is_open.shape)
    was_seen = np.zeros_like(is_open)
    was_seen[:, 1:] = has_begun[:, :-1]
    may_close = are_holidays(days, country) | ~np.maximum.accumulate(is_open, axis=1)
    is_closed = ~is_open & may_close & has_begun & (goes_on | was_seen)
    return np.where(~known & is_closed[store] & known.any(axis=2, keepdims=True), np.float32(0), units)


def weeks_of_days(daily: pa.Table, planned: Sequence[str], first_weekday: int, country: str) -> pa.Table:
    """Rows in the form of `weekly_sales`: the weeks of which all seven days are known, or closed.

    Units are summed, stock is that of the last day, what is planned is the mean over the days that tell it.

    Args:
        daily: rows of `daily_sales`.
        planned: columns that are means.
        first_weekday: on which weeks start, 0 = Monday.
    """
    days = daily.column("sold_on").to_numpy().astype("datetime64[D]")
    first: np.datetime64 = days.min()
    weekday = (first.astype(np.int64) + THURSDAY) % WEEK
    first = first - np.timedelta64((weekday - first_weekday) % WEEK, "D")
    step = (days - first).astype(np.int64)
    (sku, skus), (place, places) = (pd.factorize(daily.column(name).to_pandas(), sort=True) for name in PAIR)
    pairs, row = np.unique(sku * len(places) + place, return_inverse=True)
    names, store = (
        (np.asarray(skus)[pairs // len(places)], np.asarray(places)[pairs % len(places)]),
        pairs % len(places),
    )
    shape = (len(pairs), int(step.max()) // WEEK + 1)

    def grid(name: str) -> Grid:
        return laid_out(daily.column(name).to_numpy().astype(np.float32), row, step, shape)

    units = with_closed_days(grid("units"), store, days_of(first, shape[1]), country)
    series, week = np.nonzero(np.isfinite(units).all(axis=2))
    return pa.table(
        {
            **{name: pa.array(found[series], pa.string()) for name, found in zip(PAIR, names, strict=True)},
            "week_starts_on": pa.array((first + WEEK * week).astype("datetime64[D]"), pa.date32()),
            "units": units[series, week].sum(axis=1).astype(np.float64),
            "on_hand_units": grid("on_hand_units")[series, week, -1].astype(np.float64),
            **{name: _mean(grid(name)[series, week]) for name in planned},
        }
    )


def _mean(days: Grid) -> npt.NDArray[np.float64]:
    known = np.isfinite(days)
    total = np.where(known, days, 0).sum(axis=1, dtype=np.float64)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
