"""Bringing learnt relations to the graph, by difference and never half an anchor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.bolt_rows import read_table, to_rows, without_nan
from graph.connection import Graph
from graph.difference import difference
from schema.edges import RELATION_NAMES, RelationName
from schema.progress import Progress, silent
from schema.relations import RELATION_SCHEMA, Relations

BATCH: Final = 5_000
"""About how many relationships a transaction writes; it holds whole anchors, so at times a few more."""
EDGE_SCHEMA: Final = pa.schema(
    [
        RELATION_SCHEMA.field("sku"),
        RELATION_SCHEMA.field("other_sku"),
        *(field for field in RELATION_SCHEMA if field.name not in ("relation", "sku", "other_sku")),
        pa.field("is_calibrated", pa.bool_()),
        pa.field("model_version", pa.string()),
    ]
)
"""A learnt relationship in the graph, candidate `sku` to anchor `other_sku`."""


@dataclass(frozen=True)
class Published:
    """What publishing wrote: relationships added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: "Published") -> "Published":
        return Published(self.added + other.added, self.changed + other.changed, self.removed + other.removed)


def relation_rows(relations: Relations, name: RelationName, known: pa.Array) -> pa.Table:
    """One relation's edges as the graph is to hold them, those left out whose products it does not have.

    Args:
        known: the graph's skus.
    """
    table = relations.table.filter(pc.equal(relations.table.column("relation"), name))
    both = pc.and_(pc.is_in(table.column("sku"), known), pc.is_in(table.column("other_sku"), known))
    table = table.filter(both)
    table = table.append_column("is_calibrated", pa.repeat(pa.scalar(relations.is_calibrated), table.num_rows))
    table = table.append_column("model_version", pa.repeat(pa.scalar(relations.model_version), table.num_rows))
    return without_nan(table.select(EDGE_SCHEMA.names).cast(EDGE_SCHEMA)).combine_chunks()


def publish_relations(graph: Graph, relations: Relations, *, progress: Progress = silent) -> Published:
    """Make the graph hold these relations and no others, and mark the model when they are whole.

    A reader sees an anchor's candidates of one model version, never of two. Killed or lost at any point, the next call
    completes it.

    Args:
        graph: whose only writer this is; products that it does not have are left out.
        relations: of one model version.
        progress: told the relationships written.

    Raises:
        Unavailable: if the server is lost and does not come back.
    """
    known = pa.array(row["sku"] for row in graph.read("read_skus"))
    published = Published()
    num_relations = 0
    for name in RELATION_NAMES:
        wanted = relation_rows(relations, name, known)
        num_relations += wanted.num_rows
        published += graph.retry(lambda name=name, wanted=wanted: _renew(graph, name, wanted, EDGE_SCHEMA, progress))  # type: ignore[misc]
    marked = {"model_version": relations.model_version, "is_calibrated": relations.is_calibrated}
    graph.retry(lambda: graph.write("save_model", num_relations=num_relations, **marked))
    return published


def _renew(graph: Graph, name: str, wanted: pa.Table, schema: pa.Schema, progress: Progress) -> Published:
    actual = read_table(graph, f"read_{name.lower()}", schema)
    found = difference(wanted, actual, ["sku", "other_sku"])
    write = np.sort(np.concatenate([found.added, found.same[found.changed]]))
    stale = np.sort(np.concatenate([found.gone, found.same_actual[found.changed]]))
    links, closed = wanted.take(write), actual.take(stale)
    for done, (link, close) in enumerate(_whole_anchors(links, closed)):
        rows, ids = to_rows(links.take(link)), closed.column("id").take(close).to_pylist()
        graph.write_all([("close_edges", {"ids": ids}), (f"link_{name.lower()}", {"rows": rows})])
        progress(f"publishing {name} to the graph", min((done + 1) * BATCH, len(write)), len(write))
    return Published(len(found.added), len(found.changed), len(found.gone))


def _whole_anchors(links: pa.Table, closed: pa.Table) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows of both tables, a transaction at a time, all of an anchor in one."""
    both = pa.concat_tables([links.select(["other_sku"]), closed.select(["other_sku"])]).column("other_sku")
    anchors = np.asarray(pc.rank(both.combine_chunks(), tiebreaker="dense").to_numpy(), np.int64)
    order = np.argsort(anchors, kind="stable")
    ends = np.flatnonzero(np.diff(anchors[order], append=-1)) + 1
    start: int = 0
    for end in ends:
        if end - start >= BATCH or end == len(order):
            rows = order[start:end]
            yield rows[rows < links.num_rows], rows[rows >= links.num_rows] - links.num_rows
            start = int(end)
