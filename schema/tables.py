"""The retail tables: the one format everything enters through, as data."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from schema.table_specs import SPECS, Mode


@dataclass(frozen=True)
class DatasetInfo:
    """What `dataset.toml` says of a folder, its defaults filled in."""

    name: str
    source: str
    licence: str = ""
    attribution: str = ""
    currency: str = "EUR"
    timezone: str = "UTC"
    first_weekday: int = 0
    modes: Mapping[str, Mode] = field(default_factory=dict)

    def mode(self, table: str) -> Mode:
        """`full` (what is absent is gone) or `append`, as declared or by the table's default."""
        return self.modes.get(table, SPECS[table].mode)


@dataclass(frozen=True)
class Tally:
    """Where each row of one raw table went; `read == kept + duplicates + rejected` always holds."""

    read: int
    kept: int
    duplicates: int = 0
    rejected: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RetailTables:
    """A checked load, staged as one canonical Parquet file a table; nothing of it is published yet.

    Every column of the table's spec is present with its Arrow type (`TableSpec.arrow_schema`), empty where the source
    has none; instants are UTC. Keys are unique and foreign keys known.

    Attributes:
        folder: holds `NAME.parquet` for each name in `tallies`, and `rejects/NAME.csv`.
        info: the dataset's settings.
        load_id: sha256 over source name, settings and canonical content, 16 hex digits: equal content has equal id.
        tallies: by table name.
        notes: what a person should know of this load (unknown columns, stale tables, odd volumes), a sentence each.
    """

    folder: Path
    info: DatasetInfo
    load_id: str
    tallies: Mapping[str, Tally]
    notes: tuple[str, ...] = ()

    def __contains__(self, table: object) -> bool:
        return table in self.tallies

    def path(self, table: str) -> Path:
        """The staged Parquet file of a table."""
        return self.folder / f"{table}.parquet"

    def read(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """One whole table in file order; an empty one of the right columns if the load does not hold it."""
        if table not in self:
            return SPECS[table].empty(columns)
        return pq.read_table(self.path(table), columns=columns)

    def batches(self, table: str, rows: int = 262_144) -> Iterator[pa.RecordBatch]:
        """One table in pieces of at most `rows` rows, for tables larger than memory."""
        yield from pq.ParquetFile(self.path(table)).iter_batches(batch_size=rows)

    def save_manifest(self) -> None:
        """Write `load.json` beside the tables; a staged folder without it is a torn one."""
        body = {
            "load_id": self.load_id,
            "info": asdict(self.info),
            "tallies": {name: asdict(tally) for name, tally in self.tallies.items()},
            "notes": list(self.notes),
        }
        torn = self.folder / "load.json.part"
        torn.write_text(json.dumps(body, indent=1, sort_keys=True))
        torn.replace(self.folder / "load.json")

    @classmethod
    def open(cls, folder: Path) -> "RetailTables":
        """The load staged in `folder` by `save_manifest`."""
        body = json.loads((folder / "load.json").read_text())
        tallies = {name: Tally(**tally) for name, tally in body["tallies"].items()}
        info = DatasetInfo(**body["info"])
        return cls(folder, info, load_id=body["load_id"], tallies=tallies, notes=tuple(body["notes"]))

    def with_mode(self, table: str, mode: Mode) -> "RetailTables":
        """The same load with another mode for one table."""
        return replace(self, info=replace(self.info, modes={**self.info.modes, table: mode}))


def cut_off_instant(as_of: date, timezone: str) -> datetime:
    """Midnight at the start of `as_of` in the shop's timezone, as an aware instant."""
    return datetime.combine(as_of, time(), tzinfo=ZoneInfo(timezone))
