"""Laws of the projection, on a real Neo4j."""

import pytest
from shops import AS_OF, INFO, random_snapshot

from graph.connection import Graph
from graph.extract import read_snapshot
from graph.marker import read_marker
from graph.projection import project
from schema.edges import EDGES
from schema.nodes import NODES
from schema.snapshot import GraphSnapshot
from schema.windows import open_windows

pytestmark = pytest.mark.graph


def assert_equal(left: GraphSnapshot, right: GraphSnapshot) -> None:
    for label in NODES:
        assert left.nodes[label].equals(right.nodes[label]), label
    for name in EDGES:
        assert left.edges[name].equals(right.edges[name]), name


def held(graph: Graph) -> GraphSnapshot:
    return read_snapshot(graph, as_of=AS_OF, info=INFO, is_whole=True)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_projected_is_read_back(graph: Graph, seed: int) -> None:
    shop = random_snapshot(seed)
    report = project(shop, graph, lake_version=7, load_id="abc")
    assert_equal(held(graph), shop)
    assert held(graph).lake_version == 7
    assert report.num_written == sum(t.num_rows for t in (*shop.nodes.values(), *shop.edges.values()))
    assert_equal(read_snapshot(graph, as_of=AS_OF, info=INFO), open_windows(shop))


def test_rolling_from_any_shop_to_any_other_leaves_the_other(graph: Graph) -> None:
    for version, seed in enumerate((3, 4, 5, 4)):
        project(random_snapshot(seed), graph, lake_version=version, load_id=str(seed))
        assert_equal(held(graph), random_snapshot(seed))
        assert read_marker(graph).lake_version == version


def test_projecting_twice_writes_once(graph: Graph) -> None:
    shop = random_snapshot(6)
    project(shop, graph, lake_version=1, load_id="a")
    assert project(shop, graph, lake_version=1, load_id="a").parts == {}
    compared = project(shop, graph, lake_version=2, load_id="b", is_rebuild=True)
    assert set(compared.parts) == {*NODES, *EDGES}
    assert compared.num_written == 0
    assert read_marker(graph).lake_version == 2
