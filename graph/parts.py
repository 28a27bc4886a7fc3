"""The parts a snapshot's graph is made of, a label or relationship type each, and their digests."""

import hashlib
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.bolt_rows import without_nan
from schema.edges import EDGES
from schema.graph_columns import edge_schema, node_schema
from schema.nodes import NODES, Label
from schema.snapshot import GraphSnapshot

PLURALS: Final[dict[Label, str]] = {
    "Category": "categories",
    "Brand": "brands",
    "Supplier": "suppliers",
    "Product": "products",
    "Store": "stores",
    "Customer": "customers",
    "Promotion": "promotions",
}
"""How statements spell a label: `merge_categories`."""
DIGEST_ROWS: Final = 500_000


def node_rows(snapshot: GraphSnapshot, label: Label) -> pa.Table:
    """A label's nodes as the graph is to hold them."""
    return without_nan(snapshot.nodes[label].select(node_schema(label).names).cast(node_schema(label)))


def edge_rows(snapshot: GraphSnapshot, name: str) -> pa.Table:
    """A type's relationships as the graph is to hold them, ends as rows of the node tables."""
    return without_nan(snapshot.edges[name].select(edge_schema(name).names).cast(edge_schema(name)))


def edge_identity(name: str) -> list[str]:
    """The columns that say which relationship a row is: its ends and, where it has a window, when that begins."""
    return ["source", "target", *(["valid_from"] if EDGES[name].is_window else [])]


def digests(snapshot: GraphSnapshot) -> dict[str, str]:
    """A sha256 of each part's content, by label and relationship type; equal content has equal digests.

    Ends are digested as keys, so that a new product leaves the digest of unchanged relationships as it was.
    """
    nodes: dict[str, str] = {label: _digest([node_rows(snapshot, label)]) for label in NODES}
    return {**nodes, **{name: _digest(_with_keys(snapshot, name)) for name in EDGES}}


def _with_keys(snapshot: GraphSnapshot, name: str) -> list[pa.Table]:
    rows, edge = edge_rows(snapshot, name), EDGES[name]
    pieces = []
    for start in range(0, rows.num_rows, DIGEST_ROWS):
        piece = rows.slice(start, DIGEST_ROWS)
        for end, label in (("source", edge.source), ("target", edge.target)):
            keys = snapshot.keys(label).take(pc.cast(piece.column(end), pa.int64()))
            piece = piece.set_column(piece.column_names.index(end), end, keys)
        pieces.append(piece)
    return pieces


def _digest(pieces: list[pa.Table]) -> str:
    """A hash over the values, whatever chunks they lie in and whatever lies under a null."""
    digest = hashlib.sha256()
    for piece in pieces:
        for column in piece.combine_chunks().columns:
            whole, is_null = _filled(column), pc.cast(pc.is_null(column), pa.uint8())
            table = pa.table({"whole": whole, "is_null": is_null}).combine_chunks()
            for batch in table.to_batches():
                digest.update(batch.serialize())
    return digest.hexdigest()


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type):
        return pc.fill_null(column, "")
    if pa.types.is_date(column.type):
        return pc.fill_null(column.cast(pa.int32()), 0)
    if pa.types.is_timestamp(column.type):
        return pc.fill_null(column.cast(pa.int64()), 0)
    # A bit's neighbours in its byte may be anything.
    return pc.fill_null(column.cast(pa.uint8()) if pa.types.is_boolean(column.type) else column, 0)
