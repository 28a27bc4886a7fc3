"""Calendar features of a week: where it lies in the year and month, and the public holidays in and around it."""

import numpy as np
import pandas as pd

from forecast.history import ONE_WEEK, Grid, Rows
from forecast.holidays import holiday_days
from forecast.panel import Panel

CALENDAR = (
    "year_sin",
    "year_cos",
    "half_year_sin",
    "half_year_cos",
    "week_of_month",
    "holidays_in_week",
    "days_to_holiday",
    "days_since_holiday",
    "days_to_year_end",
)
"""Names of the calendar features."""
FAR_DAYS = 35
"""Holidays farther away than this are all alike."""


def calendar_features(panel: Panel, _origin: int, target: int, rows: Rows) -> dict[str, Grid]:
    """The target week's place in year and month, its holidays and the days to the nearest ones; alike for all rows."""
    history = panel.history
    day = history.first_week + ONE_WEEK * target
    stamp = pd.Timestamp(day)
    holidays = holiday_days(history.country, stamp.year)
    ahead, behind = (holidays - day).astype(int), (day - holidays).astype(int)
    turn = 2 * np.pi * stamp.dayofyear / 365.25
    values = (
        np.sin(turn),
        np.cos(turn),
        np.sin(2 * turn),
        np.cos(2 * turn),
        (stamp.day - 1) // 7,
        ((ahead >= 0) & (ahead < 7)).sum(),
        min([FAR_DAYS, *ahead[ahead >= 0]]),
        min([FAR_DAYS, *behind[behind > 0]]),
        (np.datetime64(f"{stamp.year}-12-25") - day).astype(int),
    )
    return {name: np.full(len(rows), value, np.float32) for name, value in zip(CALENDAR, values, strict=True)}
