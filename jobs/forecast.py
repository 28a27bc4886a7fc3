"""Forecast: what each product will sell in each store in the weeks or days to come, by a lake version's sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.ablation import Verdict
from forecast.daily import fit_daily
from forecast.day_grid import Days
from forecast.days import DailySales, days_by
from forecast.hierarchy import GroupForecast, summed
from forecast.history import Grid, Rows, SalesHistory
from forecast.rolling import roll_forecast
from forecast.settings import ForecastSettings
from jobs.demand import day_plans, known_weeks, with_plans
from lake.terms import order_terms
from lake.version import LakeVersion
from schema.demand import DemandForecast
from schema.errors import NotFound
from schema.grouping import Grain, Grouping
from schema.progress import Progress, silent

PAST_SHOWN = {Grain.WEEK: 26, Grain.DAY: 35}
"""Weeks or days of sales that a picture shows before the forecast."""


@dataclass(frozen=True)
class WeeksAhead:
    """A forecast beside the sales it was made from.

    Attributes:
        history: known weeks alone; forecast: by series of `rows`, then week or day.
        rows: `[num_series]` of the history.
        correlation: of two series' misses in the same week.
        verdicts: on the feature families that were tried.
        days: units of the known weeks' days, where days are forecast.
    """

    history: SalesHistory
    forecast: DemandForecast
    rows: Sequence[int]
    correlation: float = 0.0
    verdicts: tuple[Verdict, ...] = ()
    days: DailySales | None = None

    @property
    def grain(self) -> Grain:
        """What each row of the forecast is of."""
        return Grain.WEEK if self.days is None else Grain.DAY

    def past(self, row: int) -> tuple[Days, Grid]:
        """First days and units of the last PAST_SHOWN weeks, or days, of a row of the history."""
        number = PAST_SHOWN[self.grain]
        if self.days is None:
            return self.history.weeks[-number:], self.history.grids["units"][row, -number:]
        known = self.history.num_weeks
        return self.days.days[:known].ravel()[-number:], self.days.units[row, :known].ravel()[-number:]


def forecast_weeks(  # noqa: PLR0913  # keywords only: what is forecast, and from when
    source: LakeVersion,
    *,
    weeks: int,
    grain: Grain = Grain.WEEK,
    as_of: date | None = None,
    sku: str | None = None,
    store_id: str | None = None,
    settings: ForecastSettings | None = None,
    progress: Progress = silent,
) -> WeeksAhead:
    """The weeks after the last known one, of all series, or those of a product or store.

    Prices and promotions are those that are planned; where no price is, the last one stays.
    Where weeks are counted from receipts, the series are those on sale (`SalesHistory.on_sale`).

    Args:
        grain: DAY tells the days of those weeks, which sum to them.
        as_of: units of weeks that had not ended by then are not looked at; None looks at all.
        settings: None takes those that are usual, with the feature families that pass on this shop.

    Raises:
        MissingTable: if there are no sales, weekly, daily or by receipt, or for days none of the last two.
        BadInput: if there are no daily sales and receipts do not add up to the weeks.
        NotFound: if no such product or store has any.
        EmptyWindow: if no week had ended by that day.
    """
    history, week = known_weeks(source, as_of=as_of, purpose="Forecasting", is_counted=True)
    rows = _rows(history, sku, store_id, week)
    longer = with_plans(history, source, weeks)
    rolling = roll_forecast(longer, rows, origin=week, num_ahead=weeks, settings=settings, progress=progress)
    fitted, days = rolling.fitted, None
    series, targets = np.repeat(rows, weeks), np.tile(np.arange(week, week + weeks), len(rows))
    if grain is Grain.DAY:
        days = days_by(source.rows, rolling.history, source.info)
        plans = day_plans(rolling.history, source, rows=rows, columns=np.arange(week, week + weeks))
        told = fit_daily(fitted, days, plans).predict(series, targets)
    else:
        told = fitted.predict(series, targets)
    return WeeksAhead(history, told, rows.tolist(), fitted.shared, fitted.verdicts, days)


def summed_by(source: LakeVersion, found: WeeksAhead, by: Grouping) -> GroupForecast:
    """The forecast summed by product, category, supplier or store, or in all; sums of different kinds agree.

    What has no category or supplier is summed as `none`.
    """
    told = found.forecast
    if by is Grouping.STORE:
        groups = told.store_id
    elif by is Grouping.PRODUCT:
        groups = told.sku
    elif by is Grouping.TOTAL:
        groups = np.full(len(told), "total", object)
    else:
        column, day = f"{by.value}_id", pd.Timestamp(told.starts_on.min()).date()
        is_bought = by is Grouping.SUPPLIER
        named = order_terms(source, day) if is_bought else source.rows("products", ["sku", column]).to_pandas()
        names = dict(zip(named["sku"], named[column].fillna("none"), strict=True))
        groups = np.array([names.get(sku, "none") for sku in told.sku], object)
    return summed(told, groups, correlation=found.correlation)


def save_fans(found: WeeksAhead, path: Path, *, most: int = 6) -> None:
    """Draw the best sellers' last weeks and fans of quantiles (PNG or SVG by suffix), `most` series at most."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # heavy, and wanted for pictures alone

    told = found.forecast
    weeks = len(told) // len(found.rows)
    totals = told.mean.reshape(-1, weeks).sum(axis=1)
    first = np.argsort(-totals, kind="stable")[:most]
    columns = min(2, len(first))
    figure = Figure(figsize=(6.4 * columns, 2.8 * -(-len(first) // columns)), layout="constrained")
    panels = figure.subplots(-(-len(first) // columns), columns, squeeze=False).ravel()
    for panel, place in zip(panels, first, strict=False):
        part, row = slice(place * weeks, (place + 1) * weeks), found.rows[place]
        days = told.starts_on[part]
        panel.plot(*found.past(row), color="black", linewidth=1)
        for low, shade in ((0, "#dbe7f1"), (2, "#b9d0e3"), (4, "#8fb3d1")):
            panel.fill_between(
                days, told.quantiles[part, low], told.quantiles[part, 18 - low], color=shade, linewidth=0
            )
        panel.plot(days, told.mean[part], color="#d9480f", linewidth=1.5)
        panel.set_title(f"{told.sku[part][0]} in {told.store_id[part][0]}", fontsize=10, loc="left")
        panel.set_ylim(bottom=0)
        panel.tick_params(labelsize=8)
        panel.tick_params(axis="x", rotation=30)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(first) :]:
        panel.set_axis_off()
    figure.suptitle(
        f"Units a {found.grain.value}: sold (black), expected (red), 90, 70 and 50 % intervals", fontsize=11
    )
    figure.savefig(path, dpi=120)


def _rows(history: SalesHistory, sku: str | None, store_id: str | None, week: int) -> Rows:
    keys, chosen = history.keys, history.on_sale(week - 1)
    for column, kind, key in (("sku", "product", sku), ("store_id", "store", store_id)):
        if key is not None:
            chosen &= (keys[column] == key).to_numpy()
            if not chosen.any():
                near = sorted(keys[column].unique())[:5]
                raise NotFound(f"{kind} with weekly sales", key, near=near)
    return np.flatnonzero(chosen).astype(np.int64)
