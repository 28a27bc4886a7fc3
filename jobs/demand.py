"""Demand: what forecasts and transfer shares are learnt from in a lake version."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecast.day_grid import PAIR
from forecast.day_plans import NO_PLANS, DayPlans
from forecast.history import PLANNED, TOLD, Rows, SalesHistory
from forecast.launch import new_shelves
from forecast.reading import history_by
from forecast.rolling import extended
from forecast.transfer import with_transfer_shares
from lake.baskets import read_baskets
from lake.plans import planned_days, planned_weeks
from lake.version import LakeVersion
from schema.errors import EmptyWindow, MissingTable
from schema.relations import Relations

NEW_WEEKS: Final = 8
"""Weeks after its launch in which a product that was never sold still counts as new."""


def weekly_history(
    source: LakeVersion, *, as_of: date | None = None, is_counted: bool = False, weeks_ahead: int = 0
) -> SalesHistory | None:
    """The weekly sales of a lake version, or the whole weeks of its daily ones; None where it holds neither.

    Args:
        as_of: units and stock of weeks that had not ended by then are unknown; None keeps all.
        is_counted: whether weeks may be counted from receipts where it holds neither.
        weeks_ahead: above 0, what is launched in so many weeks, or was lately, has series before it is sold.

    Raises:
        BadInput: if weeks start on several weekdays.
        EmptyWindow: if no week of the daily sales, or of the receipts, is whole.
    """
    names = (*TOLD, "purchases") if is_counted else TOLD
    if not any(name in source and source.dataset(name).count_rows() for name in names):
        return None

    def new(sales: pa.Table) -> pd.DataFrame:
        ended = pc.max(sales.column("week_starts_on")).as_py() + timedelta(weeks=1)
        day = ended if as_of is None else min(as_of, ended)
        window = day - timedelta(weeks=NEW_WEEKS), day + timedelta(weeks=weeks_ahead)
        return new_shelves(source.rows, sales.select(PAIR).to_pandas().drop_duplicates(), window)

    history = history_by(source.rows, source.info, before=as_of, new=new if weeks_ahead else None)
    return history if as_of is None else history.known_before(np.datetime64(as_of))


def known_weeks(
    source: LakeVersion, *, as_of: date | None, purpose: str, is_counted: bool = False, weeks_ahead: int = 0
) -> tuple[SalesHistory, int]:
    """The weekly sales up to the last week that is known, and how many weeks that is.

    Args:
        as_of: units of weeks that had not ended by then are not looked at; None looks at all.
        purpose: what they are wanted for, in words of an error.
        is_counted: whether weeks may be counted from receipts where there are no others.
        weeks_ahead: of `weekly_history`.

    Raises:
        MissingTable: if there are no weekly sales.
        EmptyWindow: if no week had ended by that day.
    """
    history = weekly_history(source, as_of=as_of, is_counted=is_counted, weeks_ahead=weeks_ahead)
    if history is None:
        raise MissingTable(purpose, "weekly_sales")
    known = np.flatnonzero(np.isfinite(history.grids["units"]).any(axis=0))
    if not len(known):
        raise EmptyWindow("No week of sales had ended by that day.", remedy="Choose a later day.")
    num_weeks = int(known[-1]) + 1
    return replace(history, grids={name: grid[:, :num_weeks] for name, grid in history.grids.items()}), num_weeks


def is_new(history: SalesHistory, week: int, weeks_ahead: int) -> npt.NDArray[np.bool_]:
    """Series not sold yet of products launched since NEW_WEEKS before column `week`, or to be in so many weeks."""
    if history.launch_week is None:
        return np.zeros(history.num_series, np.bool_)
    since, until = max(week - NEW_WEEKS, 0), week + weeks_ahead
    return ~history.known_weeks(week).is_sold & (history.launch_week >= since) & (history.launch_week < until)


def with_plans(history: SalesHistory, source: LakeVersion, num_weeks: int) -> SalesHistory:
    """The history with weeks after its last whose prices and promotions are those that the lake version plans.

    Where weeks are counted from receipts nothing was learnt of prices, and none is told.
    """
    longer = extended(history, num_weeks)
    if history.is_counted:
        return longer
    ahead = longer.weeks[history.num_weeks :].astype("datetime64[D]").tolist()
    plans = planned_weeks(source, history.keys, ahead)
    grids = {name: np.concatenate([history.grids[name], plans[name]], axis=1) for name in PLANNED}
    return replace(longer, grids={**longer.grids, **grids})


def day_plans(history: SalesHistory, source: LakeVersion, *, rows: Rows, columns: Rows) -> DayPlans:
    """What is planned by day of series and weeks in which a price or promotion begins or ends, as `with_plans`."""
    if history.is_counted:
        return NO_PLANS
    ahead = history.weeks[columns].astype("datetime64[D]").tolist()
    row, place, grids = planned_days(source, history.keys.iloc[rows], ahead)
    return DayPlans(rows[row], columns[place], grids)


def transferring(source: LakeVersion, relations: Relations, *, as_of: date) -> tuple[Relations, dict[str, Any]]:
    """The relations with transfer shares, and for the manifest what part of demand is kept and how that is known."""
    bought, history = read_baskets(source, before=as_of), None
    with suppress(EmptyWindow):
        history = weekly_history(source, as_of=as_of)
    shared, kept = with_transfer_shares(relations, bought, history)
    told = {"share": round(kept.share, 4), "error": round(kept.error, 4), "num_weeks": kept.num_weeks}
    return shared, told
