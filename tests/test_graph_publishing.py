"""Relations and verdicts in the graph are those that were published, and an anchor is never half brought up to date."""

import pyarrow as pa
import pytest
from shops import random_relations, random_snapshot

from graph import publishing
from graph.bolt_rows import read_table
from graph.connection import Graph
from graph.projection import project
from graph.publishing import EDGE_SCHEMA, Published, publish_relations, relation_rows
from schema.edges import RELATION_NAMES
from schema.errors import Unavailable
from schema.relations import Relations

pytestmark = pytest.mark.graph
SHOP = random_snapshot(1, products=15)


def held(graph: Graph, name: str) -> list[dict[str, object]]:
    order = [("sku", "ascending"), ("other_sku", "ascending")]
    return read_table(graph, f"read_{name.lower()}", EDGE_SCHEMA).drop_columns("id").sort_by(order).to_pylist()


def expected(relations: Relations, name: str) -> list[dict[str, object]]:
    order = [("sku", "ascending"), ("other_sku", "ascending")]
    return relation_rows(relations, name, SHOP.keys("Product")).sort_by(order).to_pylist()  # type: ignore[arg-type]


def test_the_graph_holds_what_was_published_last(graph: Graph) -> None:
    project(SHOP, graph, lake_version=0, load_id="a")
    for seed in (1, 2, 1):
        relations = random_relations(SHOP, seed=seed, model_version=f"m{seed}")
        publish_relations(graph, relations)
        for name in RELATION_NAMES:
            assert held(graph, name) == expected(relations, name)
        assert [row["model_version"] for row in graph.read("read_models") if row["is_current"]] == [f"m{seed}"]
    assert publish_relations(graph, relations) == Published()


def test_only_what_differs_is_written(graph: Graph) -> None:
    project(SHOP, graph, lake_version=0, load_id="a")
    relations = random_relations(SHOP, seed=3)
    publish_relations(graph, relations)
    table = relations.table.filter(pa.compute.is_in(relations.table["sku"], SHOP.keys("Product")))
    table = table.filter(pa.compute.is_in(table["other_sku"], SHOP.keys("Product")))
    fewer = Relations(table=table.slice(1), is_calibrated=relations.is_calibrated, model_version="m1")
    assert publish_relations(graph, fewer) == Published(removed=1)


def test_no_anchor_is_ever_half_of_one_model(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing is cut off after every number of transactions in turn; each anchor then is of one model only."""
    monkeypatch.setattr(publishing, "BATCH", 6)
    project(SHOP, graph, lake_version=0, load_id="a")
    old, new = (random_relations(SHOP, seed=seed, model_version=f"m{seed}") for seed in (4, 5))
    write_all = graph.write_all
    for allowed in range(1, 12, 3):
        publish_relations(graph, old)
        left = [allowed]

        def cut_off(work: list[tuple[str, dict[str, object]]], left: list[int] = left) -> list[dict[str, object]]:
            left[0] -= 1
            if left[0] < 0:
                raise Unavailable("cut off")
            return write_all(work)

        monkeypatch.setattr(graph, "write_all", cut_off)
        with pytest.raises(Unavailable, match="cut off"):
            publish_relations(graph, new)
        monkeypatch.setattr(graph, "write_all", write_all)
        for name in RELATION_NAMES:
            by_anchor = {row["other_sku"]: [] for row in held(graph, name)}  # type: ignore[var-annotated]
            for row in held(graph, name):
                by_anchor[row["other_sku"]].append(row)
            for anchor, rows in by_anchor.items():
                whole = [[row for row in expected(each, name) if row["other_sku"] == anchor] for each in (old, new)]
                assert rows in whole
    publish_relations(graph, new)
    assert all(held(graph, name) == expected(new, name) for name in RELATION_NAMES)
