"""Keys and foreign keys over a whole staged table, found by DuckDB and NumPy in bounded memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loaders.rejects import FILE, LINE

Rows = npt.NDArray[np.int64]
REPEATS: Final = "repeats the key of an earlier row with other values"

_NO_REPEATS: Final = pa.schema([("row", pa.int64()), ("value", pa.string()), ("is_same", pa.bool_())]).empty_table()


class Keys:
    """The keys of one staged table.

    Args:
        path: its Parquet file.
        bad: positions of rows that are rejected already.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, path: Path, bad: Rows) -> None:
        self._database, self._path, self._bad = database, path, bad
        self._file = f"(select *, file_row_number as row from read_parquet('{path}', file_row_number=true))"

    def unknown(self, column: str, parent: Path, key: str) -> pa.Table:
        """Rows that name what the parent has not: `row`, `value`."""
        return self._kept(
            f"""select row, "{column}" as value from {self._file} where "{column}" is not null
            and "{column}" not in (select "{key}" from read_parquet('{parent}')) order by row"""
        )

    def repeats(self, key: Sequence[str], columns: Sequence[str], given: str | None) -> pa.Table:
        """Rows whose key an earlier row has: `row`, `value` (the key), `is_same` (all columns equal the first's).

        Args:
            given: only rows with a value in this column have a key of their own; None takes all.
        """
        keys = _names(key)
        hashes = np.sort(self._hashes(key, given))
        suspects = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
        if len(suspects) == 0:
            return _NO_REPEATS
        self._database.register("suspects", pa.table({"h": suspects}))
        self._database.register("bad", pa.table({"row": self._bad}))
        return self._table(
            f"""with candidates as (
                select row, concat_ws(', ', {keys}) as value, row({_names(columns)})::varchar as content,
                    row({keys}) as key
                from {self._file} where hash({keys}) in (select h from suspects)
                    and row not in (select row from bad) {_and_given(given)}
            )
            select row, value, content = first_value(content) over same as is_same
            from candidates window same as (partition by key order by row)
            qualify row_number() over same > 1 order by row"""
        )

    def count(self, column: str) -> int:
        """How many rows have a value there."""
        return int(self._kept(f'select row from {self._file} where "{column}" is not null').num_rows)

    def numbered(self, line: str, within: str) -> pa.Array:
        """Each row's number in `within` `[rows]` int64, in row order: as given, else from 1 after the highest given."""
        keep = self._is_kept()
        given = pq.read_table(self._path, columns=[line]).column(line).combine_chunks().filter(pa.array(keep))
        is_given = pc.is_valid(given).to_numpy(zero_copy_only=False)
        numbers = pc.fill_null(given, 0).to_numpy().copy()
        groups = self._hashes([within], None)
        order = np.argsort(groups, kind="stable")
        starts = np.flatnonzero(np.diff(groups[order], prepend=groups[order][:1] - np.uint64(1)))
        numbers[order] = _filled(numbers[order], is_given[order], starts)
        return pa.array(numbers)

    def content_ids(self, column: str, others: Sequence[str]) -> pa.Array:
        """Each row's id `[rows]` string, in row order: as given, else a hash of its content and which of its equals."""
        self._database.register("bad", pa.table({"row": self._bad}))
        texts = ", ".join(f'"{name}"::varchar' for name in others)
        ids = self._table(
            f"""select coalesce("{column}", substr(sha256(content), 1, 16) || '-' ||
                row_number() over (partition by content, "{column}" is null order by row)) as id
            from (select *, to_json([{texts}])::varchar as content from {self._file}
                where row not in (select row from bad)) order by row"""
        )
        return ids["id"].cast(pa.string()).combine_chunks()

    def _hashes(self, columns: Sequence[str], given: str | None) -> npt.NDArray[np.uint64]:
        """A hash of those columns for each row that is not bad `[rows]`, in row order."""
        where = f"where true {_and_given(given)}"
        rows = self._kept(f"select row, hash({_names(columns)}) as h from {self._file} {where} order by row")
        return rows["h"].to_numpy()

    def _kept(self, sql: str) -> pa.Table:
        """What a query answers, less bad rows."""
        found = self._table(sql)
        if len(self._bad) == 0:
            return found
        return found.filter(pc.invert(pc.is_in(found["row"], value_set=pa.array(self._bad))))

    def _table(self, sql: str) -> pa.Table:
        return self._database.sql(sql).to_arrow_table()

    def _is_kept(self) -> npt.NDArray[np.bool_]:
        keep = np.ones(pq.read_metadata(self._path).num_rows, bool)
        keep[self._bad] = False
        return keep


def places_of(path: Path, rows: Rows) -> dict[str, pa.Array]:
    """`FILE` and `LINE` of each row, read from a staged file that has both; `rows` ascending."""
    start, files, lines = 0, [pa.array([], pa.string())], [pa.array([], pa.int64())]
    for batch in pq.ParquetFile(path).iter_batches(columns=[FILE, LINE]):
        inside = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + batch.num_rows)] - start
        files.append(pc.take(batch[FILE], pa.array(inside)))
        lines.append(pc.take(batch[LINE], pa.array(inside)))
        start += batch.num_rows
    return {FILE: pa.concat_arrays(files), LINE: pa.concat_arrays(lines)}


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _and_given(given: str | None) -> str:
    return f'and "{given}" is not null' if given else ""


def _filled(numbers: Rows, is_given: npt.NDArray[np.bool_], starts: Rows) -> Rows:
    """Numbers of rows sorted by group, those not given counted on from the group's highest.

    Args:
        numbers: `[rows]`, 0 where not given.
        is_given: `[rows]`.
        starts: where each group begins, ascending.
    """
    if len(numbers) == 0:
        return numbers
    sizes = np.diff(np.append(starts, len(numbers)))
    counted = np.cumsum(~is_given)
    before: Rows = np.repeat(counted[starts] - ~is_given[starts], sizes)
    highest: Rows = np.repeat(np.maximum.reduceat(numbers, starts), sizes)
    return np.where(is_given, numbers, highest + counted - before)
