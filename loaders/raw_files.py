"""Finding the file of a table in a folder and reading it, whichever of the three formats it is in."""

import difflib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from loaders.raw_csv import RawBatch, check_cells, check_header, read_csv, read_header, with_place
from loaders.rejects import BREACHES
from schema.errors import BadInput

SUFFIXES: Final = (".parquet", ".csv", ".csv.gz")
BATCH_ROWS: Final = 262_144


def stem(path: Path) -> str:
    """A file's name without its format: `purchases` of `purchases.csv.gz`."""
    return path.name.split(".")[0]


def table_files(folder: Path) -> list[Path]:
    """Every file of a folder that is in one of the formats, by name.

    Raises:
        BadInput: if there is no such folder.
    """
    if not folder.is_dir():
        raise BadInput(
            "there is no such folder." if not folder.exists() else "is a file where a folder is expected.",
            file=str(folder),
            remedy="Name the folder that holds the tables.",
        )
    return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES) and path.is_file())


def find_files(folder: Path, pattern: str) -> list[Path]:
    """The files of one raw table, by name: at least one.

    Args:
        pattern: a glob for the name without its format, lower case; capitals in a file's name are no matter.

    Raises:
        BadInput: if there is none.
    """
    files = table_files(folder)
    found = [path for path in files if fnmatchcase(stem(path).lower(), pattern)]
    if not found:
        near = difflib.get_close_matches(pattern.strip("*"), [stem(path) for path in files], n=1, cutoff=0.6)
        hint = f" Is it {near[0]!r}?" if near else ""
        raise BadInput(
            "the file is missing.",
            file=f"{folder.name}/{pattern}",
            remedy=f"Put {pattern}.csv, {pattern}.csv.gz or {pattern}.parquet there.{hint}",
        )
    return found


def read_names(path: Path) -> list[str]:
    """The column names of a raw file.

    Raises:
        BadInput: if it is empty, unreadable, or names a column twice.
    """
    if path.suffix != ".parquet":
        return read_header(path, path.name)
    names = [str(name) for name in _open_parquet(path).schema_arrow.names]
    check_header(names, path.name)
    return names


def read_raw(path: Path) -> Iterator[RawBatch]:
    """The rows of a raw file in batches; cells of CSV are text, columns of Parquet have their types.

    Raises:
        BadInput: for what makes the whole file unreadable.
    """
    return _read_parquet(path) if path.suffix == ".parquet" else read_csv(path, path.name)


def check_columns(path: Path, names: list[str], required: Iterable[str]) -> None:
    """Refuse a file that lacks a column.

    Raises:
        BadInput: naming the column and the nearest that is there.
    """
    for column in required:
        if column not in names:
            raise BadInput(
                "this column is missing.",
                file=path.name,
                line=1,
                column=column,
                remedy=_nearest_remedy(column, names),
            )


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that looks most like this one; None if none does."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return found[0] if found else None


def _nearest_remedy(column: str, names: list[str]) -> str:
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return "Separate the cells by commas."
    near = nearest(column, names)
    if near is not None:
        return f"Rename {near!r} to {column!r}."
    return f"Add it; the file has {', '.join(names)}."


def _open_parquet(path: Path) -> pq.ParquetFile:
    if path.stat().st_size == 0:
        raise BadInput("the file is empty.", file=path.name, remedy="Export it again.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: Exception) -> BadInput:
    return BadInput(f"is not readable as Parquet ({fault}).", file=path.name, remedy="Fetch or export it again.")


def _read_parquet(path: Path) -> Iterator[RawBatch]:
    line = 1
    try:
        for batch in _open_parquet(path).iter_batches(batch_size=BATCH_ROWS):
            lines = pa.array(np.arange(line, line + batch.num_rows))
            rows = with_place(pa.Table.from_batches([batch]), lines, path.name)
            check_cells(rows, path.name)
            yield RawBatch(rows, BREACHES.empty_table())
            line += batch.num_rows
    except (pa.ArrowException, OSError) as fault:
        raise _unreadable(path, fault) from fault
