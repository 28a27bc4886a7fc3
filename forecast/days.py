"""Units by day beside a weekly history: of `daily_sales`, or of receipts where they add up to the weeks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast.day_grid import PAIR, Days, days_of, laid_out, with_closed_days
from forecast.history import PLANNED, Grid, ReadRows, Rows, SalesHistory
from forecast.receipts import units_by_day
from schema.errors import BadInput, MissingTable
from schema.tables import DatasetInfo

MOST_APART = 0.01
"""Part of the weeks' units by which receipts may miss them and still be taken for all of the shop's sales."""


@dataclass(frozen=True)
class DailySales:
    """Units of each day of the series and weeks of a history.

    Attributes:
        units: `[num_series, num_weeks, 7]` float32, NaN where unknown.
        planned: by name of PLANNED `[num_series, num_weeks, 7]`, NaN where the day tells no plan of its own; empty
            where no day does.
        days: `[num_weeks, 7]`.
    """

    units: Grid
    planned: Mapping[str, Grid]
    days: Days

    def known_weeks(self, number: int) -> "DailySales":
        """The same with units of all but the first `number` weeks unknown; plans stay."""
        units = self.units.copy()
        units[:, max(number, 0) :] = np.nan
        return replace(self, units=units)


def days_by(read: ReadRows, history: SalesHistory, info: DatasetInfo) -> DailySales:
    """The days of a history's series and weeks.

    A day without a row is unknown, but for days closed (`with_closed_days`). Where there are no `daily_sales`, and
    receipts add up to the weekly units but for MOST_APART of them, the days are those of the receipts in the shop's
    timezone, in the weeks in which they add up: there a day without a receipt is a zero.

    Args:
        read: the rows of a table, of the columns named.

    Raises:
        MissingTable: if there are neither daily sales nor receipts.
        BadInput: if receipts do not add up to the weeks.
    """
    columns = ["units", *PLANNED]
    daily = read("daily_sales", [*PAIR, "sold_on", *columns])
    days = days_of(history.first_week, history.num_weeks)
    if not daily.num_rows:
        return DailySales(_of_receipts(read, history, info.timezone), {}, days)
    shape = (history.num_series, history.num_weeks)
    row, step = _rows(daily, history), _steps(daily.column("sold_on"), history)

    def grid(name: str) -> Grid:
        values = daily.column(name).to_numpy().astype(np.float32)
        return laid_out(np.where(values > 0, values, np.nan) if name.endswith("price") else values, row, step, shape)

    units = with_closed_days(grid("units"), history.store, days, history.country)
    told = any(daily.column(name).null_count < daily.num_rows for name in PLANNED)
    return DailySales(units, {name: grid(name) for name in PLANNED} if told else {}, days)


def _of_receipts(read: ReadRows, history: SalesHistory, timezone: str) -> Grid:
    """Units a day by receipts `[num_series, num_weeks, 7]`, NaN in weeks that they do not add up to."""
    lines = read("purchases", [*PAIR, "bought_at", "units"])
    if not lines.num_rows:
        raise MissingTable("Forecasting by day", "daily_sales")
    sold = units_by_day(lines, timezone)
    shape, units = (history.num_series, history.num_weeks), history.grids["units"]
    values = sold.column("units_sum").to_numpy().astype(np.float32)
    found = np.nan_to_num(laid_out(values, _rows(sold, history), _steps(sold.column("sold_on"), history), shape))
    apart, known = np.abs(found.sum(axis=2) - units), np.isfinite(units)
    share = float(apart[known].sum() / max(units[known].sum(), 1e-9))
    if share > MOST_APART:
        raise BadInput(
            f"There are no daily_sales, and receipts miss {100 * share:.0f} % of the units of weekly_sales: "
            "they do not tell what was sold each day.",
            remedy="Load daily_sales, or all receipts of the weeks.",
        )
    with np.errstate(invalid="ignore"):
        is_whole = apart <= MOST_APART * np.maximum(units, 1)
    return np.where(is_whole[:, :, None], found, np.float32(np.nan))


def _rows(table: pa.Table, history: SalesHistory) -> Rows:
    """The series of each row, -1 where the history has none."""
    own, asked = np.zeros(history.num_series, np.int64), np.zeros(table.num_rows, np.int64)
    for name in PAIR:
        words = pa.array(history.keys[name], pa.string())
        values = pc.unique(words)
        own = own * len(values) + pc.index_in(words, value_set=values).to_numpy()
        found = pc.fill_null(pc.index_in(table.column(name), value_set=values), -1).to_numpy().astype(np.int64)
        asked = np.where((found < 0) | (asked < 0), -1, asked * len(values) + found)
    order = np.argsort(own)
    place = np.minimum(np.searchsorted(own[order], asked), len(own) - 1)
    return np.where(own[order][place] == asked, order[place], -1).astype(np.int64)


def _steps(days: pa.ChunkedArray, history: SalesHistory) -> npt.NDArray[np.int64]:
    return (days.to_numpy().astype("datetime64[D]") - history.first_week.astype("datetime64[D]")).astype(np.int64)
