"""Check: is the graph what the lake and the champion say it is, and make it so again."""

from graph.check import Findings, compare
from graph.connection import Graph
from graph.live import overlaid
from graph.marker import read_marker
from jobs.load import roll_forward
from jobs.project import live_rows
from jobs.publish import publish
from journal.store import Journal
from lake.snapshot import build_snapshot
from lake.store import Lake
from registry.store import Registry
from schema.errors import NotFound
from schema.progress import Progress, silent

ATTEMPTS = 3
"""How often the graph is looked at again because changes reached it meanwhile."""


def check(*, lake: Lake, graph: Graph, registry: Registry, journal: Journal, progress: Progress = silent) -> Findings:
    """Every difference between graph and lake, a sentence each; none means they agree.

    What mutations told counts as far as the graph says that it holds it: shelves and delistings are then theirs.

    Raises:
        NotFound: if nothing has been loaded.
    """
    version = _newest(lake)
    snapshot = build_snapshot(lake.at(version), as_of=lake.default_as_of(version), windows="all", progress=progress)
    champion = registry.champion()
    relations = registry.load(champion).relations if champion else None
    for _ in range(ATTEMPTS):
        marker = read_marker(graph)
        live = overlaid(snapshot, *live_rows(journal, lake.at(version), marker))
        found = compare(graph, live, relations=relations, progress=progress)
        if found.is_equal or read_marker(graph).sequence == marker.sequence:
            break
    return found


def rebuild(*, lake: Lake, graph: Graph, registry: Registry, progress: Progress = silent) -> None:
    """Write the graph anew from the newest lake version and the champion's relations.

    Raises:
        NotFound: if nothing has been loaded.
    """
    version = _newest(lake)
    roll_forward(lake=lake, graph=graph, version=version, is_rebuild=True, progress=progress)
    champion = registry.champion()
    if champion:
        publish(registry.load(champion), graph, progress=progress)


def _newest(lake: Lake) -> int:
    version = lake.latest()
    if version is None:
        raise NotFound("lake version", "to check against", remedy="Run `shelfgraph load SOURCE PATH` first.")
    return version
