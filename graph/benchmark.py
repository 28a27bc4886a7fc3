"""How fast the graph takes rows, beside the bare driver writing the same rows."""

import time
from dataclasses import dataclass
from typing import Final

import neo4j

from graph.bolt_rows import to_rows
from graph.connection import Graph
from graph.extract import read_nodes, with_ends
from graph.parts import edge_rows
from graph.projection import BATCH, ProjectionReport, project
from graph.statements import statement
from schema.edges import EDGES
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot

BARE_ROWS: Final = 500_000
"""The most rows that the bare driver is timed on: they are all made beforehand, and held."""


@dataclass(frozen=True)
class ProjectionSpeed:
    """One measured projection into an empty graph.

    Attributes:
        report: what was written, and the seconds of each part.
        rows_per_second: nodes and relationships, reading, comparing and marking included.
        edge_type: the relationship type with the most rows.
        edges_per_second: of that type, as projected.
        bare_edges_per_second: of that type, by the driver alone from rows made beforehand.
    """

    report: ProjectionReport
    rows_per_second: float
    edge_type: str
    edges_per_second: float
    bare_edges_per_second: float


def measure_projection(
    snapshot: GraphSnapshot,
    graph: Graph,
    *,
    auth: tuple[str, str],
    database: str = "neo4j",
    progress: Progress = silent,
) -> ProjectionSpeed:
    """Empty the graph, project the snapshot, then write BARE_ROWS of its largest type once more by the bare driver.

    The graph is left with those rows twice over: for a server of the benchmark's own, never for one in use.

    Raises:
        Unavailable: if the server is lost.
    """
    graph.write_alone("close_everything", batch=BATCH)
    report = project(snapshot, graph, lake_version=snapshot.lake_version, load_id="benchmark", progress=progress)
    name = max(EDGES, key=lambda each: snapshot.edges[each].num_rows)
    num = snapshot.edges[name].num_rows
    return ProjectionSpeed(
        report=report,
        rows_per_second=report.num_written / report.seconds,
        edge_type=name,
        edges_per_second=num / report.parts[name].seconds,
        bare_edges_per_second=_bare_rate(snapshot, graph, name, auth, database),
    )


def _bare_rate(snapshot: GraphSnapshot, graph: Graph, name: str, auth: tuple[str, str], database: str) -> float:
    sources, targets = (read_nodes(graph, label)[1] for label in (EDGES[name].source, EDGES[name].target))
    table = edge_rows(snapshot, name).slice(0, BARE_ROWS)
    ends = (sources[table.column("source").to_numpy()], targets[table.column("target").to_numpy()])
    rows = to_rows(with_ends(table, *ends))
    text = statement(f"link_{name.lower()}").text
    with neo4j.GraphDatabase.driver(graph.uri, auth=auth, notifications_min_severity="OFF") as driver:
        began = time.monotonic()
        for start in range(0, len(rows), BATCH):
            driver.execute_query(text, {"rows": rows[start : start + BATCH]}, database_=database)
        return len(rows) / (time.monotonic() - began)
