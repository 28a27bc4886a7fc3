"""Rolling the graph forward to a lake version: read what is there, write what differs, mark it whole at the end."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa

from graph.bolt_rows import to_rows
from graph.connection import Graph
from graph.difference import difference
from graph.extract import Ids, read_edges, read_nodes, with_ends
from graph.marker import read_marker
from graph.parts import PLURALS, digests, edge_identity, edge_rows, node_rows
from graph.statements import names
from schema.edges import EDGES
from schema.graph_columns import edge_schema, node_schema
from schema.nodes import NODES, Label
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot

BATCH: Final = 10_000
"""Rows a transaction; larger ones gained nothing and need more of the server's heap."""
INDEX_SECONDS: Final = 300


@dataclass(frozen=True)
class Written:
    """What one label or relationship type took: rows added, changed and removed, and seconds."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    seconds: float = 0.0


@dataclass
class ProjectionReport:
    """What a projection wrote.

    Attributes:
        parts: by label and relationship type; those that the marker says stand already are not in it.
        seconds: from the first read to the marker.
    """

    lake_version: int
    parts: dict[str, Written] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def num_written(self) -> int:
        """Rows added, changed and removed, all parts together."""
        return sum(part.added + part.changed + part.removed for part in self.parts.values())


def project(
    snapshot: GraphSnapshot,
    graph: Graph,
    *,
    lake_version: int,
    load_id: str,
    is_rebuild: bool = False,
    progress: Progress = silent,
) -> ProjectionReport:
    """Make the graph hold the snapshot and nothing else of its labels and types, and say what that took.

    Killed at any point, the next call completes it: the marker names only what stands, and everything else is read
    and compared before it is written. A server lost in the midst is waited for, and the part begun again.

    Args:
        snapshot: built with every window (`windows="all"`).
        graph: whose only writer this is.
        lake_version: what the snapshot was read from.
        load_id: of that version.
        is_rebuild: compare every part, whatever the marker says; mends what was damaged by hand.
        progress: told the rows written of each part.

    Raises:
        Unavailable: if the server is lost and does not come back; the marker then says that the graph is in between.
    """
    began = time.monotonic()
    for name in names():
        if name.startswith("constrain_"):
            graph.write_alone(name)
    wanted = digests(snapshot)
    # Said before the marker is read: what is laid over the graph afterwards would be taken for what a load left.
    graph.retry(lambda: graph.write("save_projection_begun"))
    marker = graph.retry(lambda: read_marker(graph))
    standing = {} if is_rebuild else {part: told for part, told in marker.digests.items() if wanted.get(part) == told}
    report = ProjectionReport(lake_version=lake_version)
    if len(standing) < len(wanted):
        graph.retry(lambda: graph.write("save_projection_standing", digests=json.dumps(standing)))
        _Projection(snapshot, graph, report, progress).write({*wanted} - {*standing})
    graph.write_alone("save_product_words")
    graph.retry(lambda: graph.read("find_indexes", seconds=INDEX_SECONDS))
    done = {"lake_version": lake_version, "load_id": load_id, "as_of": snapshot.as_of.isoformat()}
    graph.retry(lambda: graph.write("save_projection_done", digests=json.dumps(wanted), **done))
    report.seconds = time.monotonic() - began
    return report


class _Projection:
    """One projection under way, and the ids of the nodes that it has seen so far."""

    def __init__(self, snapshot: GraphSnapshot, graph: Graph, report: ProjectionReport, progress: Progress) -> None:
        self._snapshot, self._graph, self._report, self._progress = snapshot, graph, report, progress
        self._ids: dict[Label, Ids] = {}
        self._gone: dict[Label, Ids] = {}
        held = {row["name"] for row in graph.read("read_counts")}
        self._absent = {name for name in (*NODES, *EDGES) if name not in held}

    def write(self, parts: set[str]) -> None:
        """Write these parts, and the nodes they end at; what is gone goes last, when its relationships are gone."""
        types = [name for name in EDGES if name in parts]
        ends = {label for name in types for label in (EDGES[name].source, EDGES[name].target)}
        for label in NODES:
            if label in parts or label in ends:
                self._timed(label, partial(self._merge, label))
        for name in types:
            self._timed(name, partial(self._link, name))
        for gone in self._gone.values():
            self._graph.retry(partial(self._close, "close_nodes", gone))

    def _timed(self, part: str, work: Callable[[], Written]) -> None:
        began = time.monotonic()
        written = self._graph.retry(work)
        self._report.parts[part] = replace(written, seconds=time.monotonic() - began)

    def _merge(self, label: Label) -> Written:
        wanted, key = node_rows(self._snapshot, label).combine_chunks(), NODES[label].key
        actual, known = self._nodes_of(label)
        found = difference(wanted, actual, [key])
        ids = np.full(wanted.num_rows, -1, np.int64)
        ids[found.same] = known[found.same_actual]
        for rows in self._batches(label, np.concatenate([found.added, found.same[found.changed]])):
            merged = self._graph.write(f"merge_{PLURALS[label]}", rows=to_rows(wanted.take(rows)))
            ids[rows] = [row["id"] for row in merged]
        self._ids[label], self._gone[label] = ids, known[found.gone]
        return Written(added=len(found.added), changed=len(found.changed), removed=len(found.gone))

    def _link(self, name: str) -> Written:
        edge, statement = EDGES[name], f"link_{name.lower()}"
        sources, targets = self._ids[edge.source], self._ids[edge.target]
        wanted = edge_rows(self._snapshot, name).combine_chunks()
        actual = self._edges_of(name)
        found = difference(wanted, actual, edge_identity(name))
        known = actual.column("id").to_numpy()

        def linked(rows: Ids) -> list[list[Any]]:
            piece = wanted.take(rows)
            ends = (sources[piece.column("source").to_numpy()], targets[piece.column("target").to_numpy()])
            return to_rows(with_ends(piece, *ends))

        self._close("close_edges", known[found.gone])
        for at in self._batches(name, found.changed):
            stale = ("close_edges", {"ids": known[found.same_actual[at]].tolist()})
            self._graph.write_all([stale, (statement, {"rows": linked(found.same[at])})])
        for rows in self._batches(name, found.added):
            self._graph.write(statement, rows=linked(rows))
        return Written(added=len(found.added), changed=len(found.changed), removed=len(found.gone))

    def _nodes_of(self, label: Label) -> tuple[pa.Table, Ids]:
        if self._is_first_attempt_at_absent(label):
            return node_schema(label).empty_table(), np.empty(0, np.int64)
        return read_nodes(self._graph, label)

    def _edges_of(self, name: str) -> pa.Table:
        if self._is_first_attempt_at_absent(name):
            return pa.schema([("id", pa.int64()), *edge_schema(name)]).empty_table()
        return read_edges(self._graph, name, self._ids)

    def _is_first_attempt_at_absent(self, part: str) -> bool:
        """Whether the graph surely has none: a second attempt reads, for the first may have written."""
        is_absent = part in self._absent
        self._absent.discard(part)
        return is_absent

    def _close(self, statement: str, ids: Ids) -> None:
        for start in range(0, len(ids), BATCH):
            self._graph.write(statement, ids=ids[start : start + BATCH].tolist())

    def _batches(self, part: str, rows: Ids) -> Iterator[Ids]:
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]
            self._progress(f"writing {part} to the graph", min(start + BATCH, len(rows)), len(rows))
