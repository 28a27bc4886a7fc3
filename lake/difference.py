"""What a load changes in one table: found and written out of core, by key."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from schema.errors import Unavailable
from schema.table_specs import TableSpec

MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may hold in memory; more goes to a temporary folder."""
BATCH_ROWS: Final = 131_072
OPEN_COLUMN: Final = {"deliveries": "delivered_on"}
"""Tables with rows that are open while this column is empty: the filled row replaces the open one."""


@dataclass(frozen=True)
class TableChange:
    """What one load did to one table, in rows; `total` rows are current after it."""

    added: int = 0
    corrected: int = 0
    closed: int = 0
    unchanged: int = 0
    total: int = 0

    @property
    def is_none(self) -> bool:
        """Whether the table's content stays as it is."""
        return self.added == self.corrected == self.closed == 0


def lake_schema(spec: TableSpec) -> pa.Schema:
    """The columns of a table in the lake: its own, the load that last wrote the row, the load that closed it."""
    return spec.arrow_schema.append(pa.field("load_id", pa.string())).append(pa.field("closed_by", pa.string()))


@contextmanager
def duckdb_out_of_core(memory_limit: str = MEMORY_LIMIT) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that spills to a temporary folder, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="shelfgraph-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": folder,
            "preserve_insertion_order": False,
        }
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar_print = false")  # it would draw over the command line's own
            try:
                yield connection
            except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
                raise Unavailable(
                    f"Memory or temporary space ran out ({error}).", remedy=f"Free some space in {Path(folder).parent}."
                ) from error


class Difference:
    """A staged table beside the rows the lake holds of it.

    Args:
        connection: used by this difference alone while it lives.
        incoming: the staged Parquet file.
        held: the lake's rows, `closed_by` ones among them; None where it holds none yet.
        is_full: whether what is absent from `incoming` is gone.
        load_id: the load being published.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        spec: TableSpec,
        *,
        incoming: Path,
        held: ds.Dataset | None,
        is_full: bool,
        load_id: str,
    ) -> None:
        self._connection, self._spec, self._is_full = connection, spec, is_full
        self._load_id = _quoted(load_id)
        self._is_first = held is None
        held = ds.dataset(lake_schema(spec).empty_table()) if held is None else held
        connection.register("held_rows", held)
        rows = f"SELECT {_list(spec.names)}, true AS here FROM read_parquet({_quoted(str(incoming))})"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS {rows}")
        connection.execute(f"CREATE OR REPLACE TEMP VIEW held AS SELECT * FROM held_rows WHERE {self._not_replaced}")

    @property
    def _replaced(self) -> str:
        column = OPEN_COLUMN.get(self._spec.name)
        if column is None or self._is_full:
            return "false"
        line = _list([name for name in self._spec.key if name != column])
        filled = f"SELECT {line} FROM incoming WHERE {column} IS NOT NULL"
        still_open = f"SELECT {line} FROM incoming WHERE {column} IS NULL"
        return f"({column} IS NULL AND ({line}) IN ({filled}) AND ({line}) NOT IN ({still_open}))"

    @property
    def _not_replaced(self) -> str:
        return f"NOT {self._replaced}"

    @property
    def _join(self) -> str:
        return " AND ".join(f'n."{name}" IS NOT DISTINCT FROM o."{name}"' for name in self._spec.key)

    @property
    def _is_equal(self) -> str:
        others = [name for name in self._spec.names if name not in self._spec.key]
        return " AND ".join(f'n."{name}" IS NOT DISTINCT FROM o."{name}"' for name in others)

    def change(self) -> TableChange:
        """How many rows the load adds, corrects, closes and leaves."""
        if self._is_first:
            added = self._one("SELECT count(*) FROM incoming")[0]
            return TableChange(added=added, total=added)
        current = "o.load_id IS NOT NULL AND o.closed_by IS NULL"
        added, corrected, unchanged, absent = self._one(
            f"""SELECT count(*) FILTER (n.here AND NOT ({current})),
                       count(*) FILTER (n.here AND {current} AND NOT ({self._is_equal})),
                       count(*) FILTER (n.here AND {current} AND {self._is_equal}),
                       count(*) FILTER (n.here IS NULL AND {current})
                FROM incoming n FULL JOIN held o ON {self._join}"""
        )
        (replaced,) = self._one(f"SELECT count(*) FROM held_rows WHERE closed_by IS NULL AND {self._replaced}")
        total = added + corrected + unchanged + (0 if self._is_full else absent)
        return TableChange(
            added=added - replaced,
            corrected=corrected + replaced,
            closed=absent if self._is_full else 0,
            unchanged=unchanged,
            total=total,
        )

    def is_addition(self, change: TableChange) -> bool:
        """Whether the change is nothing but rows with keys never seen before."""
        if change.corrected or change.closed:
            return False
        closed = "(SELECT * FROM held WHERE closed_by IS NOT NULL)"
        (reopened,) = self._one(f"SELECT count(*) FROM incoming n SEMI JOIN {closed} o ON {self._join}")
        return not reopened

    def additions(self) -> pa.RecordBatchReader:
        """The rows whose key the lake has never seen, in pieces."""
        other = "" if self._is_first else f"ANTI JOIN held o ON {self._join}"
        columns = _list(self._spec.names, "n.")
        return self._stream(f"SELECT {columns}, {self._load_id} AS load_id, NULL AS closed_by FROM incoming n {other}")

    def everything(self) -> pa.RecordBatchReader:
        """All rows of the table after the load, closed ones among them, in pieces."""
        columns = ", ".join(
            f'CASE WHEN n.here THEN n."{name}" ELSE o."{name}" END AS "{name}"' for name in self._spec.names
        )
        is_kept = f"n.here IS NULL OR (o.load_id IS NOT NULL AND o.closed_by IS NULL AND {self._is_equal})"
        closing = self._load_id if self._is_full else "NULL"
        return self._stream(
            f"""SELECT {columns},
                       CASE WHEN {is_kept} THEN o.load_id ELSE {self._load_id} END AS load_id,
                       CASE WHEN n.here THEN NULL ELSE coalesce(o.closed_by, {closing}) END AS closed_by
                FROM incoming n FULL JOIN held o ON {self._join}"""
        )

    def _one(self, query: str) -> tuple[int, ...]:
        (row,) = self._connection.execute(query).fetchall()
        return row

    def _stream(self, query: str) -> pa.RecordBatchReader:
        return self._connection.sql(query).to_arrow_reader(BATCH_ROWS).cast(lake_schema(self._spec))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _list(names: list[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)
