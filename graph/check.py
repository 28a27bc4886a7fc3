"""Whether the graph holds what a snapshot says, and if not, where it differs, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from graph.bolt_rows import read_table
from graph.connection import Graph
from graph.difference import Difference, difference
from graph.extract import Ids, read_edges, read_nodes
from graph.parts import edge_identity, edge_rows, node_rows
from graph.publishing import EDGE_SCHEMA, relation_rows
from schema.edges import EDGES, RELATION_NAMES
from schema.nodes import NODES, Label
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.snapshot import GraphSnapshot

SAMPLES: Final = 2_000
NAMED: Final = 5
"""How many differences of one kind are told apart; the rest are counted."""
STAGE: Final = "comparing the graph"


@dataclass(frozen=True)
class Findings:
    """What a check found.

    Attributes:
        differences: a sentence each; none where the graph is as it should be.
        num_compared: nodes and relationships compared property by property.
    """

    differences: tuple[str, ...]
    num_compared: int

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        return not self.differences


def compare(
    graph: Graph,
    snapshot: GraphSnapshot,
    *,
    relations: Relations | None = None,
    samples: int | None = SAMPLES,
    progress: Progress = silent,
) -> Findings:
    """Compare every count, every node, and a random sample of each relationship type, property by property.

    Args:
        graph: read only.
        snapshot: with every window, as it was projected.
        relations: the learnt relations that were published; None leaves them out.
        samples: about how many of each type; None compares all, and then names also which are missing.
        progress: told each label and type.

    Raises:
        Unavailable: if the server is lost and does not come back.
    """
    counts = {row["name"]: row["num"] for row in graph.read("read_counts")}
    ids: dict[Label, Ids] = {}
    said: list[str] = []
    num_compared, parts = 0, len(NODES) + len(EDGES)
    for done, label in enumerate(NODES):
        progress(STAGE, done, parts)
        wanted, (actual, found_ids) = node_rows(snapshot, label), graph.retry(partial(read_nodes, graph, label))
        found = difference(wanted, actual, [NODES[label].key])
        ids[label] = np.full(wanted.num_rows, -1, np.int64)
        ids[label][found.same] = found_ids[found.same_actual]
        said += _told(label, wanted, actual, found, [NODES[label].key])
        num_compared += actual.num_rows
    keyed = _Keys(snapshot)
    for done, name in enumerate(EDGES, start=len(NODES)):
        progress(STAGE, done, parts)
        wanted = edge_rows(snapshot, name)
        share = 1.0 if samples is None else min(1.0, samples / max(counts.get(name, 0), 1))
        actual = graph.retry(partial(read_edges, graph, name, ids, share=share))
        said += _miscounted(name, wanted.num_rows, counts)
        said += keyed.told(name, wanted, actual, is_sample=share < 1)
        num_compared += actual.num_rows
    if relations is not None:
        said += _relation_differences(graph, relations, snapshot.keys("Product"))
    progress(STAGE, parts, parts)
    return Findings(tuple(said), num_compared)


def _miscounted(name: str, wanted: int, counts: Mapping[str, int]) -> Iterator[str]:
    if counts.get(name, 0) != wanted:
        yield f"{name}: the graph has {counts.get(name, 0):,}, and should have {wanted:,}."


def _relation_differences(graph: Graph, relations: Relations, known: pa.Array) -> Iterator[str]:
    for name in RELATION_NAMES:
        wanted = relation_rows(relations, name, known)
        actual = graph.retry(partial(read_table, graph, f"read_{name.lower()}", EDGE_SCHEMA))
        identity = ["sku", "other_sku"]
        yield from _miscounted(name, wanted.num_rows, {name: actual.num_rows})
        yield from _told(name, wanted, actual, difference(wanted, actual, identity), identity)


class _Keys:
    """Tells relationships by the keys of their ends rather than by row numbers."""

    def __init__(self, snapshot: GraphSnapshot) -> None:
        self._keys = {label: snapshot.keys(label) for label in NODES}

    def told(self, name: str, wanted: pa.Table, actual: pa.Table, *, is_sample: bool) -> Iterator[str]:
        found = difference(wanted, actual, edge_identity(name))
        if is_sample:
            found = Difference(found.added[:0], found.same, found.same_actual, found.changed, found.gone)
        shown = self._with_keys(name, wanted), self._with_keys(name, actual)
        yield from _told(name, *shown, found, edge_identity(name))

    def _with_keys(self, name: str, table: pa.Table) -> pa.Table:
        for end, label in (("source", EDGES[name].source), ("target", EDGES[name].target)):
            rows = table.column(end).to_numpy()
            keys = self._keys[label].take(pa.array(rows, pa.int64(), mask=rows < 0))
            table = table.set_column(table.column_names.index(end), end, keys)
        return table


def _told(name: str, wanted: pa.Table, actual: pa.Table, found: Difference, identity: list[str]) -> Iterator[str]:
    """A sentence for each of the first differences of a kind, and one for how many more there are."""
    for rows, table, words in (
        (found.added, wanted, "is missing from the graph"),
        (found.gone, actual, "is in the graph and should not be"),
    ):
        yield from (f"{name} {_named(table, row, identity)} {words}." for row in rows[:NAMED])
        yield from _more(name, len(rows), words)
    for at in found.changed[:NAMED]:
        left, right = found.same[at], found.same_actual[at]
        yield f"{name} {_named(wanted, left, identity)}: {_unlike(wanted, left, actual, right)}."
    yield from _more(name, len(found.changed), "differs")


def _more(name: str, count: int, words: str) -> Iterator[str]:
    if count > NAMED:
        yield f"{name}: of {count - NAMED:,} more each {words}."


def _named(table: pa.Table, row: int, identity: list[str]) -> str:
    first, *rest = [str(table.column(column)[row].as_py()) for column in identity]
    arrow = f" → {rest[0]}" if rest else ""
    return f"{first}{arrow}" + "".join(f" ({name} {value})" for name, value in zip(identity[2:], rest[1:], strict=True))


def _unlike(wanted: pa.Table, left: int, actual: pa.Table, right: int) -> str:
    told = []
    for name in wanted.column_names:
        should, does = wanted.column(name)[left].as_py(), actual.column(name)[right].as_py()
        if should != does:
            told.append(f"{name} is {does!r} and should be {should!r}")
    return "; ".join(told)
