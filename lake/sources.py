"""What a snapshot is read from: one lake version, or a staged folder that was never published."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from lake.counting import counting
from lake.ports import Room, TableSource
from lake.version import LakeVersion
from schema.table_specs import SPECS
from schema.tables import DatasetInfo, RetailTables


@dataclass(frozen=True)
class FolderSource:
    """A staged folder seen as if it were the first load of an empty lake."""

    tables: RetailTables
    lake_version: int = -1
    room: Room = counting

    @property
    def info(self) -> DatasetInfo:
        """The dataset's settings."""
        return self.tables.info

    @property
    def load_ids(self) -> pa.Array:
        """The one load."""
        return pa.array([self.tables.load_id])

    def __contains__(self, table: object) -> bool:
        return table in self.tables

    def last_load(self, table: str) -> str:  # noqa: ARG002 - the protocol's
        """The one load, for every table."""
        return self.tables.load_id

    def rows(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """Rows in file order: the table's own columns and `load_id`, or those named."""
        chosen = [*SPECS[table].names, "load_id"] if columns is None else columns
        rows = self.tables.read(table, [name for name in chosen if name != "load_id"])
        load_id = pa.repeat(pa.scalar(self.tables.load_id), rows.num_rows)
        return rows.append_column("load_id", load_id).select(chosen)

    def dataset(self, table: str) -> ds.Dataset:
        """Rows, read when scanned."""
        if table not in self.tables:
            return ds.dataset(SPECS[table].empty())
        return ds.dataset(self.tables.path(table), schema=SPECS[table].arrow_schema)

    def files(self, table: str) -> list[str]:
        """The staged file, none where the load does not hold the table."""
        return [str(self.tables.path(table).absolute())] if table in self.tables else []


def table_source(source: LakeVersion | RetailTables) -> TableSource:
    """Either kind of source in one form."""
    return FolderSource(source) if isinstance(source, RetailTables) else source


def load_places(source: TableSource, load_ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """How many loads were published before each row's own `[num_rows]` int32: later loads have higher places."""
    return pc.index_in(load_ids, value_set=source.load_ids)
