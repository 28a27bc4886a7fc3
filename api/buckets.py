"""Buckets: how full each caller's is, in a table that all processes serving one shop on one machine write."""

import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

MAX_CALLERS: Final = 16_384
PROBED: Final = 8
"""Places that a caller may stand at."""
_ENTRY: Final = struct.Struct("<16sdd")


@dataclass
class Bucket:
    """Points spent and not yet leaked, as of a moment of the machine's monotonic clock."""

    level: float = 0.0
    at: float = 0.0


class Buckets:
    """A table of fixed size: a new caller takes the place of whichever of a few asked longest ago.

    Names are kept as digests. A process that is killed leaves its lock to the next, and levels as they were.

    Args:
        file: what other processes map too; None shares with nobody.
        most: callers remembered, about.
    """

    def __init__(self, file: Path | None = None, *, most: int = MAX_CALLERS) -> None:
        self._most, self._mutex = most, threading.Lock()
        self._known: dict[str, tuple[bytes, list[int]]] = {}
        self._handle = None if file is None else _opened(file, most * _ENTRY.size)
        self._table = mmap.mmap(-1 if self._handle is None else self._handle, most * _ENTRY.size)

    @contextmanager
    def changing(self, name: str) -> Iterator[Bucket]:
        """A caller's bucket, to be changed within the block; nobody else changes any meanwhile."""
        digest, offsets = self._offsets(name)
        with self._alone():
            offset, bucket = self._place(digest, offsets)
            yield bucket
            _ENTRY.pack_into(self._table, offset, digest, bucket.level, bucket.at)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._mutex:
            if self._handle is None:
                yield
                return
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _offsets(self, name: str) -> tuple[bytes, list[int]]:
        """A caller's digest, and where their entry may stand."""
        if name not in self._known:
            if len(self._known) >= self._most:
                self._known.clear()
            digest = blake2b(name.encode(), digest_size=16).digest()
            first = int.from_bytes(digest[:8], "little")
            self._known[name] = digest, [(first + step) % self._most * _ENTRY.size for step in range(PROBED)]
        return self._known[name]

    def _place(self, digest: bytes, offsets: list[int]) -> tuple[int, Bucket]:
        """Where a caller's entry stands, or will, and their bucket."""
        ages = []
        for offset in offsets:
            own, level, at = _ENTRY.unpack_from(self._table, offset)
            if own == digest:
                return offset, Bucket(level, at)
            ages.append(at)
        return offsets[ages.index(min(ages))], Bucket()


def _opened(file: Path, size: int) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(handle).st_size != size:
        os.ftruncate(handle, size)
    return handle
