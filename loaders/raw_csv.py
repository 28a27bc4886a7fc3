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
    """Physical lines from the parser's row numbers: quoted line ends make a row span several lines.

    Attributes:
        next_number: of the first row that is not counted yet.
        extra: line ends within the good rows counted so far.
        bad: rows of the wrong width whose lines are not known yet; the parser may be ahead of the batches.
        bad_extra: line ends within the bad rows whose lines are known.
        placed: those, with their lines, until they are taken.
    """

    next_number: int = 1
    extra: int = 0
    bad: list[Any] = field(default_factory=list)
    bad_extra: int = 0
    placed: list[tuple[Any, int]] = field(default_factory=list)

    def note_bad(self, row: Any) -> str:
        self.bad.append(row)
        return "skip"

    def advance(self, extras: Lines) -> Lines:
        """Lines of a batch's rows, given how many line ends each holds."""
        later = self._bad_numbers() - self.next_number
        steps = np.arange(len(extras), dtype=np.int64)
        numbers = self.next_number + steps + np.searchsorted(later - np.arange(len(later)), steps, side="right")
        before = self.extra + np.concatenate([[0], np.cumsum(extras)]).astype(np.int64)
        lines = self._lines(numbers, before[:-1])
        if len(numbers):
            self._place(numbers, before, end=int(numbers[-1]))
            self.next_number = int(numbers[-1]) + 1
        self.extra = int(before[-1])
        return lines

    def finish(self) -> None:
        """Place the bad rows that stand after every good one."""
        self._place(np.empty(0, np.int64), np.array([self.extra]), end=np.iinfo(np.int64).max)

    def take_placed(self) -> list[tuple[Any, int]]:
        """Bad rows and their lines, each told once."""
        placed, self.placed = self.placed, []
        return placed

    def _place(self, numbers: Lines, before: Lines, *, end: int) -> None:
        """Find the lines of the bad rows that stand before row number `end`."""
        here = self._bad_numbers()
        here = here[here < end]
        rows, lines = self.bad[: len(here)], self._lines(here, before[np.searchsorted(numbers, here)])
        self.placed += zip(rows, lines.tolist(), strict=True)
        self.bad_extra += sum(row.text.count("\n") for row in rows)
        self.bad = self.bad[len(here) :]

    def _bad_numbers(self) -> Lines:
        return np.array([row.number for row in self.bad], np.int64)

    def _lines(self, numbers: Lines, good_before: Lines) -> Lines:
        extras = np.array([row.text.count("\n") for row in self.bad], np.int64)
        bad_before = self.bad_extra + np.concatenate([[0], np.cumsum(extras)]).astype(np.int64)
        return numbers + good_before + bad_before[np.searchsorted(self._bad_numbers(), numbers)]


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
    is_first, last = True, None
    for batch in parser:
        rows = pa.Table.from_batches([batch]).rename_columns(header)
        lines = counter.advance(_line_ends(rows))
        ragged = _ragged(counter.take_placed(), len(header), file)
        rows = with_place(rows, pa.array(lines), file)
        if is_first:
            rows, is_first = rows.slice(1), False
        check_cells(rows, file)
        yield RawBatch(_without_blank(rows, header), ragged)
        last = rows.slice(0, 0)
    counter.finish()
    yield RawBatch(last, _ragged(counter.take_placed(), len(header), file))


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


def _ragged(bad: list[tuple[Any, int]], width: int, file: str) -> pa.Table:
    return breaches(
        files=pa.repeat(file, len(bad)),
        lines=pa.array([line for _, line in bad], pa.int64()),
        column="",
        values=pa.array([row.text for row, _ in bad], pa.string()),
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
