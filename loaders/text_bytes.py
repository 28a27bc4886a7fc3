"""The bytes of a text file as they stream by: gunzipped, and refused at the first that is not clean UTF-8."""

import codecs
import csv
import gzip
import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final

from schema.errors import BadInput

MAX_LINE_BYTES: Final = 8 * 1024 * 1024
"""A physical line longer than this is no table row; half of what the CSV parser takes at a time."""


class CheckedBytes(io.RawIOBase):
    """A CSV file as a byte stream that knows at which line and cell it goes wrong.

    Args:
        path: the file, gunzipped when its name ends in `.gz`.
        file: its name for messages.
    """

    def __init__(self, path: Path, file: str) -> None:
        super().__init__()
        self._stream: BinaryIO = _open(path)
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = 1
        self._tail = b""
        self._header: list[str] = []

    def readable(self) -> bool:
        """Always true."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; empty at the end.

        Raises:
            BadInput: truncated gzip, a byte that is not UTF-8, a NUL byte, an endless line.
        """
        try:
            chunk = self._stream.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
            raise self._fault(
                f"the gzip file is cut short or damaged ({fault}).",
                b"",
                remedy="Fetch or export the file again.",
                has_column=False,
            ) from fault
        self._check(chunk)
        return chunk

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes; how many, 0 at the end."""
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()

    def _check(self, chunk: bytes) -> None:
        pending = self._decoder.getstate()[0]
        if pending or not chunk.isascii() or not chunk:
            self._check_encoding(chunk, len(pending))
        nul = chunk.find(b"\0")
        if nul >= 0:
            raise self._fault("holds a NUL byte.", chunk[:nul], remedy="Export the file again as plain text.")
        self._advance(chunk)

    def _check_encoding(self, chunk: bytes, num_pending: int) -> None:
        try:
            self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as fault:
            start = max(fault.start - num_pending, 0)
            byte = fault.object[fault.start]
            raise self._fault(
                f"byte 0x{byte:02x} is not UTF-8 text.",
                chunk[:start],
                remedy="Save the file as UTF-8; spreadsheets often write Windows-1252 or UTF-16.",
            ) from fault

    def _advance(self, chunk: bytes) -> None:
        first = chunk.find(b"\n")
        if len(self._tail) + (first if first >= 0 else len(chunk)) > MAX_LINE_BYTES:
            raise self._fault(
                f"a cell runs on for more than {MAX_LINE_BYTES:,} characters without a line end.",
                chunk[: max(first, 0)],
                remedy="Look for a quote that is never closed.",
            )
        self._line += chunk.count(b"\n")
        self._tail = self._tail + chunk if first < 0 else chunk[chunk.rfind(b"\n") + 1 :]
        if not self._header and first >= 0:
            self._header = _cells(chunk[:first])

    def _fault(self, what: str, before: bytes, *, remedy: str, has_column: bool = True) -> BadInput:
        line = self._line + before.count(b"\n")
        header = self._header or _cells(before.split(b"\n")[0])
        start = before.rfind(b"\n") + 1
        cells = _cells(before[start:] if start else self._tail + before)
        is_named = has_column and line > 1 and len(cells) <= len(header)
        column = header[max(len(cells), 1) - 1] if is_named else None
        return BadInput(what, file=self._file, line=line, column=column, remedy=remedy)


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(path, "rb"), 1 << 20)
    return path.open("rb")


def _cells(row: bytes) -> list[str]:
    text = row.decode("utf-8", errors="replace").lstrip("\ufeff")
    try:
        return [cell.strip() for cell in next(csv.reader([text]), [])]
    except csv.Error:
        return []
