"""What counting asks of an engine, and of the tables it counts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.dataset as ds

from schema.tables import DatasetInfo

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Counting(Protocol):
    """Tables to count over, and the results kept between two expressions; the expressions know no engine."""

    def read(self, source: "TableSource", table: str) -> "ir.Table":
        """The current rows of a retail table, read whenever an expression over it runs."""

    def over(self, rows: pa.Table) -> "ir.Table":
        """Arrow rows as a table."""

    def keep(self, expression: "ir.Table") -> "ir.Table":
        """The result of an expression as a table, computed now."""

    def drop(self, table: "ir.Table") -> None:
        """Give back the room of a kept table."""

    def rows(self, expression: "ir.Table") -> pa.Table:
        """The result of an expression, in no particular order."""

    def number(self, expression: "ir.Scalar") -> int:
        """A count or sum, 0 where there is nothing to add up."""


Room = Callable[[], AbstractContextManager[Counting]]
"""Opens a place to count in, which is gone at the end of the block."""


class TableSource(Protocol):
    """Current rows by table, and the loads they came by."""

    @property
    def room(self) -> Room:
        """Opens the place where they are counted."""

    @property
    def lake_version(self) -> int:
        """The lake version; -1 for a folder."""

    @property
    def info(self) -> DatasetInfo:
        """The dataset's settings."""

    @property
    def load_ids(self) -> pa.Array:
        """Every load that a row may carry, oldest first."""

    def __contains__(self, table: object) -> bool:
        """Whether the table was ever loaded."""

    def last_load(self, table: str) -> str:
        """The load that last changed a table."""

    def rows(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """Current rows: the table's own columns and `load_id`, or those named."""

    def dataset(self, table: str) -> ds.Dataset:
        """Current rows, read when scanned."""

    def files(self, table: str) -> list[str]:
        """Addresses of the Parquet files that hold the table, closed rows among them; none if never loaded."""
