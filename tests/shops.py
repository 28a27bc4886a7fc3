"""Random graph snapshots, small and of every shape, for tests of anything that takes one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from schema.edges import EDGES, RELATION_NAMES
from schema.graph_columns import edge_schema, node_schema
from schema.nodes import NODES, Label
from schema.relations import RELATION_SCHEMA, Relations
from schema.snapshot import GraphSnapshot
from schema.tables import DatasetInfo

AS_OF = date(2024, 6, 1)
INFO = DatasetInfo(name="random shop", source="tests")
WORDS = ("red", "tea", "Crème brûlée", "mug 'n' \"jug\"", "x" * 300, "", "日本", "a,b\nc")


def random_snapshot(seed: int = 0, *, products: int = 12, lake_version: int = 0) -> GraphSnapshot:
    """A snapshot with nulls, odd words, windows on both sides of AS_OF, and some of every label and type.

    Args:
        seed: equal seeds give equal snapshots.
        products: how many; the other labels are a few of each, every one perhaps absent.
    """
    rng = np.random.default_rng(seed)
    sizes: dict[Label, int] = {label: int(rng.integers(0, 6)) for label in NODES}
    sizes["Product"] = products
    nodes = {label: _nodes(label, size, rng) for label, size in sizes.items()}
    edges = {name: _edges(name, sizes, rng) for name in EDGES}
    return GraphSnapshot(as_of=AS_OF, lake_version=lake_version, info=INFO, nodes=nodes, edges=edges)


def _nodes(label: Label, size: int, rng: np.random.Generator) -> pa.Table:
    schema, key = node_schema(label), NODES[label].key
    keys = sorted(f"{label[0]}{number:04d}" for number in rng.choice(10_000, size, replace=False))
    columns = [keys if field.name == key else _values(field, size, rng) for field in schema]
    return pa.table(columns, schema=schema)


def _edges(name: str, sizes: dict[Label, int], rng: np.random.Generator) -> pa.Table:
    schema, edge = edge_schema(name), EDGES[name]
    possible = [(a, b) for a in range(sizes[edge.source]) for b in range(sizes[edge.target])]
    if edge.source == edge.target:
        possible = [(a, b) for a, b in possible if a < b]
    kept = [pair for pair in possible if rng.random() < 0.4]
    columns = [_values(field, len(kept), rng) for field in schema]
    columns[0], columns[1] = [a for a, _ in kept], [b for _, b in kept]
    return pa.table(columns, schema=schema)


def _values(field: pa.Field, size: int, rng: np.random.Generator) -> list[Any]:
    """Values of the field's type; `load_id` never null, starts before ends."""
    if field.name == "load_id":
        return [f"load{rng.integers(3)}" for _ in range(size)]
    return [None if rng.random() < 0.2 and field.name != "kind" else _value(field, rng) for _ in range(size)]


def _value(field: pa.Field, rng: np.random.Generator) -> Any:
    if pa.types.is_string(field.type):
        return WORDS[rng.integers(len(WORDS))]
    if pa.types.is_boolean(field.type):
        return bool(rng.integers(2))
    if pa.types.is_date(field.type):
        is_end = field.name in ("valid_to", "ends_on", "delisted_on", "closed_on")
        return AS_OF + timedelta(days=int(rng.integers(-5, 10) if is_end else rng.integers(-40, -5)))
    if pa.types.is_timestamp(field.type):
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(rng.integers(10**13)))
    if pa.types.is_integer(field.type):
        return int(rng.integers(1, 100))
    return float(np.round(rng.normal(10, 5), 3))


def random_relations(snapshot: GraphSnapshot, *, seed: int = 0, model_version: str = "m1") -> Relations:
    """Relations between the snapshot's products, up to four candidates an anchor, and some on products it has not."""
    rng = np.random.default_rng(seed)
    skus = [*snapshot.keys("Product").to_pylist(), "not in the shop"]
    rows = [
        {
            "relation": name,
            "other_sku": anchor,
            "rank": rank,
            "sku": candidate,
            "probability": float(rng.random()),
            "transfer_share": None if rng.random() < 0.3 else float(rng.random() / 5),
            "num_baskets": int(rng.integers(50)),
            "num_switches": int(rng.integers(50)),
            "is_same_category": bool(rng.integers(2)),
            "text_similarity": float(rng.random()),
        }
        for name in RELATION_NAMES
        for anchor in skus
        for rank, candidate in enumerate(rng.permutation([sku for sku in skus if sku != anchor])[: rng.integers(5)], 1)
    ]
    table = pa.Table.from_pylist(rows, schema=RELATION_SCHEMA)
    order = [("relation", "ascending"), ("other_sku", "ascending"), ("rank", "ascending")]
    return Relations(table=table.sort_by(order), is_calibrated=bool(rng.integers(2)), model_version=model_version)
