"""Receipts as ranking and evaluation read them: the distinct products of each basket."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from lake.sources import table_source
from lake.version import LakeVersion
from schema.table_specs import INSTANT
from schema.tables import RetailTables, cut_off_instant

_SCHEMA: Final = pa.schema(
    [
        pa.field("basket_id", pa.string()),
        pa.field("sku", pa.string()),
        pa.field("customer_id", pa.string()),
        pa.field("bought_at", INSTANT),
        pa.field("line", pa.int64()),
    ]
)
_NAMES: Final = ("basket_id", "sku", "customer_id")
_ROWS_AT_ONCE: Final = 4_000_000
"""Rows whose names stand in one chunk: what a chunk's names come to must stay below 2 GiB."""


def read_baskets(
    source: LakeVersion | RetailTables, *, before: date | None = None, from_: date | None = None
) -> pa.Table:
    """One row a basket and product, sorted by (bought_at, basket_id, sku).

    Args:
        source: `lake.at(version)`, or a staged folder.
        before: lines bought before this day only (shop's timezone); None means all.
        from_: lines bought on this day or later only; None means all.

    Returns:
        `basket_id`, `sku`, `customer_id` (null where unknown), `bought_at` of the first such line, and its number on
        the receipt as `line`.
    """
    tables = table_source(source)
    bought_at = pc.field("bought_at")
    wanted = pc.scalar(True)
    if before is not None:
        wanted = wanted & (bought_at < pa.scalar(cut_off_instant(before, tables.info.timezone), INSTANT))
    if from_ is not None:
        wanted = wanted & (bought_at >= pa.scalar(cut_off_instant(from_, tables.info.timezone), INSTANT))
    rows, names = _ranked(_lines(tables.dataset("purchases"), wanted))
    first = [(name, "min") for name in ("customer_id", "bought_at", "line")]
    distinct = rows.group_by(["basket_id", "sku"]).aggregate(first)
    del rows
    distinct = distinct.rename_columns({f"{name}_min": name for name, _ in first}).select(_SCHEMA.names)
    distinct = distinct.sort_by([(name, "ascending") for name in ("bought_at", "basket_id", "sku")])
    return _named(distinct, names)


def _lines(purchases: ds.Dataset, wanted: pc.Expression) -> pa.Table:
    """Lines whose names each stand once: as text a year's receipts take several times the room."""
    schema = pa.schema([_SCHEMA.field(n).with_type(pa.dictionary(pa.int32(), pa.string())) for n in _NAMES])
    schema = pa.schema([*schema, _SCHEMA.field("bought_at"), _SCHEMA.field("line")])
    columns = [*_SCHEMA.names[:-1], "line_id"]

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in purchases.to_batches(columns=columns, filter=wanted):
            names = [pc.dictionary_encode(batch.column(name)) for name in _NAMES]
            yield pa.record_batch([*names, batch.column("bought_at"), batch.column("line_id")], schema=schema)

    return pa.Table.from_batches(batches(), schema=schema).unify_dictionaries()


def _ranked(lines: pa.Table) -> tuple[pa.Table, dict[str, pa.Array]]:
    """The lines with each name's place in the alphabet instead, and the names in its order."""
    names = {}
    for place, name in enumerate(_NAMES):
        column = lines.column(name)
        found = column.chunk(0).dictionary if column.num_chunks else pa.array([], pa.string())
        places = pc.subtract(pc.rank(found, tiebreaker="first").cast(pa.int32()), pa.scalar(1, pa.int32()))
        ranks = pa.chunked_array([places.take(chunk.indices) for chunk in column.chunks], pa.int32())
        names[name] = found.take(pc.array_sort_indices(found))
        lines = lines.set_column(place, name, ranks)
    return lines, names


def _named(ranked: pa.Table, names: dict[str, pa.Array]) -> pa.Table:
    """The rows with their names, of no more than _ROWS_AT_ONCE rows a chunk."""
    parts = [_SCHEMA.empty_table()]
    for start in range(0, ranked.num_rows, _ROWS_AT_ONCE):
        part = ranked.slice(start, _ROWS_AT_ONCE).combine_chunks()
        told = {name: names[name].take(part.column(name).chunk(0)) for name in _NAMES}
        parts.append(pa.table({**told, "bought_at": part.column("bought_at"), "line": part.column("line")}, _SCHEMA))
    return pa.concat_tables(parts)
