"""Protocol forecast by day: units of products in stores and days, from rolling cut-offs, beside simple forecasts."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evaluation.forecast import cut_at
from evaluation.forecast_models import Cut, Refitted, seen_at
from evaluation.forecast_report import forecast_report, told_fallbacks, told_verdicts
from evaluation.forecast_rounds import Round
from evaluation.forecast_scoring import Losses, Scored, Truth, losses_of
from evaluation.report import OURS, Report
from forecast.baselines import BY_DAY, simple_forecasts
from forecast.daily import DailyForecast, fit_daily
from forecast.day_grid import WEEK
from forecast.days import DailySales, days_by
from forecast.history import Grid, SalesHistory
from forecast.model import FittedForecast, families_tried, fit_forecast
from forecast.reading import read_history
from forecast.settings import ForecastSettings
from forecast.velocity import velocity_classes
from forecast.weekdays import equal_days
from measures.forecasting import naive_scales
from schema.demand import DemandForecast
from schema.errors import EmptyWindow
from schema.progress import Progress, silent
from schema.tables import RetailTables

Rows = npt.NDArray[np.int64]
EQUAL = "without weekdays"
"""Our week spread over equal days."""
DAYS_SAID = "Rows are days, and a week's days sum to its forecast; baselines look at each weekday apart."


@dataclass(frozen=True)
class DayCut:
    """One round laid over the history and its days.

    Attributes:
        week: what is known of weeks, and which weeks are predicted.
        days: known ones alone.
        truth: of days; each belongs to its week.
        weekday: `[num_rows]` place of each row of `truth` in its week.
    """

    week: Cut
    days: DailySales
    truth: Truth
    weekday: Rows


def run_days(
    tables: RetailTables,
    *,
    rounds: Sequence[Round],
    settings: ForecastSettings,
    refit_every: int = 1,
    progress: Progress = silent,
) -> Report:
    """Forecast every known day of each round's weeks: by our model, by its weeks in equal days, by simple ones.

    Raises:
        MissingTable: if there are neither daily sales nor receipts.
        EmptyWindow: if a round has no week to learn from or no day to predict.
        BadInput: if receipts do not add up to the weeks.
    """
    history = read_history(tables, before=min(one.train_before for one in rounds))
    days = days_by(tables.read, history, tables.info)
    first = cut_at(history, rounds[0], 0)
    settings, verdicts = families_tried(first.history, horizons=first.horizons, settings=settings)
    fits = Refitted(lambda cut: fit_forecast(cut.history, horizons=cut.horizons, settings=settings), refit_every)
    truths, kept, simple, seconds = [], [], [], 0.0
    losses: dict[str, list[Losses]] = {}
    for number, one in enumerate(rounds):
        cut = day_cut(history, days, one, number)
        truths.append(cut.truth)
        started = time.perf_counter()
        weekly = seen_at(fits, cut.week)
        ours = of_rows(fit_daily(weekly, cut.days), cut)
        seconds += time.perf_counter() - started
        simple.append(ours.simple)
        kept.append(ours.table().add_column(0, "round", pa.repeat(one.name, len(ours))))
        for name, told in {OURS: ours, **_others(weekly, cut)}.items():
            losses.setdefault(name, []).append(losses_of(cut.truth, told.mean, told.quantiles))
        progress("forecasts by day", number + 1, len(rounds))
    report = forecast_report(
        tables,
        history,
        Scored(truths, losses),
        rounds=rounds,
        settings=settings,
        fit_seconds=seconds,
        predictions=pa.concat_tables(kept),
    )
    notes = *report.notes, DAYS_SAID, *told_verdicts(verdicts), *told_fallbacks(simple)
    return replace(report, protocol="forecast by day", notes=notes)


def day_cut(history: SalesHistory, days: DailySales, one: Round, number: int) -> DayCut:
    """A round's known weeks and days, and the days it predicts.

    Raises:
        EmptyWindow: if there is nothing to learn from or no day to predict.
    """
    week = cut_at(history, one, number)
    start, stop = int(week.truth.week.min()), int(week.truth.week.max()) + 1
    units = _scored_days(history, days, week.truth, (start, stop))
    series, place, weekday = np.nonzero(np.isfinite(units))
    if not len(series):
        raise EmptyWindow(f"Round {one.name}: no day is known from {one.from_} to {one.to}.")
    known = days.known_weeks(week.origin + 1)
    promoted = np.zeros((history.num_series, stop), np.bool_)
    promoted[week.truth.series, week.truth.week] = week.truth.is_promoted
    truth = replace(
        week.truth,
        series=series,
        week=place + start,
        units=units[series, place, weekday].astype(np.float64),
        is_promoted=promoted[series, place + start],
        is_unsold=~week.history.is_sold[series],
        velocity=velocity_classes(week.history.grids["units"][:, : week.origin + 1])[series],
        scales=naive_scales(known.units[:, : week.origin + 1].reshape(history.num_series, -1).astype(np.float64)),
    )
    return DayCut(week, known, truth, weekday)


def _scored_days(history: SalesHistory, days: DailySales, truth: Truth, weeks: tuple[int, int]) -> Grid:
    """Units of the days that are predicted `[num_series, num_weeks, 7]`, NaN where by none.

    They are those known; where weeks are counted from receipts, the days of all weeks that are scored, zeros in those
    in which nothing was sold, however long.

    Args:
        truth: of weeks; weeks: the first one, and the one after the last.
    """
    known = days.units[:, slice(*weeks)]
    if not history.is_counted:
        return known
    units, at = np.full_like(known, np.nan), (truth.series, truth.week - weeks[0])
    units[at] = np.where(truth.units[:, None] > 0, known[at], np.float32(0))
    return units


def of_rows(daily: DailyForecast, cut: DayCut) -> DemandForecast:
    """What a model tells of the rows of a round's truth."""
    truth, num_weeks = cut.truth, len(cut.days.days)
    wanted, row = np.unique(truth.series * num_weeks + truth.week, return_inverse=True)
    told = daily.predict(wanted // num_weeks, wanted % num_weeks)
    return _taken(told, row * WEEK + cut.weekday)


def _others(weekly: FittedForecast, cut: DayCut) -> Mapping[str, DemandForecast]:
    """The week in equal days, and the simple forecasts."""
    equal = of_rows(fit_daily(weekly, cut.days, learn=equal_days), cut)
    origin, horizons = cut.week.origin, cut.week.horizons
    units = cut.days.units[:, : origin + 1].transpose(0, 2, 1).reshape(-1, origin + 1)
    found = {EQUAL: equal}
    for name in BY_DAY:
        told = simple_forecasts(name, units, horizons)
        values = told[np.searchsorted(horizons, cut.truth.week - origin), cut.truth.series * WEEK + cut.weekday]
        found[name] = replace(equal, mean=values[:, 0], quantiles=np.sort(values[:, 1:], axis=1))
    return found


def _taken(told: DemandForecast, rows: Rows) -> DemandForecast:
    names = ("sku", "store_id", "starts_on", "mean", "quantiles")
    return replace(told, **{name: getattr(told, name)[rows] for name in names})
