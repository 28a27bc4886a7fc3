"""One version of the lake: which load made it, and the rows it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from lake.counting import counting
from lake.delta import DeltaFolder, diagnosed
from lake.difference import TableChange, duckdb_out_of_core, lake_schema
from lake.ports import Room
from schema.errors import EmptyWindow
from schema.table_specs import SPECS, TableSpec
from schema.tables import DatasetInfo, RetailTables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOADS: Final = "loads"
JOURNAL: Final = "journal-"
"""How the ids of loads begin that carry what mutations recorded."""
LOADS_SCHEMA: Final = pa.schema(
    [
        pa.field("lake_version", pa.int64()),
        pa.field("load_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("published_at", pa.timestamp("us", tz="UTC")),
        pa.field("info", pa.string()),
        pa.field("table_versions", pa.string()),
        pa.field("counts", pa.string()),
        pa.field("carried", pa.string()),
    ]
)
"""One row a load, oldest first; `info`, `table_versions`, `counts` and `carried` are JSON. Appending it is the commit.

`carried` says up to which of the journal's numbers (`changes`, `events`) the version's tables hold what mutations told.
"""
LAKE_TABLES: Final = tuple(name for name in SPECS if name != "verdicts")
"""What the lake holds: everything but people's verdicts, which are the journal's."""


@dataclass(frozen=True)
class Published:
    """What publishing a load did.

    Attributes:
        version: the lake version that holds the load.
        is_new: False where the newest version already was this load, and nothing was written.
        changes: by table of the load, in rows.
    """

    version: int
    load_id: str
    is_new: bool
    changes: Mapping[str, TableChange]


@dataclass(frozen=True)
class LakeVersion:
    """The lake as one version has it, whatever is published later.

    Attributes:
        loads: the rows of `loads` up to this version, oldest first.
        room: opens the place where its rows are counted.
    """

    folder: DeltaFolder
    loads: tuple[Mapping[str, Any], ...]
    room: Room = counting

    @property
    def lake_version(self) -> int:
        """Its number, from 1."""
        return len(self.loads)

    @property
    def load_id(self) -> str:
        """The load that made it."""
        return str(self.loads[-1]["load_id"])

    @property
    def load_ids(self) -> pa.Array:
        """Every load up to it, oldest first; one that came twice stands where it came last."""
        ids = [str(load["load_id"]) for load in self.loads]
        return pa.array(list(reversed(dict.fromkeys(reversed(ids)))), pa.string())

    @cached_property
    def info(self) -> DatasetInfo:
        """The dataset's settings as its load gave them."""
        return DatasetInfo(**json.loads(str(self.loads[-1]["info"])))

    @cached_property
    def table_versions(self) -> Mapping[str, int]:
        """The Delta version of each table the lake holds by then."""
        return dict(json.loads(str(self.loads[-1]["table_versions"])))

    @property
    def load_counts(self) -> Mapping[str, int]:
        """How many rows the last load of a source's files brought, by table."""
        files = [load for load in self.loads if not str(load["load_id"]).startswith(JOURNAL)]
        counts = json.loads(str(files[-1]["counts"]))
        return {name: each["added"] + each["corrected"] + each["unchanged"] for name, each in counts.items()}

    @property
    def carried(self) -> Mapping[str, int] | None:
        """The journal's last change and event that are in these tables; None where an older program published them."""
        told = self.loads[-1].get("carried")
        return None if told is None else dict(json.loads(str(told)))

    def __contains__(self, table: object) -> bool:
        return table in self.table_versions

    def last_load(self, table: str) -> str:
        """The load that last changed a table; this version's own load if it has never been loaded."""
        versions = [json.loads(str(load["table_versions"])).get(table) for load in self.loads]
        changed = [place for place, number in enumerate(versions) if place == 0 or number != versions[place - 1]]
        return str(self.loads[changed[-1]]["load_id"]) if table in self else self.load_id

    def dataset(self, table: str) -> ds.Dataset:
        """The current rows of a table, read when scanned: its own columns, `load_id` and an empty `closed_by`."""
        if table not in self:
            return ds.dataset(lake_schema(SPECS[table]).empty_table())
        return self.every(table).filter(pc.field("closed_by").is_null())

    def every(self, table: str) -> ds.Dataset:
        """The rows of a table that was loaded, those among them that a later load closed, with `closed_by` its id."""
        return self.folder.dataset(table, self.table_versions[table])

    def files(self, table: str) -> list[str]:
        """Addresses of the Parquet files that hold a table, closed rows among them; none if never loaded."""
        return self.folder.files(table, self.table_versions[table]) if table in self else []

    def rows(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """The current rows of a table: its own columns and `load_id`, or those named."""
        chosen = [*SPECS[table].names, "load_id"] if columns is None else columns
        schema = pa.schema([lake_schema(SPECS[table]).field(name) for name in chosen])
        with diagnosed(self.folder.root):
            return self.dataset(table).to_table(columns=chosen).cast(schema)

    @cached_property
    def newest_day(self) -> date:
        """The day, in the shop's timezone, of the newest event row.

        Raises:
            EmptyWindow: if no table holds events.
        """
        dated = [spec for name in self.table_versions if (spec := SPECS[name]).event_time is not None]
        with duckdb_out_of_core() as connection:
            days = [day for spec in dated if (day := self._newest_day(spec, connection)) is not None]
        if not days:
            raise EmptyWindow(
                "The lake holds no dated rows (purchases, sales, counts …).", remedy="Name the day: --as-of."
            )
        return max(days)

    def _newest_day(self, spec: TableSpec, connection: "DuckDBPyConnection") -> date | None:
        connection.register("event_rows", self.dataset(spec.name))
        ((newest,),) = connection.execute(f'SELECT max("{spec.event_time}") FROM event_rows').fetchall()
        if newest is None:
            return None
        if isinstance(newest, datetime):
            newest = newest.astimezone(ZoneInfo(self.info.timezone)).date()
        return newest + timedelta(days=spec.event_offset_days)

    def republished(self, tables: RetailTables) -> Published:
        """What publishing this version's own load once more does: nothing."""
        counts = json.loads(str(self.loads[-1]["counts"]))
        totals = {name: counts[name]["total"] for name in LAKE_TABLES if name in tables}
        changes = {name: TableChange(unchanged=total, total=total) for name, total in totals.items()}
        return Published(version=self.lake_version, load_id=self.load_id, is_new=False, changes=changes)
