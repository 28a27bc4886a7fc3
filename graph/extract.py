"""The snapshot that the graph holds, read back over Bolt."""

from datetime import date

import numpy as np
import pyarrow as pa

from graph.bolt_rows import read_table
from graph.connection import Graph
from graph.marker import read_marker
from graph.parts import PLURALS, edge_identity
from graph.projection import Ids, rows_of, with_ends
from schema.edges import EDGES
from schema.graph_columns import edge_schema, node_schema
from schema.nodes import NODES, Label
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot
from schema.tables import DatasetInfo
from schema.windows import open_windows


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
        nodes[label], ids[label] = graph.retry(lambda label=label: _nodes(graph, label))  # type: ignore[misc]
    edges = {}
    for done, name in enumerate(EDGES, start=len(NODES)):
        progress("reading the graph", done, parts)
        edges[name] = graph.retry(lambda name=name: _edges(graph, name, ids))  # type: ignore[misc]
    progress("reading the graph", parts, parts)
    version = read_marker(graph).lake_version
    whole = GraphSnapshot(as_of=as_of, lake_version=version, info=info, nodes=nodes, edges=edges)
    return whole if is_whole else open_windows(whole)


def _nodes(graph: Graph, label: Label) -> tuple[pa.Table, Ids]:
    table = read_table(graph, f"read_{PLURALS[label]}", node_schema(label)).sort_by(NODES[label].key).combine_chunks()
    return table.drop_columns("id"), np.asarray(table.column("id").to_numpy(), np.int64)


def _edges(graph: Graph, name: str, ids: dict[Label, Ids]) -> pa.Table:
    """One type's relationships, those whose ends are not of its labels left out."""
    edge = EDGES[name]
    table = read_table(graph, f"read_{name.lower()}", edge_schema(name))
    sources = rows_of(table.column("source"), ids[edge.source])
    targets = rows_of(table.column("target"), ids[edge.target])
    table = with_ends(table, sources, targets).filter(pa.array((sources >= 0) & (targets >= 0)))
    order = [(column, "ascending") for column in edge_identity(name)]
    return table.drop_columns("id").sort_by(order).combine_chunks()
