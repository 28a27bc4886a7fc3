"""Damage done to the graph by hand is seen and named, and mended by a rebuild."""

import pytest
from shops import random_relations, random_snapshot

from graph.check import compare
from graph.connection import Graph
from graph.projection import project
from graph.publishing import publish_relations

pytestmark = pytest.mark.graph
SHOP = random_snapshot(0, products=12)
DAMAGE = {
    "MATCH (p:Product) WITH p ORDER BY p.sku LIMIT 1 SET p.name = 'somebody else'": "name is 'somebody else'",
    "MATCH (p:Product) WITH p ORDER BY p.sku LIMIT 1 SET p.list_price = 'cheap'": "list_price is",
    "MATCH (p:Product) WITH p ORDER BY p.sku LIMIT 1 DETACH DELETE p": "is missing from the graph",
    "CREATE (:Product {sku: 'a stranger', load_id: 'x'})": "Product a stranger is in the graph and should not be",
    "MATCH ()-[e:BOUGHT_WITH]->() WITH e LIMIT 1 DELETE e": "BOUGHT_WITH: the graph has",
    "MATCH ()-[e:BOUGHT_WITH]->() SET e.lift = 99.5": "lift is 99.5",
    "MATCH (a)-[e:BOUGHT_WITH]->(b) WITH a, b LIMIT 1 CREATE (a)-[:BOUGHT_WITH]->(b)": "should not be",
    "MATCH (a:Product), (s:Store) WITH a, s LIMIT 1 CREATE (a)-[:STOCKS]->(s)": "STOCKS",
    "MATCH ()-[e:SUBSTITUTES_FOR]->() WITH e LIMIT 1 SET e.probability = 0.123": "probability is 0.12",
}


def by_hand(graph: Graph, cypher: str) -> None:
    with graph._session("WRITE") as session:
        session.run(cypher).consume()


@pytest.mark.parametrize("cypher", DAMAGE)
def test_damage_is_named_and_mended(graph: Graph, cypher: str) -> None:
    relations = random_relations(SHOP, seed=1)
    project(SHOP, graph, lake_version=1, load_id="a")
    publish_relations(graph, relations)
    assert compare(graph, SHOP, relations=relations).differences == ()
    by_hand(graph, cypher)
    for samples in (2_000, None):
        assert any(
            DAMAGE[cypher] in said for said in compare(graph, SHOP, relations=relations, samples=samples).differences
        )
    project(SHOP, graph, lake_version=1, load_id="a", is_rebuild=True)
    publish_relations(graph, relations)
    assert compare(graph, SHOP, relations=relations).is_equal


def test_an_empty_graph_misses_everything(graph: Graph) -> None:
    said = " ".join(compare(graph, SHOP).differences)
    assert f"BOUGHT_WITH: the graph has 0, and should have {SHOP.edges['BOUGHT_WITH'].num_rows}" in said
    assert "more each is missing from the graph" in said
