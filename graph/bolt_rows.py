"""Arrow columns to the rows that Bolt carries, and back; instants go as text, which packs ten times faster."""

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.connection import Graph
from graph.statements import statement

ROWS_AT_ONCE: Final = 50_000
FOREIGN: Final = {
    pa.float64(): float("nan"),
    pa.float32(): float("nan"),
    pa.int64(): -(2**62),
    pa.string(): "0001-01-01",
}


def to_rows(table: pa.Table) -> list[list[Any]]:
    """One list a row, days and instants as ISO text, NaN as null, ready to be a parameter."""
    return [list(row) for row in zip(*(_sendable(column).to_pylist() for column in table.columns), strict=True)]


def _sendable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.string())
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring(pc.cast(column, pa.string()), " ", "T")
    return column


def without_nan(table: pa.Table) -> pa.Table:
    """The table with NaN as null, which is how the graph says that it does not know."""
    for at, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            column = table.column(at)
            table = table.set_column(at, field, pc.if_else(pc.is_nan(column), None, column))
    return table


def read_table(graph: Graph, name: str, schema: pa.Schema, *, share: float = 1.0) -> pa.Table:
    """What the reading statement `name` returns, as `schema` with `id` (int64) before it.

    Raises:
        Lost: if the server goes away before the last row.
    """
    if statement(name).returns != ("id", *schema.names):
        raise ValueError(f"{name} returns {statement(name).returns}, not id and {schema.names}")
    whole = pa.schema([("id", pa.int64()), *schema])
    batches = (_batch(rows, whole) for rows in _pieces(graph.rows(name, share=share)))
    return pa.Table.from_batches(batches, whole)


def _pieces(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    piece: list[list[Any]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == ROWS_AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def _batch(rows: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        _received(list(values), field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _received(values: list[Any], kind: pa.DataType) -> pa.Array:
    wire = pa.string() if pa.types.is_date(kind) else pa.int64() if pa.types.is_timestamp(kind) else kind
    try:
        return pa.array(values, wire).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        return pa.array([_as_kind(value, wire, kind) for value in values], wire).cast(kind)


def _as_kind(value: Any, wire: pa.DataType, kind: pa.DataType) -> Any:
    """The value, or what no load writes where a hand put a value of another type, so that it is seen to differ."""
    try:
        pa.array([value], wire).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        return str(value) if pa.types.is_string(kind) else FOREIGN.get(wire)
    return value
