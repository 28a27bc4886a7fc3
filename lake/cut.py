"""What counts at a cut-off: events before it, windows open at it, days that have come."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.ports import TableSource
from schema.table_specs import SPECS, TableSpec
from schema.tables import cut_off_instant
from schema.windows import is_open


@dataclass(frozen=True)
class Cut:
    """A source and the moment it is looked at."""

    source: TableSource
    as_of: date

    @property
    def instant(self) -> datetime:
        """Midnight at the start of `as_of` in the shop's timezone."""
        return cut_off_instant(self.as_of, self.source.info.timezone)

    def day_limit(self, table: str) -> date:
        """The first day in the table's event column that is the future."""
        return self.as_of - timedelta(days=SPECS[table].event_offset_days)

    def open_rows(self, table: str, columns: list[str]) -> pa.Table:
        """The rows whose window is open; of overlapping windows of a key the one that starts last.

        Args:
            columns: the table's key and window among them.
        """
        spec, rows = SPECS[table], self.source.rows(table, columns)
        if spec.window is None:
            return rows
        begins, ends = spec.window
        return _last_started(rows.filter(is_open(rows.column(begins), rows.column(ends), self.as_of)), spec, begins)

    def day_reached(self, days: pa.ChunkedArray) -> pa.ChunkedArray:
        """Days before `as_of` as they are, later ones as null."""
        return pc.if_else(pc.less(days, pa.scalar(self.as_of)), days, pa.scalar(None, days.type))


def _last_started(rows: pa.Table, spec: TableSpec, begins: str) -> pa.Table:
    # An empty start is the earliest; an empty store is a key of its own, which joins of Arrow would not see.
    starts = pc.fill_null(pc.cast(rows.column(begins), pa.int32()), np.iinfo(np.int32).min).to_numpy()
    codes = [_codes(rows.column(name)) for name in spec.key if name != begins]
    order = np.lexsort([starts, *codes])
    is_last = np.ones(len(order), np.bool_)
    is_last[:-1] = np.any([np.diff(code[order]) != 0 for code in codes], axis=0)
    return rows.take(pa.array(np.sort(order[is_last])))


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    indices = column.combine_chunks().dictionary_encode().indices
    return pc.fill_null(pc.cast(indices, pa.int64()), -1).to_numpy(zero_copy_only=False)
