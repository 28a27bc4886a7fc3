"""Delta tables by address: opened at a version, written by commits that give way to nobody else's."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote, urlparse

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from schema.errors import Busy, Unavailable

# A version that a load names must be readable for ever, so Delta may never expire its log.
_FOR_EVER: Final = {"delta.enableExpiredLogCleanup": "false", "delta.logRetentionDuration": "interval 36500 days"}
_KEEP_LOG: Final = PostCommitHookProperties(cleanup_expired_logs=False)


@contextmanager
def diagnosed(address: str) -> Iterator[None]:
    """Delta's and the file system's errors as the house's own.

    Raises:
        Busy: if another writer committed first.
        Unavailable: if the address cannot be read or written.
    """
    try:
        yield
    except CommitFailedError as error:
        raise Busy(f"Another load was published to {address} meanwhile.", remedy="Run the load again.") from error
    except (DeltaError, OSError) as error:
        raise Unavailable(
            f"The lake at {address} cannot be read or written ({error}).",
            remedy="Check the address, its permissions, the free space and the storage options.",
        ) from error


@dataclass(frozen=True)
class DeltaFolder:
    """Delta tables side by side under one folder or object-store address.

    Attributes:
        root: a folder, or an address with a scheme (`s3://…`, `file://…`).
        storage_options: credentials and endpoint, as `deltalake` takes them.
    """

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def local(self) -> Path | None:
        """The folder on this machine; None where the root is an object store."""
        parts = urlparse(self.root)
        if parts.scheme == "file":
            return Path(unquote(parts.path))
        return None if "://" in self.root else Path(self.root)

    def address(self, name: str) -> str:
        """Where a table lies."""
        return f"{self.root.rstrip('/')}/{name}"

    def open(self, name: str, version: int | None = None) -> DeltaTable | None:
        """A table at a version, the newest by default; None where there is no such table yet."""
        with diagnosed(self.root):
            try:
                return DeltaTable(self.address(name), version=version, storage_options=dict(self.storage_options))
            except TableNotFoundError:
                return None

    def dataset(self, name: str, version: int) -> ds.Dataset:
        """The rows of a table at a version that is known to exist, read when scanned.

        Raises:
            Unavailable: if the table or that version is gone.
        """
        table = self._known(name, version)
        with diagnosed(self.root):
            return table.to_pyarrow_dataset()

    def files(self, name: str, version: int) -> list[str]:
        """Addresses of the Parquet files of a table at a version that is known to exist.

        Raises:
            Unavailable: if the table or that version is gone.
        """
        return list(self._known(name, version).file_uris())

    def _known(self, name: str, version: int) -> DeltaTable:
        table = self.open(name, version)
        if table is None:
            raise Unavailable(
                f"The lake at {self.root} names version {version} of `{name}`, which is gone.",
                remedy="Restore the folder from its copy, or load again into a new one.",
            )
        return table

    def head(self, name: str, schema: pa.Schema) -> DeltaTable:
        """The newest state of a table, which is created empty (version 0) if need be."""
        table = self.open(name)
        if table is not None:
            return table
        with diagnosed(self.root):
            if (folder := self.local) is not None:
                folder.mkdir(parents=True, exist_ok=True)
            return DeltaTable.create(
                self.address(name),
                schema=schema,
                mode="ignore",
                configuration=dict(_FOR_EVER),
                storage_options=dict(self.storage_options),
                post_commithook_properties=_KEEP_LOG,
            )

    def restore(self, table: DeltaTable, version: int) -> DeltaTable:
        """The table with the content of an earlier version as its newest one."""
        if table.version() == version:
            return table
        with diagnosed(self.root):
            table.restore(version, commit_properties=CommitProperties(max_commit_retries=0))
        return table

    def write(
        self, table: DeltaTable, rows: pa.Table | pa.RecordBatchReader, mode: Literal["append", "overwrite"]
    ) -> int:
        """The version that this one commit makes, directly after the state `table` was opened at.

        Raises:
            Busy: if somebody else committed since.
        """
        version = table.version() + 1
        with diagnosed(self.root):
            write_deltalake(
                table,
                rows,
                mode=mode,
                # A column that this program adds (to `loads`) is added to what an older one made.
                schema_mode="merge" if mode == "append" else None,
                # Delta would rebase a plain append onto another writer's rows: what a load names must be its own.
                commit_properties=CommitProperties(max_commit_retries=0),
                post_commithook_properties=_KEEP_LOG,
            )
        return version


def to_json(value: Any) -> str:
    """Compact JSON with sorted keys: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
