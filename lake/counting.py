"""Where counts run: Ibis expressions on a DuckDB that spills to disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from schema.errors import Unavailable

MEMORY_LIMIT: Final = "1500MB"
"""What counting may hold in memory; more goes to a temporary folder."""


class Counting:
    """Tables to count over, and the results kept between two expressions.

    Args:
        backend: an Ibis backend; the expressions themselves know no engine.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._names = (f"kept_{number}" for number in count())

    def over(self, rows: Any) -> ir.Table:
        """Arrow rows or a dataset as a table, read whenever an expression over it runs."""
        name = next(self._names)
        self._backend.con.register(name, rows)
        return self._backend.table(name)

    def keep(self, expression: ir.Table) -> ir.Table:
        """The result of an expression as a table, computed now."""
        return self._backend.create_table(next(self._names), expression, temp=True)

    def drop(self, table: ir.Table) -> None:
        """Give back the room of a kept table."""
        self._backend.con.execute(f'DROP TABLE temp.main."{table.get_name()}"').fetchall()

    def rows(self, expression: ir.Table) -> pa.Table:
        """The result of an expression, in no particular order."""
        return self._backend.to_pyarrow(expression)

    def number(self, expression: ir.Scalar) -> int:
        """A count or sum, 0 where there is nothing to add up."""
        return int(self._backend.to_pyarrow(expression).as_py() or 0)


@contextmanager
def counting(memory_limit: str = MEMORY_LIMIT) -> Iterator[Counting]:
    """A place to count in, with a temporary folder that is removed at the end.

    Raises:
        Unavailable: if memory or temporary space runs out.
    """
    with tempfile.TemporaryDirectory(prefix="shelfgraph-") as folder:
        backend = ibis.duckdb.connect(memory_limit=memory_limit, temp_directory=folder, preserve_insertion_order=False)
        backend.con.execute("SET enable_progress_bar_print = false")  # it would draw over the command line's own
        try:
            yield Counting(backend)
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise Unavailable(
                f"Memory or temporary space ran out while counting ({error}).",
                remedy=f"Free some space in {Path(folder).parent}.",
            ) from error
        finally:
            backend.disconnect()
