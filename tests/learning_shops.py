"""Small snapshots and baskets for the tests of learning, counted plainly."""

from datetime import date

import pyarrow as pa

from schema.edges import EDGES
from schema.nodes import NODES
from schema.snapshot import GraphSnapshot
from schema.tables import DatasetInfo

ENDS = {"source": pa.int64(), "target": pa.int64()}


def snapshot_of(
    products: dict[str, list[object]],
    *,
    together: dict[str, object] | None = None,
    switched: dict[str, object] | None = None,
    category: list[int] | None = None,
    families: dict[str, object] | None = None,
    as_of: date = date(2020, 1, 1),
) -> GraphSnapshot:
    """A snapshot of products (columns; `sku` ascending), their categories, and counted edges of both."""
    size = len(products["sku"])
    nodes = {}
    for label, node in NODES.items():
        columns = products if label == "Product" else {}
        if label == "Category" and category is not None:
            columns = {"category_id": [f"c{row:03d}" for row in range(max(category) + 1)]}
        height = len(next(iter(columns.values()))) if columns else 0
        names = [node.key, *node.properties, "load_id"]
        nodes[label] = pa.table({name: columns.get(name, pa.nulls(height, pa.string())) for name in names})
    edges = {}
    for name, edge in EDGES.items():
        columns = {"BOUGHT_WITH": together, "SWITCHED_TO": switched, "GOES_WITH": families}.get(name) or {}
        if name == "IN_CATEGORY" and category is not None:
            columns = {"source": list(range(size)), "target": category}
        height = len(columns["source"]) if columns else 0
        empty = {name: pa.nulls(height, pa.float64()) for name in edge.properties}
        filled = {key: pa.array(value) for key, value in columns.items()}
        ends = {end: pa.array([], kind) for end, kind in ENDS.items()}
        edges[name] = pa.table({**ends, **empty, **filled, "load_id": pa.nulls(height, pa.string())})
    return GraphSnapshot(as_of=as_of, lake_version=-1, info=DatasetInfo("t", "test"), nodes=nodes, edges=edges)
