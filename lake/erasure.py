"""Erasure: a customer's rows leave every version of the lake, the one thing that changes versions already published."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake.transaction import AddAction, RemoveAction

from lake.delta import DeltaFolder, diagnosed
from lake.difference import lake_schema
from schema.progress import Progress, silent
from schema.table_specs import SPECS

REPLACED: Final = "replaced"
REPLACED_SCHEMA: Final = pa.schema([("table", pa.string()), ("version", pa.int64()), ("by_version", pa.int64())])
"""Which Delta version of a table stands for another one since somebody was erased from it."""
PERSON: Final = "customer_id"
PERSONAL_TABLES: Final = tuple(name for name, spec in SPECS.items() if PERSON in spec.names)
_NO_RETRY: Final = CommitProperties(max_commit_retries=0)
_KEEP_LOG: Final = PostCommitHookProperties(cleanup_expired_logs=False)


class Replacements:
    """What stands for which Delta version, across all erasures so far."""

    def __init__(self, folder: DeltaFolder) -> None:
        table = folder.open(REPLACED)
        rows: list[dict[str, Any]] = []
        if table is not None and table.version():
            with diagnosed(folder.root):
                rows = folder.dataset(REPLACED, table.version()).to_table().to_pylist()
        self._by = {(row["table"], row["version"]): row["by_version"] for row in rows}

    def of(self, versions: Mapping[str, int]) -> dict[str, int]:
        """The Delta versions, by table, that are read in place of these."""
        return {table: self._last(table, version) for table, version in versions.items()}

    def _last(self, table: str, version: int) -> int:
        while (table, version) in self._by:
            version = self._by[table, version]
        return version


def erase(
    folder: DeltaFolder, named: Mapping[str, Iterable[int]], customer_id: str, *, progress: Progress = silent
) -> dict[str, int]:
    """How many rows of a customer were taken out of the files of each table, in every version that is named.

    New versions without the customer are written first, then one commit of `replaced` lets them stand for the old ones,
    then the old files go. Killed at any point, nobody reads half of it and running it again completes it. Files that
    no version names, such as the remains of a torn load, go too.

    Args:
        named: the Delta versions of each table that are read now.
    """
    counts = {}
    for done, table in enumerate(name for name in PERSONAL_TABLES if name in named):
        progress("erasing from the lake", done, len(PERSONAL_TABLES))
        with diagnosed(folder.root):
            counts[table] = _erase_from(folder, table, sorted(set(named[table])), customer_id)
    progress("erasing from the lake", len(PERSONAL_TABLES), len(PERSONAL_TABLES))
    return counts


def _erase_from(folder: DeltaFolder, table: str, versions: Sequence[int], customer_id: str) -> int:
    files = _Rewritten(customer_id)
    by_version = {version: _commit_without(folder, table, version, files) for version in versions}
    replaced = {version: by for version, by in by_version.items() if by != version}
    if replaced:
        rows = [{"table": table, "version": version, "by_version": by} for version, by in replaced.items()]
        head = folder.head(REPLACED, REPLACED_SCHEMA)
        folder.write(head, pa.Table.from_pylist(rows, schema=REPLACED_SCHEMA), "append")
    head = folder.restore(folder.head(table, lake_schema(SPECS[table])), by_version[versions[-1]])
    head.vacuum(
        retention_hours=0,
        dry_run=False,
        enforce_retention_duration=False,
        full=True,
        keep_versions=sorted(by_version.values()),
        post_commithook_properties=_KEEP_LOG,
    )
    if folder.local is not None:
        _forget_statistics(folder.local / table / "_delta_log", customer_id)
    return files.num_rows


def _commit_without(folder: DeltaFolder, table: str, version: int, files: "_Rewritten") -> int:
    """The Delta version that holds what this one does but for the customer; itself where that is the same."""
    rows = folder.dataset(table, version)
    changed = {fragment.path: files.of(fragment, rows.filesystem) for fragment in rows.get_fragments()}
    changed = {path: action for path, action in changed.items() if action is not _SAME}
    if not changed:
        return version
    head: DeltaTable = folder.restore(folder.head(table, lake_schema(SPECS[table])), version)
    milliseconds = 0  # when a file came is nothing that readers look at
    gone = [RemoveAction(path, data_change=True, deletion_timestamp=milliseconds) for path in changed]
    head.create_write_transaction(
        [*gone, *(action for action in changed.values() if isinstance(action, AddAction))],
        mode="append",
        schema=head.schema(),
        commit_properties=_NO_RETRY,
        post_commithook_properties=_KEEP_LOG,
    )
    head.update_incremental()
    return int(head.version())


_SAME: Final = object()


class _Rewritten:
    """Each Parquet file without the customer, written once however many versions hold it.

    Attributes:
        num_rows: taken out so far.
    """

    def __init__(self, customer_id: str) -> None:
        self._is_theirs = pc.field(PERSON) == customer_id
        self._is_others = pc.is_null(pc.field(PERSON)) | (pc.field(PERSON) != customer_id)
        self._made: dict[str, object] = {}
        self.num_rows = 0

    def of(self, fragment: ds.ParquetFileFragment, filesystem: Any) -> object:
        """_SAME where the file does not hold them; None where it holds nobody else; else the file in its place."""
        if fragment.path not in self._made:
            self._made[fragment.path] = self._rewrite(fragment, filesystem)
        return self._made[fragment.path]

    def _rewrite(self, fragment: ds.ParquetFileFragment, filesystem: Any) -> object:
        theirs = fragment.count_rows(filter=self._is_theirs)
        if not theirs:
            return _SAME
        self.num_rows += theirs
        path, left = f"part-{secrets.token_hex(16)}.parquet", 0
        schema = fragment.physical_schema
        with filesystem.open_output_stream(path) as sink, pq.ParquetWriter(sink, schema, compression="snappy") as file:
            for batch in fragment.to_batches(schema=schema, filter=self._is_others):
                file.write_batch(batch)
                left += batch.num_rows
        if not left:
            return None  # the empty file is named by nobody and goes with the others
        size = filesystem.get_file_info(path).size
        return AddAction(path, size, {}, 0, True, json.dumps({"numRecords": left}))


def _forget_statistics(log: Path, customer_id: str) -> None:
    """Take the key out of a table's log, where it stands as the first or last value of files that are gone."""
    for path in sorted(log.glob("*.json")):
        lines = path.read_text(encoding="utf-8").splitlines()
        clean = [_without_statistics(line, customer_id) for line in lines]
        if clean != lines:
            part = path.with_suffix(".part")
            part.write_text("\n".join(clean) + "\n", encoding="utf-8")
            part.replace(path)
    # Checkpoints repeat the log, all of which is kept: Delta reads on without them.
    if (log / f"{0:020}.json").exists():
        (log / "_last_checkpoint").unlink(missing_ok=True)
        for path in log.glob("*.checkpoint*.parquet"):
            path.unlink()


def _without_statistics(line: str, customer_id: str) -> str:
    entry = json.loads(line)
    file = entry.get("add") or entry.get("remove")
    told = json.loads(file["stats"]) if file and file.get("stats") else {}
    bounds = [told.get(name, {}).get(PERSON) for name in ("minValues", "maxValues")]
    if customer_id not in bounds:
        return line
    file["stats"] = json.dumps({"numRecords": told["numRecords"]})
    return json.dumps(entry, separators=(",", ":"))
