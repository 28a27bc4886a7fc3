"""Evidence paths by Cypher against networkx on the same snapshot."""

import asyncio
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import service_shop as shop
from shops import random_snapshot

from graph.connection import Graph
from graph.connection_async import connect_async
from graph.paths import EvidencePaths
from graph.projection import project
from graph.server import USER
from schema.edges import EDGES
from schema.nodes import NODES
from schema.snapshot import GraphSnapshot

pytestmark = pytest.mark.graph
EVIDENCE = ("BOUGHT_WITH", "SWITCHED_TO", "GOES_WITH", "IN_CATEGORY", "OF_BRAND", "PROMOTES")


def ask(server, pairs, **settings):
    async def run():
        async with connect_async(server.uri, user=USER, password=server.password(), deadline_seconds=20) as graph:
            return await EvidencePaths(graph.read, **settings).between(pairs)

    return asyncio.run(run())


def evidence_graph(snapshot: GraphSnapshot, max_degree: int) -> tuple[nx.MultiGraph, set]:
    """The evidence relationships alone, and the nodes that hang on too many relationships of any type."""
    graph: nx.MultiGraph = nx.MultiGraph()
    degrees: dict = {}
    for name, edge in EDGES.items():
        for a, b in snapshot.edge_index(name).T.tolist():
            ends = (edge.source, a), (edge.target, b)
            for end in ends:
                degrees[end] = degrees.get(end, 0) + 1
            if name in EVIDENCE:
                graph.add_edge(*ends, key=(name, ends[0]))
    return graph, {node for node, degree in degrees.items() if degree > max_degree}


def expected(snapshot, a, b, max_degree):
    """Every shortest path of at most three steps as (types, nodes), parallel relationships told apart."""
    graph, hubs = evidence_graph(snapshot, max_degree)
    a, b = ("Product", a), ("Product", b)
    graph.remove_nodes_from(hubs - {a, b})
    if a not in graph or b not in graph or not nx.has_path(graph, a, b):
        return set()
    walks = [list(nx.utils.pairwise(nodes)) for nodes in nx.all_shortest_paths(graph, a, b)]
    walks = [walk for walk in walks if len(walk) <= 3]
    return {tuple(types) for walk in walks for types in _types(graph, walk)}


def _types(graph, walk):
    if not walk:
        return [[]]
    (a, b), *rest = walk
    steps = [(key[0], key[1] == a, a, b) for key in graph[a][b]]
    return [[step, *more] for step in steps for more in _types(graph, rest)]


@pytest.mark.parametrize(("seed", "max_degree"), [(1, 1000), (2, 1000), (3, 14), (4, 10), (5, 6)])
def test_paths_equal_networkx_on_the_snapshot(graph: Graph, neo4j_server, seed, max_degree):
    snapshot = _sparse(random_snapshot(seed, products=9), seed)
    project(snapshot, graph, lake_version=seed, load_id=str(seed))
    skus = snapshot.keys("Product").to_pylist()
    pairs = list(combinations(range(len(skus)), 2))
    found = ask(neo4j_server, [(skus[a], skus[b]) for a, b in pairs], max_degree=max_degree, most=10_000)
    compared = 0
    for a, b in pairs:
        told = found.get((skus[a], skus[b]), ())
        wanted = expected(snapshot, a, b, max_degree)
        named = {tuple(_named(step, snapshot) for step in path) for path in wanted}
        assert {tuple((s.relation, s.is_forward, s.source, s.target) for s in path) for path in told} == named
        compared += len(named)
    assert compared > 0


def _sparse(snapshot, seed):
    """Fewer relationships than `random_snapshot` makes, so that paths of two and three steps occur."""
    rng = np.random.default_rng(seed)
    edges = {name: table.filter(rng.random(table.num_rows) < 0.4) for name, table in snapshot.edges.items()}
    return GraphSnapshot(snapshot.as_of, snapshot.lake_version, snapshot.info, snapshot.nodes, edges)


def _named(step, snapshot):
    relation, is_forward, a, b = step
    return relation, is_forward, _name(a, snapshot), _name(b, snapshot)


def _name(node, snapshot):
    label, row = node
    table = snapshot.nodes[label]
    name = table["name"][row].as_py() if "name" in table.column_names else None
    return name if name is not None else table[NODES[label].key][row].as_py()


def test_a_path_reads_in_names(graph: Graph, neo4j_server):
    project(shop.snapshot(), graph, lake_version=1, load_id="l1")
    pairs = [("spaghetti", "sauce"), ("penne", "spaghetti"), ("spaghetti", "spaghetti"), ("penne", "nothing")]
    found = ask(neo4j_server, pairs)
    assert set(found) == set(pairs[:2])
    (path,) = found["spaghetti", "sauce"]
    assert [(s.source, s.relation, s.target, s.is_forward) for s in path] == [
        ("Spaghetti", "BOUGHT_WITH", "Tomato sauce", False)
    ]
    shared = found["penne", "spaghetti"]
    assert [next((s.target, s.target_label) for s in path) for path in shared] == [
        ("Pasta", "Category"),
        ("Pasta week", "Promotion"),
    ]


def test_hubs_are_avoided_and_paths_are_few(graph: Graph, neo4j_server):
    project(shop.snapshot(), graph, lake_version=1, load_id="l1")
    assert len(ask(neo4j_server, [("penne", "lasagne")], most=1)["penne", "lasagne"]) == 1
    assert ask(neo4j_server, [("penne", "lasagne")], max_degree=2) == {}
