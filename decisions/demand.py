"""Demand: what one store will sell of one product, week by week, with all that speaks for and against it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from decisions.moment import Moment
from decisions.transfers import is_out, takers
from schema.changes import ForecastOverridden
from schema.demand import SavedForecast
from schema.errors import BadInput
from schema.facts import Rows
from schema.grouping import Grain

MOST_WEEKS: Final = 26


@dataclass(frozen=True)
class DemandDay:
    """One day of a week to come.

    Attributes:
        mean: units expected; those of a week's days sum to its own. quantiles: units at LEVELS, never falling.
    """

    day: date
    mean: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class DemandWeek:
    """One week to come.

    Attributes:
        mean: units expected by the model; quantiles: units at LEVELS, never falling.
        drivers: what each of DRIVERS multiplies one plus the base units by.
        transferred: units beside them that come from products that are out at this moment.
        override: the planner's word on the week; None where there is none.
        days: its seven days; empty where they are not asked for or not told.
    """

    week_starts_on: date
    mean: float
    quantiles: tuple[float, ...]
    drivers: tuple[float, ...]
    transferred: float
    override: ForecastOverridden | None
    days: tuple[DemandDay, ...] = ()


@dataclass(frozen=True)
class Lender:
    """A product that is out in the store, and what of its demand comes here as long as it is.

    Attributes:
        share: of its demand; units: by week.
    """

    sku: str
    share: float
    units: tuple[float, ...]


@dataclass(frozen=True)
class ExpectedDemand:
    """The weeks to come of one product in one store.

    Attributes:
        as_of: the day the forecast was made on; None where there is none.
        base: units a week that the level alone expects; None without a forecast.
        why_none: why there are no weeks, a sentence; None where there are.
        why_no_days: why weeks that were asked for by day have no days; None where they have, or were not.
    """

    sku: str
    store_id: str
    model_version: str
    as_of: date | None = None
    base: float | None = None
    weeks: tuple[DemandWeek, ...] = ()
    lenders: tuple[Lender, ...] = ()
    why_none: str | None = None
    why_no_days: str | None = None


def expected_demand(
    sku: str, store_id: str, *, weeks: int, moment: Moment, grain: Grain = Grain.WEEK
) -> ExpectedDemand:
    """What a store will sell of a product, from the week on that holds the moment's day.

    Where that day lies outside the saved weeks, as in a shop of the past, they are told from their first.

    Args:
        grain: DAY tells each week's days too.

    Raises:
        NotFound: if the shop has no such product or store.
        BadInput: if so many weeks are not saved by any model.
        NotTrained: if no model was published yet.
    """
    row, model = moment.row_of(sku), moment.trained()
    moment.known_store(store_id)
    if not 1 <= weeks <= MOST_WEEKS:
        raise BadInput(f"{weeks} weeks cannot be told.", remedy=f"Ask for 1 to {MOST_WEEKS}.")
    forecast = model.forecast
    if forecast is None:
        said = model.no_forecast or "It was trained before forecasts were kept: train again."
        return ExpectedDemand(
            sku, store_id, model.model_version, why_none=f"This model version has no forecast. {said}"
        )
    series = forecast.row(sku, store_id)
    if series is None:
        said = f"The store has no weekly sales of it lately, as of {forecast.as_of}, to learn from."
        return ExpectedDemand(sku, store_id, model.model_version, as_of=forecast.as_of, why_none=said)
    first = first_week(forecast, moment.on)
    columns = np.arange(first, min(first + weeks, len(forecast.weeks)))
    lenders = _lenders(row, store_id, forecast, columns, moment)
    words = {word.week_starts_on: word for word in moment.facts.plans.overrides.get((store_id, sku), ())}
    by_day = grain is Grain.DAY
    return ExpectedDemand(
        sku,
        store_id,
        model.model_version,
        as_of=forecast.as_of,
        base=float(forecast.base[series]),
        weeks=tuple(
            replace(
                _week(forecast, (series, int(at)), transferred=sum(each.units[place] for each in lenders), words=words),
                days=_days(forecast, series, int(at)) if by_day else (),
            )
            for place, at in enumerate(columns)
        ),
        lenders=lenders,
        why_no_days=_why_no_days(model.no_days) if by_day and forecast.days is None else None,
    )


def first_week(forecast: SavedForecast, on: date) -> int:
    """The place of the saved week that holds a day; the first one where none does."""
    at = forecast.week_of(on)
    return at if 0 <= at < len(forecast.weeks) else 0


def demand_answer(demand: ExpectedDemand) -> dict[str, Any]:
    """What is hashed of an answer; one by week has no word of days."""
    answer = {
        **vars(demand),
        "weeks": [_week_answer(week) for week in demand.weeks],
        "lenders": [vars(lender) for lender in demand.lenders],
    }
    return answer if demand.why_no_days else {name: told for name, told in answer.items() if name != "why_no_days"}


def _week_answer(week: DemandWeek) -> dict[str, Any]:
    told = {**vars(week), "override": week.override and vars(week.override), "days": [vars(day) for day in week.days]}
    return told if week.days else {name: value for name, value in told.items() if name != "days"}


def _week(
    forecast: SavedForecast,
    cell: tuple[int, int],
    *,
    transferred: float,
    words: Mapping[date, ForecastOverridden],
) -> DemandWeek:
    units = forecast.units[cell].tolist()
    starts_on: date = forecast.weeks[cell[1]].astype("datetime64[D]").item()
    return DemandWeek(
        week_starts_on=starts_on,
        mean=units[0],
        quantiles=tuple(units[1:]),
        drivers=tuple(forecast.drivers[cell].tolist()),
        transferred=transferred,
        override=words.get(starts_on),
    )


def _days(forecast: SavedForecast, series: int, at: int) -> tuple[DemandDay, ...]:
    if forecast.days is None:
        return ()
    told, store = forecast.units[series, at].astype(np.float64), int(forecast.stores[series])
    points, quantiles = forecast.days.spread(series, store, at, float(told[0]))
    if not told.any():  # before its launch a product is not sold on any day
        quantiles = np.zeros_like(quantiles)
    first = forecast.weeks[at].astype("datetime64[D]")
    days = zip((first + np.arange(len(points))).tolist(), points.tolist(), quantiles.tolist(), strict=True)
    return tuple(DemandDay(day, mean, tuple(units)) for day, mean, units in days)


def _why_no_days(said: str) -> str:
    return f"This model version tells weeks alone. {said or 'It was trained before days were kept: train again.'}"


def _lenders(
    row: int, store_id: str, forecast: SavedForecast, columns: npt.NDArray[np.int64], moment: Moment
) -> tuple[Lender, ...]:
    facts = moment.facts
    if not facts.units(np.array([row]), store_id=store_id)[0] > 0:
        return ()  # what is not on the shelf itself takes over nothing
    anchors: Rows = moment.trained().substituted_by(row)
    out = anchors[facts.units(anchors, store_id=store_id) <= 0]
    found = []
    for anchor in out.tolist():
        series = forecast.row(facts.base.skus[anchor], store_id)
        if series is None or not is_out(anchor, moment=moment, store_id=store_id):
            continue
        to = takers(anchor, moment=moment, store_id=store_id)
        share = float(to.shares[to.rows == row].sum())
        if share > 0:
            units = tuple((share * forecast.units[series, columns, 0].astype(np.float64)).tolist())
            found.append(Lender(facts.base.skus[anchor], share, units))
    return tuple(found)
