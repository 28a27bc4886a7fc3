"""Save the forecast: every product in every store, the weeks to come, as a model version keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from decisions.demand_scale import SCALE_REVIEWS, DemandScale
from forecast.daily import fit_daily
from forecast.days import days_by
from forecast.drivers import base_units, driver_factors
from forecast.peers import with_lenders
from forecast.quantiles import at_levels
from forecast.rolling import RollingForecast, roll_forecast
from forecast.settings import ForecastSettings
from jobs.demand import day_plans, is_new, known_weeks, with_plans
from jobs.replenish import demand_scale
from lake.version import LakeVersion
from schema.demand import DRIVERS, LEVELS, SavedForecast
from schema.demand_days import SavedDays
from schema.errors import BadInput, EmptyWindow, MissingTable
from schema.progress import Progress, silent
from schema.relations import Relations

WEEKS_SAVED = 26
SERIES_AT_ONCE = 20_000
"""Series that are told at a time, so that memory does not grow with their features."""
ROWS_EACH = 25
"""Rows that the fit looks at for each series, between LEAST_ROWS and the settings' own: small shops are quick."""
LEAST_ROWS = 20_000
RECENT_WEEKS = 13
"""A series none of whose last weeks is known has left the shelf and is not told of."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ForecastMade:
    """A forecast to save, or why there is none.

    Attributes:
        forecast: None where there is none; why: for the manifest, with the verdict on each feature family.
        days: how weeks are told by day, or why they are not, for the manifest.
        simple: what a simple forecast tells in place of the model, in words.
    """

    forecast: SavedForecast | None
    why: str
    days: str = ""
    simple: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {"forecast": self.why, "forecast_days": self.days, "forecast_simple": self.simple}


def forecast_to_save(
    source: LakeVersion,
    *,
    as_of: date | None = None,
    relations: Relations | None = None,
    weeks: int = WEEKS_SAVED,
    settings: ForecastSettings | None = None,
    progress: Progress = silent,
) -> ForecastMade:
    """The weeks after the last known one, by planned prices and promotions; none where the shop has sold nothing.

    The model is fitted SCALE_REVIEWS weeks back and told again from now: what it missed in between puts orders right.
    Where weeks are counted from receipts, the series are those on sale (`SalesHistory.on_sale`).

    Args:
        as_of: units of weeks that had not ended by then are not looked at; None looks at all.
        relations: by whose substitutes products not sold yet are told; None leaves them out.
    """
    weeks_ahead = 0 if relations is None else weeks
    try:
        history, week = known_weeks(
            source, as_of=as_of, purpose="Forecasting", is_counted=True, weeks_ahead=weeks_ahead
        )
    except (MissingTable, EmptyWindow) as error:
        return ForecastMade(None, str(error))
    fresh = is_new(history, week, weeks_ahead)
    lately = np.isfinite(history.grids["units"][:, -RECENT_WEEKS:]).any(axis=1)
    rows = np.flatnonzero(lately & history.on_sale(week - 1) | fresh).astype(np.int64)
    if not len(rows):
        return ForecastMade(None, "Nothing that a store sold lately is on sale.")
    rolling = roll_forecast(
        with_plans(history if relations is None else with_lenders(history, relations), source, weeks),
        rows,
        origin=max(week - SCALE_REVIEWS, 1),
        num_ahead=weeks,
        settings=settings or _settings(len(rows)),
        progress=progress,
    )
    sold = replace(rolling, rows=rows[~fresh[rows]])
    scale, simple = demand_scale(sold, week, progress), tuple(str(one) for one in rolling.fitted.fallbacks)
    days, why = _days(source, rolling, week, weeks)
    told = [f"{len(rows)} series, {weeks} weeks", *(str(one) for one in rolling.fitted.verdicts), *simple]
    if history.is_counted:
        told.insert(1, f"weeks counted from receipts, {history.num_left_out} series sold too seldom left out")
    if fresh.any():
        told.insert(1, f"{int(fresh.sum())} series of products not sold yet told by their substitutes")
    return ForecastMade(_laid_out(rolling, week, weeks, scale, days), "; ".join(told), why, simple)


def _days(source: LakeVersion, rolling: RollingForecast, week: int, weeks: int) -> tuple[SavedDays | None, str]:
    """What spreads the weeks over days, and in words what it was learnt from or why there is nothing."""
    try:
        days = days_by(source.rows, rolling.history, source.info)
    except (MissingTable, BadInput) as error:
        return None, str(error)
    known = np.isfinite(rolling.history.grids["units"])
    share = float(np.isfinite(days.units.sum(axis=2))[known].mean())
    if share == 0:
        return None, "No week of sales has seven days that are known."
    columns = np.arange(week, week + weeks)
    plans = day_plans(rolling.history, source, rows=rolling.rows, columns=columns)
    saved = fit_daily(rolling.fitted, days, plans).saved(rolling.rows, columns)
    return saved, f"learnt from the days of {100 * share:.0f} % of the known weeks"


def _settings(num_series: int) -> ForecastSettings:
    usual = ForecastSettings()
    return replace(usual, max_rows=min(usual.max_rows, max(LEAST_ROWS, ROWS_EACH * num_series)))


def _laid_out(
    rolling: RollingForecast, week: int, weeks: int, scale: DemandScale | None, days: SavedDays | None
) -> SavedForecast:
    """The forecast by sku and store, as the history's rows stand."""
    keys = rolling.history.keys.iloc[rolling.rows]
    skus, starts = np.unique(keys["sku"].to_numpy(np.str_), return_index=True)
    store_ids, stores = np.unique(keys["store_id"].to_numpy(np.str_), return_inverse=True)
    units, base, drivers = _told(rolling, week, weeks)
    past = np.where(rolling.history.is_sold[rolling.rows], rolling.past_sales(week)[0], units[:, :, 0].mean(axis=1))
    return SavedForecast(
        skus=pa.array(skus.tolist(), pa.string()),
        store_ids=pa.array(store_ids.tolist(), pa.string()),
        starts=np.append(starts, len(keys)).astype(np.int64),
        stores=stores.astype(np.int32),
        weeks=rolling.history.weeks[week : week + weeks].astype("datetime64[D]"),
        units=units,
        base=base,
        drivers=drivers,
        past=past.astype(np.float32),
        scale=_arrays(scale),
        days=days,
    )


def _told(rolling: RollingForecast, week: int, weeks: int) -> tuple[Floats, Floats, Floats]:
    number = len(rolling.rows)
    units = np.empty((number, weeks, 1 + len(LEVELS)), np.float32)
    base, drivers = np.empty(number, np.float32), np.empty((number, weeks, len(DRIVERS)), np.float32)
    fitted = rolling.told_from(week)
    for start in range(0, number, SERIES_AT_ONCE):
        part, rows = slice(start, start + SERIES_AT_ONCE), rolling.rows[start : start + SERIES_AT_ONCE]
        base[part] = base_units(fitted, rows)
        for ahead in range(weeks):
            told = fitted.told(rows, week + ahead)
            units[part, ahead] = np.column_stack([told.points, at_levels(told.steps)])
            drivers[part, ahead] = driver_factors(fitted, told)
            units[part, ahead][fitted.panel.launches.is_ahead(rows, week + ahead)] = 0
    return units, base, drivers


def _arrays(scale: DemandScale | None) -> Mapping[str, npt.NDArray[np.float64]]:
    return {} if scale is None else {name: np.asarray(values, np.float64) for name, values in vars(scale).items()}
