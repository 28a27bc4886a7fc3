"""The benchmark measures what it says it measures."""

import pytest
from shops import random_snapshot

from graph.benchmark import measure_projection
from graph.connection import Graph
from graph.server import USER, LocalServer


@pytest.mark.graph
def test_every_row_is_written_and_the_largest_type_twice(graph: Graph, neo4j_server: LocalServer) -> None:
    shop = random_snapshot(1)
    speed = measure_projection(shop, graph, auth=(USER, neo4j_server.password()))
    assert speed.report.num_written == sum(t.num_rows for t in (*shop.nodes.values(), *shop.edges.values()))
    counts = {row["name"]: row["num"] for row in graph.read("read_counts")}
    assert counts[speed.edge_type] == 2 * max(table.num_rows for table in shop.edges.values())
    assert min(speed.rows_per_second, speed.edges_per_second, speed.bare_edges_per_second) > 0
