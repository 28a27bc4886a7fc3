"""Spool: lines kept in a folder until the store has them, through the death of the process that wrote them."""

import errno
import fcntl
import os
import secrets
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SEGMENT_BYTES: Final = 4 << 20
WINDOW: Final = 1 << 20
SUFFIX: Final = ".spool"


class SpoolFull(Exception):
    """The spool holds all that it may."""


@dataclass(eq=False)
class _Segment:
    """One file; its lock says that its process lives.

    Attributes:
        size: bytes of whole lines.
        taken: bytes of them that the store has.
    """

    path: Path
    file: int
    size: int = 0
    taken: int = 0


class Spool:
    """Lines of this process and of processes that died; any thread appends and one reads.

    Each line carries a checksum. A line that was torn, by a crash in the middle of writing it, is passed by.

    Args:
        folder: shared by all serving processes of a shop; made if absent.
        max_bytes: how much may wait for the store.

    Attributes:
        num_appended, num_forgotten: bytes so far, those that dead processes left among them.
        num_torn: lines passed by so far.

    Raises:
        OSError: if the folder cannot be written.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        self._read_to: tuple[_Segment, int] | None = None
        self._unsynced: set[int] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self._segments = [segment for path in sorted(folder.glob(f"*{SUFFIX}")) if (segment := _adopted(path))]
        self.num_torn, self.num_forgotten = 0, 0
        self.num_appended = sum(segment.size for segment in self._segments)
        self._segments.append(self._fresh())

    @property
    def num_bytes(self) -> int:
        """Bytes that wait for the store."""
        return self.num_appended - self.num_forgotten

    def append(self, payloads: list[bytes]) -> None:
        """Keep lines through the death of this process, all or none; through a power cut too after `sync`.

        Raises:
            SpoolFull: if they do not fit.
            OSError: if the disk refuses them, or the spool is closed.
        """
        data = b"".join(b"%08x %s\n" % (zlib.crc32(payload), payload) for payload in payloads)
        with self._lock:
            if not self._segments:
                raise OSError(errno.EBADF, "it is closed")
            if self.num_bytes + len(data) > self._max_bytes:
                raise SpoolFull
            if self._segments[-1].size >= SEGMENT_BYTES:
                self._segments.append(self._fresh())
            _write(self._segments[-1], data)
            self.num_appended += len(data)
            self._unsynced.add(self._segments[-1].file)

    def sync(self) -> None:
        """Return when everything appended before is on the disk."""
        with self._syncing:
            with self._lock:
                files, self._unsynced = self._unsynced, set()
            try:
                for file in files:
                    os.fdatasync(file)
            except OSError:
                with self._lock:
                    self._unsynced |= files
                raise

    def read(self) -> list[bytes]:
        """The oldest lines that the store lacks, about a megabyte of them; the same again until `forget`."""
        with self._lock:
            segment = self._segments[0]
            start, size = segment.taken, segment.size
        window = WINDOW
        while True:
            data = os.pread(segment.file, min(window, size - start), start)
            whole = data.rfind(b"\n") + 1
            if whole or start + len(data) >= size:
                break
            window *= 2
        lines = data[:whole].split(b"\n")[:-1]
        payloads = [line[9:] for line in lines if _is_whole(line)]
        self.num_torn += len(lines) - len(payloads)
        # What a dead process left behind its last whole line is torn, and taken with it.
        self._read_to = (segment, start + (whole or len(data)))
        return payloads

    def forget(self) -> None:
        """Let go of what was read last: the store has it."""
        if self._read_to is None:
            return
        (segment, end), self._read_to = self._read_to, None
        with self._syncing, self._lock:
            self.num_forgotten += end - segment.taken
            segment.taken = end
            if segment.taken < segment.size:
                return
            if segment is not self._segments[-1]:
                self._segments.remove(segment)
                self._unsynced.discard(segment.file)
                _remove(segment)
            elif segment.size:
                os.ftruncate(segment.file, 0)
                segment.size = segment.taken = 0

    def close(self) -> None:
        """Leave what the store lacks to the next process that opens the folder."""
        with self._syncing, self._lock:
            for segment in self._segments:
                if segment.taken >= segment.size:
                    _remove(segment)
                else:
                    os.fdatasync(segment.file)
                    os.close(segment.file)
            self._segments, self._unsynced = [], set()

    def _fresh(self) -> _Segment:
        while True:
            path = self._folder / f"{secrets.token_hex(8)}{SUFFIX}"
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if _is_ours(file):
                break
            os.close(file)  # a process that started this moment took it for a dead one's
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return _Segment(path, file)


def _adopted(path: Path) -> _Segment | None:
    """A dead process's segment; None where its process lives or another took it."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if not _is_ours(file):
        os.close(file)
        return None
    return _Segment(path, file, os.fstat(file).st_size)


def _is_ours(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file).st_nlink > 0


def _write(segment: _Segment, data: bytes) -> None:
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(segment.file, left) :]
    except OSError:
        os.ftruncate(segment.file, segment.size)  # half a line must not be joined by the next
        raise
    segment.size += len(data)


def _is_whole(line: bytes) -> bool:
    return line[8:9] == b" " and line[:8] == b"%08x" % zlib.crc32(line[9:])


def _remove(segment: _Segment) -> None:
    segment.path.unlink(missing_ok=True)
    os.close(segment.file)
