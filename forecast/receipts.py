"""Weeks counted from receipts, for a shop that tells neither weekly nor daily sales: which are zeros, which unknown."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecast.day_grid import PAIR, THURSDAY, WEEK, Grid
from schema.errors import EmptyWindow
from schema.tables import DatasetInfo

SILENT_WEEKS = 8
"""Weeks after a sale in which a product without a receipt counts as on sale, and not sold."""
LEAST_SOLD = 8
"""Weeks with a receipt below which a product in a store is left out: nothing can be told of it by week."""


@dataclass(frozen=True)
class CountedWeeks:
    """Weeks that receipts make.

    Attributes:
        rows: `sku`, `store_id`, `week_starts_on` and `units` of known weeks, zeros among them.
        num_left_out: products in stores that were sold in fewer than LEAST_SOLD weeks.
    """

    rows: pa.Table
    num_left_out: int


def units_by_day(lines: pa.Table, timezone: str) -> pa.Table:
    """Units of receipts by `sku`, `store_id` and `sold_on`, the day in the shop's timezone, as `units_sum`.

    Args:
        lines: rows of `purchases`; those that name no store are left out.
    """
    lines = lines.filter(pc.is_valid(lines.column("store_id")))
    wall = pc.local_timestamp(pc.cast(lines.column("bought_at"), pa.timestamp("us", tz=timezone)))
    sold_on = pc.cast(pc.floor_temporal(wall, unit="day"), pa.date32())
    sums = lines.select([*PAIR, "units"]).append_column("sold_on", sold_on).group_by([*PAIR, "sold_on"])
    return sums.aggregate([("units", "sum")])


def weeks_of_receipts(lines: pa.Table, info: DatasetInfo, *, before: date | None = None) -> CountedWeeks:
    """The whole weeks of receipts, returns not taken off.

    A week without a receipt is a zero in the SILENT_WEEKS weeks after one with a receipt, and unknown after them until
    the product sells again; a week in which the store sold nothing is unknown. So what a week counts as depends on
    nothing later than itself. The weeks in which receipts begin and end are left out unless they are whole.

    Args:
        lines: rows of `purchases`.
        info: timezone, and weekday on which weeks start.
        before: LEAST_SOLD counts weeks that had ended by then; None counts all.

    Raises:
        EmptyWindow: if there is no whole week, or no product is sold in LEAST_SOLD of them.
    """
    cells, first, num_weeks = _sold_weeks(lines, info)
    ended = num_weeks if before is None else int((np.datetime64(before, "D") - first).astype(int)) // WEEK
    times = cells[cells["week"] < ended].groupby(PAIR).size()
    kept = times.index[times >= LEAST_SOLD]
    if not len(kept):
        raise EmptyWindow(
            f"Receipts name no product that a store sold in {LEAST_SOLD} whole weeks: there are no weeks to forecast.",
            remedy="Load more receipts, or choose a later day.",
        )
    place, places = pd.factorize(cells["store_id"])
    is_open = np.zeros((len(places), num_weeks), np.bool_)
    is_open[place, cells["week"]] = True
    row = kept.get_indexer(pd.MultiIndex.from_frame(cells[PAIR]))
    sold = np.zeros((len(kept), num_weeks), np.float32)
    sold[row[row >= 0], cells["week"][row >= 0]] = cells["units"][row >= 0]
    skus, store_ids = (kept.get_level_values(name) for name in PAIR)
    units = known_units(sold, is_open[places.get_indexer(store_ids)])
    series, week = np.nonzero(np.isfinite(units))
    rows = {
        "sku": pa.array(skus[series], pa.string()),
        "store_id": pa.array(store_ids[series], pa.string()),
        "week_starts_on": pa.array((first + WEEK * week).astype("datetime64[D]"), pa.date32()),
        "units": units[series, week].astype(np.float64),
    }
    return CountedWeeks(pa.table(rows), len(times) - len(kept))


def known_units(sold: Grid, is_open: npt.NDArray[np.bool_]) -> Grid:
    """Units with the zeros that are known, NaN elsewhere `[num_series, num_weeks]`; see `weeks_of_receipts`.

    Args:
        sold: units by receipts, 0 where there is none.
        is_open: whether the series' store sold anything that week.
    """
    columns = np.arange(sold.shape[1])
    last_sold = np.maximum.accumulate(np.where(sold > 0, columns, -SILENT_WEEKS - 1), axis=1)
    return np.where(is_open & (columns - last_sold <= SILENT_WEEKS), sold, np.float32(np.nan))


def _sold_weeks(lines: pa.Table, info: DatasetInfo) -> tuple[pd.DataFrame, np.datetime64, int]:
    """Units by `sku`, `store_id` and `week` from 0, the first day of the first whole week, and how many there are."""
    sold = units_by_day(lines, info.timezone)
    if not sold.num_rows:
        raise EmptyWindow("No receipt names its store.", remedy="Load receipts with a store_id.")
    days = sold.column("sold_on").to_numpy().astype("datetime64[D]")
    first = days.min() + (info.first_weekday - THURSDAY - days.min().astype(int)) % WEEK
    num_weeks = int((days.max() + 1 - first).astype(int)) // WEEK
    week = (days - first).astype(np.int64) // WEEK
    cells = sold.select(PAIR).to_pandas().assign(week=week, units=sold.column("units_sum").to_numpy())
    cells = cells[(week >= 0) & (week < num_weeks) & (cells["units"] > 0)]
    return cells.groupby([*PAIR, "week"], as_index=False)["units"].sum(), first, num_weeks
