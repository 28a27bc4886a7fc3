"""A CSV file as batches of text with the physical line each row begins at."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from loaders.rejects import FILE, LINE, breaches
from loaders.text_bytes import CheckedBytes
from schema.errors import BadInput

BLOCK_BYTES: Final = 16 * 1024 * 1024
MAX_CELL_CHARACTERS: Final = 1_000_000
Lines = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RawBatch:
    """Some rows as they stand in a file.

    Attributes:
        rows: every column of the file, `LINE` and `FILE`.
        ragged: breaches of rows that have too few or too many cells; they are not among `rows`.
    """

    rows: pa.Table
    ragged: pa.Table


def read_header(path: Path, file: str) -> list[str]:
    """The column names of a CSV file, trimmed.

    Raises:
        BadInput: if the file is empty, a name is missing or stands twice.
    """
    with CheckedBytes(path, file) as stream:
        text = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", newline="")
        header = [name.strip() for name in next(csv.reader(text), [])]
    if not any(header):
        raise BadInput("the file is empty.", file=file, line=1, remedy="Export it again, with its header row.")
    check_header(header, file)
    return header


def check_header(header: list[str], file: str) -> None:
    """Refuse a header in which a name is missing or stands twice.

    Raises:
        BadInput: naming the column.
    """
    for position, name in enumerate(header):
        if not name:
            raise BadInput(
                f"column {position + 1} has no name.", file=file, line=1, column="", remedy="Name it in the header."
            )
        if name in header[:position]:
            raise BadInput(
                "the header names this column twice.", file=file, line=1, column=name, remedy="Rename or drop one."
            )


@dataclass
class _LineCounter:
    """Physical lines from the parser's row numbers: quoted line ends make a row span several lines."""

    next_number: int = 1
    valid_extra: int = 0
    bad: list[Any] = field(default_factory=list)
    num_told: int = 0

    def note_bad(self, row: Any) -> str:
        self.bad.append(row)
        return "skip"

    def advance(self, extras: Lines) -> tuple[Lines, Lines]:
        """Lines of a batch's rows, given how many line ends each holds, and of the bad rows met up to its end."""
        bad = np.array([row.number for row in self.bad], np.int64)
        later = bad[bad >= self.next_number] - self.next_number
        steps = np.arange(len(extras), dtype=np.int64)
        gaps = np.searchsorted(later - np.arange(len(later)), steps, side="right")
        numbers = self.next_number + steps + gaps
        before = self.valid_extra + np.concatenate([[0], np.cumsum(extras)]).astype(np.int64)
        told = bad[self.num_told :]
        lines = self._lines(numbers, before[:-1])
        bad_lines = self._lines(told, before[np.searchsorted(numbers, told)])
        self.valid_extra = int(before[-1])
        if len(numbers):
            self.next_number = int(numbers[-1]) + 1
        return lines, bad_lines

    def _lines(self, numbers: Lines, valid_before: Lines) -> Lines:
        bad = np.array([row.number for row in self.bad], np.int64)
        extras = np.array([row.text.count("\n") for row in self.bad], np.int64)
        cumulated = np.concatenate([[0], np.cumsum(extras)]).astype(np.int64)
        return numbers + valid_before + cumulated[np.searchsorted(bad, numbers)]

    def untold(self) -> list[Any]:
        """Bad rows since the last call."""
        rows, self.num_told = self.bad[self.num_told :], len(self.bad)
        return rows


def read_csv(path: Path, file: str) -> Iterator[RawBatch]:
    """A CSV file (gunzipped when `.gz`) in batches of some hundred thousand rows, every cell text.

    Rows of which every cell is empty are blank lines: they are passed over.

    Raises:
        BadInput: for what makes the whole file unreadable.
    """
    header = read_header(path, file)
    counter = _LineCounter()
    try:
        with CheckedBytes(path, file) as stream, _open_parser(stream, header, counter) as parser:
            yield from _batches(parser, header, counter, file)
    except pa.ArrowInvalid as fault:
        raise BadInput(
            f"is not readable as CSV: {fault}.",
            file=file,
            line=counter.next_number,
            remedy="Look near there for a quote that is never closed.",
        ) from fault


def _open_parser(stream: CheckedBytes, header: list[str], counter: _LineCounter) -> Any:
    names = [str(position) for position in range(len(header))]
    return pa_csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names),
        parse_options=pa_csv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=counter.note_bad
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def _batches(parser: Any, header: list[str], counter: _LineCounter, file: str) -> Iterator[RawBatch]:
    is_first = True
    for batch in parser:
        rows = pa.Table.from_batches([batch]).rename_columns(header)
        lines, bad_lines = counter.advance(_line_ends(rows))
        ragged = _ragged(counter.untold(), bad_lines, len(header), file)
        rows = with_place(rows, pa.array(lines), file)
        if is_first:
            rows, is_first = rows.slice(1), False
        check_cells(rows, file)
        yield RawBatch(_without_blank(rows, header), ragged)


def _line_ends(rows: pa.Table) -> Lines:
    counts = np.zeros(rows.num_rows, np.int64)
    for column in rows.columns:
        if any(_holds_line_end(chunk) for chunk in column.chunks):
            counts += pc.count_substring(column, "\n").to_numpy()
    return counts


def _holds_line_end(chunk: pa.Array) -> bool:
    data = chunk.buffers()[2]
    return data is not None and b"\n" in memoryview(data).tobytes()


def with_place(rows: pa.Table, lines: pa.Array, file: str) -> pa.Table:
    """The rows with `LINE` and `FILE`."""
    return rows.append_column(LINE, lines).append_column(FILE, pa.repeat(file, rows.num_rows))


def _ragged(bad: list[Any], lines: Lines, width: int, file: str) -> pa.Table:
    return breaches(
        files=pa.repeat(file, len(bad)),
        lines=pa.array(lines),
        column="",
        values=pa.array([row.text for row in bad], pa.string()),
        rule=f"has not the {width} cells that the header names",
    )


def check_cells(rows: pa.Table, file: str) -> None:
    """Refuse a file with a cell of more than a million characters.

    Raises:
        BadInput: naming line and column.
    """
    for name in rows.column_names:
        column = rows.column(name)
        if not pa.types.is_string(column.type) or rows.num_rows == 0:
            continue
        sizes = pc.binary_length(column)
        if (pc.max(sizes).as_py() or 0) > MAX_CELL_CHARACTERS:
            row = int(pc.index(pc.greater(sizes, MAX_CELL_CHARACTERS), True).as_py())
            raise BadInput(
                f"a cell of {sizes[row].as_py():,} characters, of which at most {MAX_CELL_CHARACTERS:,} are allowed.",
                file=file,
                line=rows.column(LINE)[row].as_py(),
                column=name,
                remedy="Look there for a quote that is never closed, or shorten the cell.",
            )


def _without_blank(rows: pa.Table, header: list[str]) -> pa.Table:
    blank = pc.equal(rows.column(header[0]), "")
    for name in header[1:]:
        if not pc.any(blank).as_py():
            return rows
        blank = pc.and_(blank, pc.equal(rows.column(name), ""))
    return rows.filter(pc.invert(blank))
