"""Live facts in the graph: what mutations told, laid over what a load left, each batch with its sequence number."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from graph.bolt_rows import to_rows
from graph.connection import Graph
from graph.marker import Marker
from schema.changes import Delisting, PriceChange, RecordedChange, StockChange
from schema.graph_columns import edge_schema
from schema.relations import Verdict
from schema.snapshot import GraphSnapshot
from schema.table_specs import INSTANT

BATCH: Final = 5_000
"""Rows a transaction."""
OVERLAID: Final = ("Product", "STOCKS")
"""Parts whose rows live facts change: a load then compares them, whatever their digests were."""
VERDICT_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("sku", "other_sku", "verdict_id", "relation", "verdict")),
        ("is_directed", pa.bool_()),
        ("judged_by", pa.string()),
        ("judged_at", INSTANT),
        ("reason", pa.string()),
        ("position", pa.int64()),
        ("store_id", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
"""People's words as `JUDGED` holds them, candidate `sku` to anchor `other_sku`."""
Mark = tuple[str, str, str, str | None]
"""Relation, candidate, anchor, and the word that marks it; None for no word."""


@dataclass(frozen=True)
class LiveRows:
    """What changes say of shelves, ranges and prices; the last word on each thing.

    Attributes:
        stocks: by store and product.
        delistings: by product; None withdraws.
        prices: by product, store (empty = everywhere) and first day.
        verdicts: to be written beside what is there.
        marks: people's words on relations.
    """

    stocks: Mapping[tuple[str, str], StockChange] = field(default_factory=dict)
    delistings: Mapping[str, date | None] = field(default_factory=dict)
    prices: Mapping[tuple[str, str, date], tuple[RecordedChange, PriceChange]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    marks: tuple[Mark, ...] = ()

    @classmethod
    def of(cls, changes: Iterable[RecordedChange]) -> "LiveRows":
        """The rows that changes amount to, in their order; verdicts and marks are added by who knows them."""
        stocks: dict[tuple[str, str], StockChange] = {}
        delistings: dict[str, date | None] = {}
        prices: dict[tuple[str, str, date], tuple[RecordedChange, PriceChange]] = {}
        for recorded in changes:
            change = recorded.change
            if isinstance(change, StockChange):
                stocks[change.store_id, change.sku] = change
            elif isinstance(change, Delisting):
                delistings[change.sku] = change.delisted_on
            elif isinstance(change, PriceChange):
                first_day = change.first_day(recorded.recorded_at)
                prices[change.sku, change.store_id or "", first_day] = (recorded, change)
        return cls(stocks, delistings, prices)


@dataclass(frozen=True)
class Ground:
    """What a load left, as far as laying live facts over it asks.

    Attributes:
        choosy_stores: those with a range of their own, where a count makes no shelf.
        delisted_on: of the products whose delisting is withdrawn.
    """

    load_id: str
    choosy_stores: frozenset[str]
    delisted_on: Mapping[str, date | None] = field(default_factory=dict)


def lay(graph: Graph, rows: LiveRows, ground: Ground, marker: Marker, *, sequence: int | None, fence: int) -> bool:
    """Write rows and how far they reach in one transaction; False, and nothing written, where the graph has moved on.

    Args:
        marker: what the graph was seen to stand at.
        sequence: what it stands at with these rows; None while a load's live facts are not all laid.
        fence: of the writer's lease; a writer with a higher one has been here, or not.

    Raises:
        Lost: if the server goes away; the transaction may or may not have been committed.
    """
    standing = {part: told for part, told in marker.digests.items() if part not in _touched(rows)}
    guard = {"lake_version": marker.lake_version, "before": marker.sequence, "sequence": sequence, "fence": fence}
    return graph.write_if(("save_live_sequence", {**guard, "digests": json.dumps(standing)}), _work(rows, ground))


def pieces(rows: LiveRows, size: int = BATCH) -> Iterable[LiveRows]:
    """The same rows in batches of at most `size` of one kind, verdicts and marks last."""
    for name in ("stocks", "delistings", "prices"):
        items = list(getattr(rows, name).items())
        for start in range(0, len(items), size):
            piece: dict[str, Any] = {name: dict(items[start : start + size])}
            yield LiveRows(**piece)
    for start in range(0, len(rows.verdicts), size):
        yield LiveRows(verdicts=rows.verdicts[start : start + size])
    for start in range(0, len(rows.marks), size):
        yield LiveRows(marks=rows.marks[start : start + size])


def _touched(rows: LiveRows) -> set[str]:
    return {part for part, is_so in zip(OVERLAID, (rows.delistings, rows.stocks), strict=True) if is_so}


def _work(rows: LiveRows, ground: Ground) -> list[tuple[str, dict[str, Any]]]:
    shelves = [
        [store_id, sku, change.on_hand_units, _instant(change.counted_at)]
        for (store_id, sku), change in rows.stocks.items()
    ]
    made = [row for row in shelves if row[0] not in ground.choosy_stores]
    ranged = [row for row in shelves if row[0] in ground.choosy_stores]
    days = [[sku, _day(day or ground.delisted_on.get(sku))] for sku, day in rows.delistings.items()]
    prices = [
        [*key[:2], _day(key[2]), told.price, _day(told.valid_to), _instant(recorded.recorded_at), recorded.sequence]
        for key, (recorded, told) in rows.prices.items()
    ]
    words = [asdict(verdict) for verdict in rows.verdicts]
    work: list[tuple[str, dict[str, Any]]] = [
        ("save_live_stocks", {"rows": ranged}),
        ("merge_live_stocks", {"rows": made, "load_id": ground.load_id}),
        ("save_delistings", {"rows": days}),
        ("merge_prices", {"rows": prices}),
        ("link_judged", {"rows": to_rows(pa.Table.from_pylist(words, schema=VERDICT_SCHEMA))}),
        ("save_verdict_marks", {"rows": [list(mark) for mark in rows.marks]}),
    ]
    return [(name, params) for name, params in work if params["rows"]]


def overlaid(snapshot: GraphSnapshot, rows: LiveRows, ground: Ground) -> GraphSnapshot:
    """What the graph holds of labels and types when these rows lie over a load's snapshot."""
    return replace(
        snapshot,
        nodes={**snapshot.nodes, "Product": _delisted(snapshot.nodes["Product"], rows.delistings)},
        edges={**snapshot.edges, "STOCKS": _counted(snapshot, rows, ground)},
    )


def _delisted(products: pa.Table, delistings: Mapping[str, date | None]) -> pa.Table:
    days = {sku: day for sku, day in delistings.items() if day is not None}
    if not days:
        return products
    told = [
        days.get(sku, day)
        for sku, day in zip(products["sku"].to_pylist(), products["delisted_on"].to_pylist(), strict=True)
    ]
    at = products.schema.get_field_index("delisted_on")
    return products.set_column(at, products.schema.field(at), pa.array(told, pa.date32()))


def _counted(snapshot: GraphSnapshot, rows: LiveRows, ground: Ground) -> pa.Table:
    shelves = snapshot.edges["STOCKS"]
    stores = {key: row for row, key in enumerate(snapshot.keys("Store").to_pylist())}
    products = {key: row for row, key in enumerate(snapshot.keys("Product").to_pylist())}
    told = {
        (stores[store_id], products[sku]): change
        for (store_id, sku), change in rows.stocks.items()
        if store_id in stores and sku in products
    }
    if not told:
        return shelves
    ends = list(zip(shelves["source"].to_pylist(), shelves["target"].to_pylist(), strict=True))
    table = shelves
    for name in ("on_hand_units", "counted_at"):
        values = table[name].to_pylist()
        for place in np.flatnonzero([end in told for end in ends]):
            values[place] = getattr(told[ends[place]], name)
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    made = [
        {
            "source": stores[change.store_id],
            "target": products[change.sku],
            "on_hand_units": change.on_hand_units,
            "counted_at": change.counted_at,
            "load_id": ground.load_id,
        }
        for end, change in told.items()
        if end not in set(ends) and change.store_id not in ground.choosy_stores
    ]
    return pa.concat_tables([table, pa.Table.from_pylist(made, schema=edge_schema("STOCKS"))])


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
