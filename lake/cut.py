"""What counts at a cut-off: events before it, windows open at it, days that have come."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.sources import TableSource
from schema.table_specs import SPECS, TableSpec
from schema.tables import cut_off_instant

Windows = Literal["open", "all"]


@dataclass(frozen=True)
class Cut:
    """A source and the moment it is looked at.

    Attributes:
        windows: `open` takes the windows open at `as_of`, `all` every one the source knows.
    """

    source: TableSource
    as_of: date
    windows: Windows = "open"

    @property
    def instant(self) -> datetime:
        """Midnight at the start of `as_of` in the shop's timezone."""
        return cut_off_instant(self.as_of, self.source.info.timezone)

    def day_limit(self, table: str) -> date:
        """The first day in the table's event column that is the future."""
        return self.as_of - timedelta(days=SPECS[table].event_offset_days)

    def window_rows(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """The rows of a table of windows that this cut takes; of overlapping open ones the latest start wins."""
        spec, rows = SPECS[table], self.source.rows(table, columns)
        if self.windows == "all" or spec.window is None:
            return rows
        return newest_windows(rows.filter(self._is_open(rows, spec.window)), spec)

    def day_reached(self, days: pa.ChunkedArray) -> pa.ChunkedArray:
        """Days before `as_of` as they are, later ones as null."""
        return pc.if_else(pc.less(days, pa.scalar(self.as_of)), days, pa.scalar(None, days.type))

    def _is_open(self, rows: pa.Table, window: tuple[str, str]) -> pa.ChunkedArray:
        begins, ends = (rows.column(name) for name in window)
        has_begun = pc.fill_null(pc.less_equal(begins, pa.scalar(self.as_of)), True)
        has_not_ended = pc.fill_null(pc.greater(ends, pa.scalar(self.as_of)), True)
        return pc.and_(has_begun, has_not_ended)


def newest_windows(rows: pa.Table, spec: TableSpec) -> pa.Table:
    """One row for each key less its start: the one that starts last, an empty start being the earliest."""
    if spec.window is None or spec.window[0] not in spec.key:
        return rows
    begins = spec.window[0]
    starts = pc.fill_null(pc.cast(rows.column(begins), pa.int32()), np.iinfo(np.int32).min).to_numpy()
    codes = [codes_of(rows.column(name)) for name in spec.key if name != begins]
    order = np.lexsort([starts, *codes])
    is_last = np.ones(len(order), np.bool_)
    is_last[:-1] = np.any([np.diff(code[order]) != 0 for code in codes], axis=0)
    return rows.take(pa.array(np.sort(order[is_last])))


def codes_of(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A whole number for each value `[num_rows]`, equal for equal ones, -1 for null."""
    indices = column.combine_chunks().dictionary_encode().indices
    return pc.fill_null(pc.cast(indices, pa.int64()), -1).to_numpy(zero_copy_only=False)
