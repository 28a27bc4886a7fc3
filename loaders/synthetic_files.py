"""Parquet files of a retail-tables folder, written piece by piece, with the planted dirt on the first piece."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loaders.synthetic_chance import Ints
from loaders.synthetic_dirt import plant
from loaders.synthetic_parameters import DirtParameters
from schema.table_specs import SPECS


@dataclass(frozen=True)
class Clock:
    """Local days and seconds of the shop as instants."""

    midnights: Ints

    def at(self, day: Ints, second: Ints) -> pa.Array:
        """Instants, UTC, from days since the shop's start and seconds since local midnight."""
        return pa.array((self.midnights[day] + second) * 1_000_000, pa.timestamp("us", tz="UTC"))


class Folder:
    """A retail-tables folder being written; each table in pieces of the same columns.

    Attributes:
        planted: by table, the faults planted in it, by kind.
        rows: by table, rows written, faults included.
    """

    def __init__(self, path: Path, dirt: DirtParameters, seed: int) -> None:
        self.path, self._dirt, self._seed = path, dirt, seed
        self.planted: dict[str, dict[str, int]] = {}
        self.rows: dict[str, int] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        path.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Folder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Add rows to a table; columns are arrays or lists, in the types of its contract or castable to them."""
        rows = typed(table, columns)
        for name in self._dirt.as_text.get(table, []):
            rows = _with_text(rows, name)
        if table not in self._writers:
            rows, self.planted[table] = plant(table, rows, self._dirt, self._seed)
        if table not in self._writers:
            self._writers[table] = pq.ParquetWriter(self.path / f"{table}.parquet", rows.schema, compression="zstd")
        self._writers[table].write_table(rows)
        self.rows[table] = self.rows.get(table, 0) + rows.num_rows

    def save_text(self, name: str, text: str) -> None:
        """A small text file of the folder."""
        (self.path / name).write_text(text, encoding="utf-8")


def typed(table: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns as one Arrow table in the contract's order and types."""
    spec = SPECS[table]
    given = [column for column in spec.columns if column.name in columns]
    arrays = [_typed(columns[column.name], column.arrow_type) for column in given]
    return pa.table(arrays, schema=pa.schema([pa.field(column.name, column.arrow_type) for column in given]))


def _typed(values: Any, wanted: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    return array if array.type == wanted else pc.cast(array, wanted, safe=False)


def _with_text(rows: pa.Table, name: str) -> pa.Table:
    place = rows.schema.get_field_index(name)
    text = pc.strftime(pc.cast(rows.column(name), pa.timestamp("s", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    return rows.set_column(place, name, text)


def names_of(keys: np.ndarray[Any, np.dtype[Any]], rows: np.ndarray[Any, np.dtype[Any]]) -> pa.Array:
    """The key of each row as text; null where the row is -1."""
    rows = np.asarray(rows)
    return pa.array(keys, pa.string()).take(pa.array(rows, mask=rows < 0))


def numbered(prefix: str, numbers: np.ndarray[Any, np.dtype[Any]]) -> pa.Array:
    """`prefix` before each number, as text."""
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def days_from(start: Any, days: np.ndarray[Any, np.dtype[Any]], empty: np.ndarray[Any, Any] | None = None) -> pa.Array:
    """Days counted from `start` as dates; null where `empty`."""
    dates = np.datetime64(start, "D") + np.asarray(days).astype("timedelta64[D]")
    return pa.array(dates, pa.date32(), mask=empty)


def write_json(path: Path, body: Any) -> None:
    """A JSON file, keys sorted."""
    path.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", encoding="utf-8")
