"""The lake: loads published one commit at a time, every earlier version readable for ever."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from lake.counting import counting
from lake.delta import DeltaFolder, diagnosed, to_json
from lake.difference import Difference, TableChange, duckdb_out_of_core, lake_schema
from lake.erasure import Replacements, erase
from lake.ports import Room
from lake.version import LAKE_TABLES, LOADS, LOADS_SCHEMA, LakeVersion, Published
from schema.errors import Busy, NotFound
from schema.progress import Progress, silent
from schema.table_specs import SPECS, TableSpec
from schema.tables import DatasetInfo, RetailTables


class Lake:
    """Every retail table, versioned, under one folder or object-store address.

    A version is a row of the Delta table `loads` that names a Delta version of every table. What no row names is the
    remains of a load that was killed: nobody reads it, and the next load starts from what is named.

    Args:
        root: a folder, or an address such as `s3://bucket/lake`.
        storage_options: credentials and endpoint of an object store, as `deltalake` takes them.
        room: opens the place where its rows are counted.
    """

    def __init__(self, root: str, *, storage_options: Mapping[str, str] | None = None, room: Room = counting) -> None:
        self._room = room
        self._folder = DeltaFolder(root, dict(storage_options or {}))

    def latest(self) -> int | None:
        """The newest version; None before the first load."""
        loads = self._folder.open(LOADS)
        return None if loads is None or loads.version() == 0 else int(loads.version())

    def history(self) -> pa.Table:
        """The columns of LOADS_SCHEMA, one row a version, oldest first."""
        version = self.latest()
        if version is None:
            return LOADS_SCHEMA.empty_table()
        with diagnosed(self._folder.root):
            rows = self._folder.dataset(LOADS, version).to_table()
        if "carried" not in rows.column_names:  # an older program's lake
            rows = rows.append_column("carried", pa.nulls(rows.num_rows, pa.string()))
        return rows.select(LOADS_SCHEMA.names).cast(LOADS_SCHEMA).sort_by("lake_version")

    def at(self, version: int | None = None) -> LakeVersion:
        """The lake as one version has it, the newest by default.

        Raises:
            NotFound: if there is no such version.
        """
        rows = self.history().to_pylist()
        chosen = len(rows) if version is None else version
        if not 1 <= chosen <= len(rows):
            raise NotFound(
                "lake version",
                chosen,
                remedy=f"There are 1 to {len(rows)}." if rows else "Run `shelfgraph load` first.",
            )
        standing = Replacements(self._folder)
        loads = ({**row, "table_versions": to_json(standing.of(_versions(row)))} for row in rows[:chosen])
        return LakeVersion(folder=self._folder, loads=tuple(loads), room=self._room)

    def info(self, version: int) -> DatasetInfo:
        """The dataset's settings as that version's load gave them."""
        return self.at(version).info

    def read(self, table: str, *, version: int, columns: list[str] | None = None) -> pa.Table:
        """The current rows of a table: its own columns and `load_id`, in no particular order."""
        return self.at(version).rows(table, columns)

    def dataset(self, table: str, *, version: int) -> ds.Dataset:
        """The current rows of a table, read when scanned: its own columns, `load_id` and an empty `closed_by`."""
        return self.at(version).dataset(table)

    def newest_day(self, version: int) -> date:
        """The day, in the shop's timezone, of the newest event row.

        Raises:
            EmptyWindow: if no table holds events.
        """
        return self.at(version).newest_day

    def default_as_of(self, version: int) -> date:
        """The cut-off where none is named: the day after the newest event row, so that every row counts."""
        return self.newest_day(version) + timedelta(days=1)

    def publish(
        self,
        tables: RetailTables,
        *,
        published_at: datetime,
        carried: Mapping[str, int] | None = None,
        progress: Progress = silent,
    ) -> Published:
        """One load becomes the newest version: all of it or nothing, and nothing if it is the newest already.

        Args:
            tables: a staged load; tables it does not hold stay as they are, `verdicts` are left to the journal.
            published_at: the instant the history shows.
            carried: the journal's last change and event that the new version holds; None if that is not known.

        Raises:
            Busy: if another load is being published.
            Unavailable: if the lake cannot be written.
        """
        with self._locked(), duckdb_out_of_core() as connection:
            loads = self._folder.head(LOADS, LOADS_SCHEMA)
            before = self.at() if loads.version() else None
            if before is not None and before.load_id == tables.load_id:
                return before.republished(tables)
            versions = dict(before.table_versions) if before else {}
            changes: dict[str, TableChange] = {}
            for name in (name for name in LAKE_TABLES if name in tables):
                progress(f"publishing {name}", len(changes), len(tables.tallies))
                change, wrote = self._publish_table(connection, SPECS[name], tables, versions.get(name))
                changes[name], versions[name] = change, wrote
            row = _load_row(tables, published_at, versions, changes)
            row |= {"lake_version": loads.version() + 1, "carried": None if carried is None else to_json(dict(carried))}
            version = self._folder.write(loads, pa.Table.from_pylist([row], schema=LOADS_SCHEMA), "append")
            progress("published", len(changes), len(changes))
        return Published(version=version, load_id=tables.load_id, is_new=True, changes=changes)

    def erase_customer(self, customer_id: str, *, progress: Progress = silent) -> dict[str, int]:
        """How many rows of a customer were taken out of each table's files, in every version of the lake.

        Nothing else changes a version already published. Files that no version needs go too, torn loads' among them.

        Raises:
            Busy: if a load is being published.
            Unavailable: if the lake cannot be written.
        """
        version = self.latest()
        if version is None:
            return {}
        with self._locked():
            named: dict[str, set[int]] = {}
            for row in self.at(version).loads:
                for table, number in _versions(row).items():
                    named.setdefault(table, set()).add(number)
            return erase(self._folder, named, customer_id, progress=progress)

    def _publish_table(
        self, connection: duckdb.DuckDBPyConnection, spec: TableSpec, tables: RetailTables, named: int | None
    ) -> tuple[TableChange, int]:
        difference = Difference(
            connection,
            spec,
            incoming=tables.path(spec.name),
            held=None if named is None else self._folder.dataset(spec.name, named),
            is_full=tables.info.mode(spec.name) == "full",
            load_id=tables.load_id,
        )
        change = difference.change()
        if named is not None and change.is_none:
            return change, named
        head = self._folder.head(spec.name, lake_schema(spec))
        if named is None or not difference.is_addition(change):
            rows = difference.additions() if named is None else difference.everything()
            return change, self._folder.write(head, rows, "overwrite")
        return change, self._folder.write(self._folder.restore(head, named), difference.additions(), "append")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        folder = self._folder.local
        if folder is None:  # An object store has no lock: there the commit of `loads` alone decides who was first.
            yield
            return
        import fcntl  # noqa: PLC0415 - not on every system, and of no use to readers

        with diagnosed(str(folder)):
            folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(
                    f"Another load is being published to {folder}.", remedy="Wait until it ends, then run this again."
                ) from error
            yield


def _versions(row: Mapping[str, Any]) -> dict[str, int]:
    return dict(json.loads(str(row["table_versions"])))


def _load_row(
    tables: RetailTables,
    published_at: datetime,
    versions: Mapping[str, int],
    changes: Mapping[str, TableChange],
) -> dict[str, Any]:
    return {
        "load_id": tables.load_id,
        "source": tables.info.source,
        "published_at": published_at,
        "info": to_json(asdict(tables.info)),
        "table_versions": to_json(dict(versions)),
        "counts": to_json({name: asdict(change) for name, change in changes.items()}),
    }
