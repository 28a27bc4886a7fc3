"""What every adapter works with during one load: where it reads, where it stages, what it found wrong."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from loaders.contracts import Calendar
from loaders.rejects import Rejects
from schema.progress import Progress
from schema.tables import DatasetInfo


@dataclass(frozen=True)
class LoadOptions:
    """How strict a load is.

    Attributes:
        max_rejects: the share of any table's rows that may break the contract, 0 to 1.
        create_missing: tables that get a row with nothing but its key for each id that others name and they lack.
        pseudonymise: replace `customer_id` by a hash everywhere and drop columns that tell who a customer is.
        as_of: descriptions that vary are settled by rows before this day; None takes all rows.
        previous_rows: kept rows by table of the source's last load, to tell when a volume is unlike it.
    """

    max_rejects: float = 0.05
    create_missing: frozenset[str] = frozenset()
    pseudonymise: bool = False
    as_of: date | None = None
    previous_rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A folder's settings.

    Attributes:
        fresh_within_days: by table, how far its newest row may lie behind the load's newest.
    """

    info: DatasetInfo
    calendar: Calendar
    fresh_within_days: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Intake:
    """One load as it goes on.

    Attributes:
        work: a folder that is removed when the load ends.
        database: DuckDB with bounded memory, spilling to `work`.
        notes: what a person should know, one sentence each.
    """

    folder: Path
    work: Path
    dataset: Dataset
    options: LoadOptions
    rejects: Rejects
    database: duckdb.DuckDBPyConnection
    progress: Progress
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Keep a sentence for the load's report, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)


@dataclass(frozen=True)
class Feed:
    """Candidate rows of one retail table.

    Attributes:
        table: its name in retail-tables.
        rows: batches with any of its columns, unknown ones, `LINE` and `FILE`.
        spelt: the file's own column name by the table's, where they differ.
    """

    table: str
    rows: Iterable[pa.Table]
    spelt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A kind of folder that can be loaded.

    Attributes:
        describe: the settings of such a folder.
        files: the files of such a folder that a load reads, by name.
        feeds: every retail table's candidate rows; a table may come in several feeds, one after another.
    """

    name: str
    describe: Callable[[Path], Dataset]
    files: Callable[[Path], list[Path]]
    feeds: Callable[[Intake], Iterator[Feed]]


def open_database(work: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, held to 1 GB and two threads, spilling to `work`."""
    database = duckdb.connect(
        config={
            "memory_limit": "1GB",
            "threads": 2,
            "temp_directory": str(work / "spill"),
            "autoinstall_known_extensions": False,
        }
    )
    database.execute("set TimeZone = 'UTC'")
    return database
