"""Keys and foreign keys over a whole staged table, found by DuckDB in bounded memory."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Rows = npt.NDArray[np.int64]


class Keys:
    """The keys of one staged table.

    Args:
        path: its Parquet file.
        bad: positions of rows that are rejected already.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, path: Path, bad: Rows) -> None:
        self._database = database
        self._database.register("bad", pa.table({"row": pa.array(bad, pa.int64())}))
        self._rows = (
            f"(from read_parquet('{path}', file_row_number=true) where file_row_number not in (select row from bad))"
        )

    def unknown(self, column: str, parent: Path, key: str) -> pa.Table:
        """Rows that name what the parent has not: `row`, `value`."""
        return self._table(
            f"""select file_row_number as row, "{column}" as value from {self._rows}
            where "{column}" is not null
            and "{column}" not in (select "{key}" from read_parquet('{parent}')) order by row"""
        )

    def repeats(self, key: Sequence[str], columns: Sequence[str], given: str | None) -> pa.Table:
        """Rows whose key an earlier row has: `row`, `value` (the key), `is_same` (all columns equal the first's).

        Args:
            given: only rows with a value in this column have a key of their own; None takes all.
        """
        keys = _names(key)
        having = f'where "{given}" is not null' if given else ""
        return self._table(
            f"""with suspects as (
                select hash({keys}) as h from {self._rows} {having} group by h having count(*) > 1
            ), candidates as (
                select file_row_number as row, concat_ws(', ', {keys}) as value,
                    row({_names(columns)})::varchar as content, row({keys}) as key
                from (from {self._rows} {having}) where hash({keys}) in (select h from suspects)
            )
            select row, value, content = first_value(content) over same as is_same
            from candidates window same as (partition by key order by row)
            qualify row_number() over same > 1 order by row"""
        )

    def _table(self, sql: str) -> pa.Table:
        return self._database.sql(sql).to_arrow_table()

    def count(self, column: str) -> int:
        """How many rows have a value there."""
        return int(self._table(f'select count("{column}") as n from {self._rows}')["n"][0].as_py())

    def numbered(self, line: str, within: str) -> pa.ChunkedArray:
        """Each row's number in `within` `[rows]` int64, in row order: as given, else from 1 after the highest given."""
        return self._table(
            f"""select coalesce("{line}", coalesce(max("{line}") over (partition by "{within}"), 0)
                + row_number() over (partition by "{within}", "{line}" is null order by file_row_number)) as id
            from {self._rows} order by file_row_number"""
        )["id"].cast(pa.int64())

    def content_ids(self, column: str, others: Sequence[str]) -> pa.ChunkedArray:
        """Each row's id `[rows]` string, in row order: as given, else a hash of its content and which of its equals."""
        texts = ", ".join(f'"{name}"::varchar' for name in others)
        return self._table(
            f"""select coalesce("{column}", substr(sha256(content), 1, 16) || '-' ||
                row_number() over (partition by content, "{column}" is null order by file_row_number)) as id
            from (select *, to_json([{texts}])::varchar as content from {self._rows}) order by file_row_number"""
        )["id"].cast(pa.string())


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
