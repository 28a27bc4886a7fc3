"""Where counts run: Ibis expressions on a DuckDB that spills to disk (on Spark: `lake/spark.py`)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from lake.ports import TableSource
from schema.errors import Unavailable

if TYPE_CHECKING:
    import ibis.expr.types as ir

MEMORY_LIMIT: Final = "1500MB"
"""What counting may hold in memory; more goes to a temporary folder."""


class DuckCounting:
    """Counting on DuckDB.

    Args:
        backend: Ibis's DuckDB.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._names = (f"kept_{number}" for number in count())

    def read(self, source: TableSource, table: str) -> "ir.Table":
        """The current rows of a retail table, read whenever an expression over it runs."""
        return self._registered(source.dataset(table))

    def over(self, rows: pa.Table) -> "ir.Table":
        """Arrow rows as a table."""
        return self._registered(rows)

    def keep(self, expression: "ir.Table") -> "ir.Table":
        """The result of an expression as a table, computed now."""
        return self._backend.create_table(next(self._names), expression, temp=True)

    def drop(self, table: "ir.Table") -> None:
        """Give back the room of a kept table."""
        self._backend.con.execute(f'DROP TABLE temp.main."{table.get_name()}"').fetchall()

    def rows(self, expression: "ir.Table") -> pa.Table:
        """The result of an expression, in no particular order."""
        return self._backend.to_pyarrow(expression)

    def number(self, expression: "ir.Scalar") -> int:
        """A count or sum, 0 where there is nothing to add up."""
        return int(self._backend.to_pyarrow(expression).as_py() or 0)

    def _registered(self, rows: Any) -> "ir.Table":
        name = next(self._names)
        self._backend.con.register(name, rows)
        return self._backend.table(name)


@contextmanager
def counting(memory_limit: str = MEMORY_LIMIT) -> Iterator[DuckCounting]:
    """A place to count in, with a temporary folder that is removed at the end.

    Raises:
        Unavailable: if memory or temporary space runs out.
    """
    import ibis  # noqa: PLC0415 heavy, and serving counts nothing

    with tempfile.TemporaryDirectory(prefix="shelfgraph-") as folder:
        backend = ibis.duckdb.connect(memory_limit=memory_limit, temp_directory=folder, preserve_insertion_order=False)
        backend.con.execute("SET enable_progress_bar_print = false")  # it would draw over the command line's own
        try:
            yield DuckCounting(backend)
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise Unavailable(
                f"Memory or temporary space ran out while counting ({error}).",
                remedy=f"Free some space in {Path(folder).parent}.",
            ) from error
        finally:
            backend.disconnect()
