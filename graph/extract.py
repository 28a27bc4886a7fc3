"""The snapshot that the graph holds, read back over Bolt."""

from collections.abc import Mapping
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.bolt_rows import read_table
from graph.connection import Graph
from graph.marker import read_marker
from graph.parts import PLURALS, edge_identity
from schema.edges import EDGES
from schema.graph_columns import edge_schema, node_schema
from schema.nodes import NODES, Label
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot
from schema.tables import DatasetInfo
from schema.windows import open_windows

Ids = npt.NDArray[np.int64]


def read_snapshot(
    graph: Graph, *, as_of: date, info: DatasetInfo, is_whole: bool = False, progress: Progress = silent
) -> GraphSnapshot:
    """The graph's nodes and relationships as columns, equal to the snapshot that was projected.

    Args:
        graph: read only.
        as_of: the day at which windows and promotions must be open; counts are as the projection left them.
        info: the dataset's settings, which the graph does not hold.
        is_whole: take every window, as the projection was given them.
        progress: told each label and type.

    Raises:
        Unavailable: if the server is lost and does not come back.
    """
    parts = len(NODES) + len(EDGES)
    nodes: dict[Label, pa.Table] = {}
    ids: dict[Label, Ids] = {}
    for done, label in enumerate(NODES):
        progress("reading the graph", done, parts)
        nodes[label], ids[label] = graph.retry(partial(read_nodes, graph, label))
    edges = {}
    for done, name in enumerate(EDGES, start=len(NODES)):
        progress("reading the graph", done, parts)
        edges[name] = graph.retry(partial(_edges, graph, name, ids))
    progress("reading the graph", parts, parts)
    version = read_marker(graph).lake_version
    whole = GraphSnapshot(as_of=as_of, lake_version=version, info=info, nodes=nodes, edges=edges)
    return whole if is_whole else open_windows(whole)


def read_nodes(graph: Graph, label: Label) -> tuple[pa.Table, Ids]:
    """A label's nodes by key, and the id of each.

    Raises:
        Lost: if the server goes away before the last.
    """
    table = read_table(graph, f"read_{PLURALS[label]}", node_schema(label)).sort_by(NODES[label].key).combine_chunks()
    return table.drop_columns("id"), np.asarray(table.column("id").to_numpy(), np.int64)


def read_edges(graph: Graph, name: str, ids: Mapping[Label, Ids], *, share: float = 1.0) -> pa.Table:
    """A random share of one type's relationships, `id` first; an end that is none of `ids` is -1.

    Args:
        ids: each label's ids, in the order of the rows that ends are to name.

    Raises:
        Lost: if the server goes away before the last.
    """
    table, edge = read_table(graph, f"read_{name.lower()}", edge_schema(name), share=share), EDGES[name]
    sources = rows_of(table.column("source"), ids[edge.source])
    return with_ends(table, sources, rows_of(table.column("target"), ids[edge.target]))


def _edges(graph: Graph, name: str, ids: Mapping[Label, Ids]) -> pa.Table:
    """One type's relationships, those whose ends are not of its labels left out."""
    table = read_edges(graph, name, ids)
    table = table.filter(
        pc.and_(pc.greater_equal(table.column("source"), 0), pc.greater_equal(table.column("target"), 0))
    )
    order = [(column, "ascending") for column in edge_identity(name)]
    return table.drop_columns("id").sort_by(order).combine_chunks()


def rows_of(ids: pa.ChunkedArray, known: Ids) -> Ids:
    """The position of each id in `known` `[len(ids)]`; -1 where it is not there."""
    wanted = np.asarray(ids.to_numpy(), np.int64)
    if not len(known):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(known)
    at = np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)
    return np.where(known[order[at]] == wanted, order[at], -1)


def with_ends(edges: pa.Table, sources: Ids, targets: Ids) -> pa.Table:
    """The relationships with other numbers for their ends."""
    for end, numbers in (("source", sources), ("target", targets)):
        edges = edges.set_column(edges.column_names.index(end), end, pa.array(numbers, pa.int64()))
    return edges
