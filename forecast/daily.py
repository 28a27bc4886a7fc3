"""The forecast by day: a week's point spread over its days, with intervals learnt from days of held-out weeks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast.day_grid import WEEK, Days
from forecast.day_plans import NO_PLANS, DayPlans
from forecast.days import DailySales
from forecast.effects import drivers_of
from forecast.history import PLANNED, Grid, Rows, SalesHistory
from forecast.model import FittedForecast
from forecast.panel import Panel
from forecast.quantiles import Residuals, at_levels, fit_residuals
from forecast.velocity import CLASSES
from forecast.weekdays import WeekdayShares, fit_weekdays
from schema.demand import DemandForecast
from schema.demand_days import SavedDays

Floats = npt.NDArray[np.float64]
LearnWeekdays = Callable[[Grid, Days, SalesHistory], WeekdayShares]
BOUNDS = np.array([0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0, 6.0, 12.0, 30.0])
"""Expected units a day at which another group of misses begins: a slow day's are of another kind than a fast one's."""


@dataclass(frozen=True)
class DailyForecast:
    """A weekly forecast with what spreads it over days.

    Attributes:
        weekdays: learnt from the days known by the origin.
        tilt: `[num_series, num_weeks, 7]` what days' own plans add to log units beyond their weeks'; None: nothing.
        plans: of weeks to come whose days are not all planned alike.
        residuals: of log1p(units a day), by expected units and velocity class.
    """

    weekly: FittedForecast
    days: DailySales
    weekdays: WeekdayShares
    tilt: Grid | None
    plans: DayPlans
    residuals: Residuals

    def predict(self, series: Rows, targets: Rows) -> DemandForecast:
        """Units of the seven days of each week asked for `[7 * num_rows]`; the points of a week's days sum to its own.

        Args:
            series, targets: `[num_rows]` rows and columns of the history, after the origin.
        """
        weeks = self.weekly.predict(series, targets)
        tilt, at = _rows(self.tilt, series, targets), self.plans.places(series, targets)
        tilt = tilt + np.append(self.plans.tilt(self.weekly.panel), np.zeros((1, WEEK), np.float32), axis=0)[at]
        points = (weeks.mean[:, None] * self.weekdays.shares(series, targets, tilt)).ravel()
        groups = _groups(points, self.weekly.groups[series], self.weekly)
        steps = self.residuals.quantiles(np.log1p(points), np.ones(len(points)), groups)
        return replace(
            weeks,
            sku=np.repeat(weeks.sku, WEEK),
            store_id=np.repeat(weeks.store_id, WEEK),
            starts_on=self.days.days[targets].ravel(),
            mean=points,
            quantiles=at_levels(steps),
            date_column="sold_on",
        )

    def saved(self, series: Rows, weeks: Rows) -> SavedDays:
        """What the days of saved weeks are worked out from.

        Args:
            series: `[num_series]` rows of the history, as they are saved; weeks: `[num_weeks]` columns of it.
        """
        at = self.plans.places(np.repeat(series, len(weeks)), np.tile(weeks, len(series)))
        uneven = np.flatnonzero(at >= 0)
        shares, (bounds, steps) = self.weekdays, (BOUNDS, np.exp(at_levels(self.residuals.cuts)))
        stores = np.unique(shares.store[series])
        return SavedDays(
            usual=shares.usual.astype(np.float32),
            special=shares.special[stores[:, None, None], shares.kinds[weeks][None]].astype(np.float32),
            groups=shares.group[series].astype(np.int32),
            velocity=self.weekly.velocity_of(self.weekly.groups[series]).astype(np.int8),
            bounds=bounds.astype(np.float32),
            factors=steps.reshape(len(bounds) + 1, len(CLASSES), -1).astype(np.float32),
            uneven=uneven.astype(np.int64),
            planned=np.exp(self.plans.tilt(self.weekly.panel)[at[uneven]]),
        )


def fit_daily(
    weekly: FittedForecast, days: DailySales, plans: DayPlans = NO_PLANS, *, learn: LearnWeekdays = fit_weekdays
) -> DailyForecast:
    """Spread a weekly forecast over days, by the days of the weeks that it knows.

    The misses of days are those of the weekly model's held-out blocks: each was told by a model and by shares of the
    weeks before it. Days after the weekly model's origin are not looked at.

    Args:
        plans: of weeks to come whose days are not all planned alike; those of past days stand in `days`.
        learn: makes shares of units by day, as `fit_weekdays` does.

    Source: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018 (split conformal), by group.
    """
    units, tilt, history = days.units[:, : weekly.origin + 1], _tilt(days, weekly.panel), weekly.panel.history
    calm = units if tilt is None else units * np.exp(-tilt[:, : weekly.origin + 1])
    misses, groups = [np.empty(0)], [np.empty(0, np.int64)]
    for told in weekly.told_back:
        weekdays = learn(calm[:, : told.first_week], days.days, history)
        weeks = weekly.served(told.logs, told.spreads, told.groups)[1]
        shares = weekdays.shares(told.series, told.week, _rows(tilt, told.series, told.week))
        points, sold = (weeks[:, None] * shares).ravel(), units[told.series, told.week].ravel()
        is_known = np.isfinite(sold)
        misses.append((np.log1p(sold) - np.log1p(points))[is_known])
        groups.append(_groups(points, told.groups, weekly)[is_known])
    classes = np.repeat(np.arange(len(BOUNDS) + 1), len(CLASSES))
    residuals = fit_residuals(np.concatenate(misses), np.concatenate(groups), classes)
    return DailyForecast(weekly, days, learn(calm, days.days, history), tilt, plans, residuals)


def _groups(points: Floats, week_groups: Rows, weekly: FittedForecast) -> Rows:
    """Group of each day: its expected units, then the velocity class of its series."""
    velocity = np.repeat(weekly.velocity_of(week_groups), WEEK)
    return np.asarray(np.searchsorted(BOUNDS, points, side="right") * len(CLASSES) + velocity, np.int64)


def _tilt(days: DailySales, panel: Panel) -> Grid | None:
    """What each day's own plan adds to log units beyond its week's, by the week's effects; 0 where it has none."""
    if not days.planned:
        return None
    weekly = panel.history.grids
    grids = dict(weekly)
    for name in PLANNED:
        own = days.planned[name].reshape(len(weekly[name]), -1)
        grids[name] = np.where(np.isfinite(own), own, np.repeat(weekly[name], WEEK, axis=1))
    of_days = panel.effects.of(drivers_of(replace(panel.history, grids=grids)))
    return of_days.reshape(*panel.effect.shape, WEEK) - panel.effect[:, :, None]


def _rows(tilt: Grid | None, series: Rows, weeks: Rows) -> Grid:
    return np.zeros((len(series), WEEK), np.float32) if tilt is None else tilt[series, weeks]
