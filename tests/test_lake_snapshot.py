"""Snapshots: the future changes no past, the order of rows is irrelevant, windows and ends are as the tables say."""

import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_shops import CATALOGUE, PUBLISHED_AT, SKUS, at, line, on, stage

from lake.snapshot import build_snapshot
from lake.store import Lake
from schema.edges import EDGES
from schema.nodes import NODES
from schema.snapshot import GraphSnapshot


def same(left: GraphSnapshot, right: GraphSnapshot) -> bool:
    nodes = all(left.nodes[label].equals(right.nodes[label]) for label in NODES)
    return nodes and all(left.edges[name].equals(right.edges[name]) for name in EDGES)


def links(snapshot: GraphSnapshot, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Edges with keys for ends, and the named properties."""
    edge, table = EDGES[name], snapshot.edges[name].to_pylist()
    sources, targets = snapshot.keys(edge.source).to_pylist(), snapshot.keys(edge.target).to_pylist()
    return [(sources[row["source"]], targets[row["target"]], *(row[column] for column in columns)) for row in table]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> GraphSnapshot:
    folder = tmp_path_factory.mktemp("catalogue")
    return build_snapshot(stage(folder, CATALOGUE), as_of=on(5))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> GraphSnapshot:
    folder = tmp_path_factory.mktemp("everything")
    return build_snapshot(stage(folder, CATALOGUE), as_of=on(5), windows="all")


def test_every_label_and_relationship_is_there_with_its_columns(catalogue):
    for label, node in NODES.items():
        assert catalogue.nodes[label].column_names == [node.key, *node.properties, "load_id"]
    for name, edge in EDGES.items():
        assert catalogue.edges[name].column_names == ["source", "target", *edge.properties, "load_id"]


def test_even_of_a_shop_with_products_alone(tmp_path):
    snapshot = build_snapshot(stage(tmp_path, {"products": [{"sku": "b"}, {"sku": "a"}]}), as_of=on(0))
    assert snapshot.keys("Product").to_pylist() == ["a", "b"]
    assert {name: snapshot.edges[name].num_rows for name in EDGES} == dict.fromkeys(EDGES, 0)


def test_the_category_tree_and_brands(catalogue):
    assert links(catalogue, "PART_OF") == [("c/d", "c"), ("c/e", "c")]
    assert links(catalogue, "OF_BRAND") == [("a", "X"), ("b", "X")]
    assert len(links(catalogue, "IN_CATEGORY")) == len(SKUS)


def test_offers_open_at_the_cut_off_and_named_suppliers_where_none_is_listed(catalogue):
    offers = links(catalogue, "SUPPLIES", "unit_cost")
    named = [("s1", sku, None) for sku in "bcdef"]
    assert offers == [("s1", "a", 2.0), *named, ("s2", "b", 3.0)]


def test_all_windows_where_the_graph_wants_them(everything):
    offers = links(everything, "SUPPLIES", "unit_cost", "valid_from", "valid_to")
    assert ("s1", "a", 1.0, None, on(4)) in offers
    assert ("s2", "b", 4.0, on(6), None) in offers
    assert links(everything, "STOCKS", "valid_from") == [("south", "a", None), ("south", "b", on(8))]


def test_of_overlapping_windows_the_latest_start_wins(tmp_path):
    snapshot = build_snapshot(stage(tmp_path, CATALOGUE), as_of=on(7))
    assert ("s2", "b", 4.0) in links(snapshot, "SUPPLIES", "unit_cost")
    assert ("s2", "b", 3.0) not in links(snapshot, "SUPPLIES", "unit_cost")


def test_promotions_open_at_the_cut_off(catalogue):
    assert catalogue.keys("Promotion").to_pylist() == ["p2"]
    assert links(catalogue, "PROMOTES", "num_stores") == [("p2", "a", 0)]
    assert links(catalogue, "SENT_TO") == []


def test_promotions_are_summed_over_stores(everything):
    promotes = links(everything, "PROMOTES", "promo_price", "discount_share", "num_stores")
    assert promotes == [("p1", "a", 1.0, 0.3, 2), ("p1", "b", None, None, 1), ("p2", "a", None, None, 0)]
    assert links(everything, "RUNS_AT", "num_products") == [("p1", "north", 1), ("p1", "south", 2), ("p2", "north", 1)]
    assert links(everything, "SENT_TO", "sent_on") == [("p1", "k0", on(1))]


def test_days_to_come_count_as_empty(tmp_path):
    products = [{"sku": "a", "launched_on": on(5), "delisted_on": on(9)}, {"sku": "b", "launched_on": on(4)}]
    snapshot = build_snapshot(stage(tmp_path, {"products": products}), as_of=on(5))
    nodes = snapshot.nodes["Product"].select(["sku", "launched_on", "delisted_on"]).to_pylist()
    assert nodes == [
        {"sku": "a", "launched_on": None, "delisted_on": None},
        {"sku": "b", "launched_on": on(4), "delisted_on": None},
    ]


def test_a_store_without_assortment_stocks_what_it_counted_or_sold(tmp_path):
    rows = {
        **CATALOGUE,
        "stocks": [
            {"store_id": "north", "sku": "d", "counted_at": at(1), "on_hand_units": 5.0},
            {"store_id": "north", "sku": "d", "counted_at": at(3), "on_hand_units": 2.0},
            {"store_id": "north", "sku": "d", "counted_at": at(9), "on_hand_units": 9.0},
            {"store_id": "south", "sku": "a", "counted_at": at(2), "on_hand_units": 4.0},
            {"store_id": "south", "sku": "f", "counted_at": at(2), "on_hand_units": 4.0},
        ],
        "purchases": [line("1", 1, "e", 1, store_id="north"), line("2", 1, "c", 6, store_id="north")],
        "daily_sales": [
            {"sku": "b", "store_id": "north", "sold_on": on(3), "units": 1.0},
            {"sku": "f", "store_id": "north", "sold_on": on(4), "units": 1.0},
        ],
    }
    snapshot = build_snapshot(stage(tmp_path, rows), as_of=on(5))
    assert links(snapshot, "STOCKS", "on_hand_units", "counted_at") == [
        ("north", "b", None, None),
        ("north", "d", 2.0, at(3)),
        ("north", "e", None, None),
        ("south", "a", 4.0, at(2)),
    ]


def test_the_shops_midnight_is_the_cut_off(tmp_path):
    late = {"customer_id": "k0", "store_id": "north"}
    rows = {**CATALOGUE, "purchases": [line("1", 1, "a", 4, bought_at=at(4, hour=23), **late)]}
    utc = build_snapshot(stage(tmp_path, rows), as_of=on(5))
    berlin = build_snapshot(stage(tmp_path, rows, timezone="Europe/Berlin"), as_of=on(5))
    assert (utc.edges["SHOPS_AT"].num_rows, berlin.edges["SHOPS_AT"].num_rows) == (1, 0)


@pytest.mark.slow
def test_a_lake_version_and_its_folder_give_the_same_graph(tmp_path):
    rows = {**CATALOGUE, **_events(past_days(random.Random(3)))}
    tables, lake = stage(tmp_path, rows), Lake(str(tmp_path / "lake"))
    lake.publish(tables, published_at=PUBLISHED_AT)
    snapshot = build_snapshot(lake.at(1), as_of=on(15), windows="all")
    assert same(snapshot, build_snapshot(tables, as_of=on(15), windows="all"))
    assert snapshot.lake_version == 1


@pytest.mark.slow
def test_a_lake_version_gives_the_same_graph_whatever_is_loaded_later(tmp_path):
    """Law 2."""
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, {**CATALOGUE, **_events(past_days(random.Random(4)))}), published_at=PUBLISHED_AT)
    before = build_snapshot(lake.at(1), as_of=on(15))
    lake.publish(stage(tmp_path, {"products": [{"sku": "a"}]}, load_id="later"), published_at=PUBLISHED_AT)
    assert same(before, build_snapshot(lake.at(1), as_of=on(15)))
    assert build_snapshot(lake.at(2), as_of=on(15)).num_products == 1


def test_unchanged_rows_keep_the_load_that_wrote_them(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, CATALOGUE, load_id="one"), published_at=PUBLISHED_AT)
    changed = [{**row, "name": "A"} if row["sku"] == "a" else row for row in CATALOGUE["products"]]
    lake.publish(stage(tmp_path, {"products": changed}, load_id="two"), published_at=PUBLISHED_AT)
    snapshot = build_snapshot(lake.at(2), as_of=on(5))
    loads = dict(
        zip(snapshot.keys("Product").to_pylist(), snapshot.nodes["Product"]["load_id"].to_pylist(), strict=True)
    )
    assert loads == {**dict.fromkeys(SKUS, "one"), "a": "two"}
    assert snapshot.nodes["Brand"]["load_id"].to_pylist() == ["two"]


def past_days(chance: random.Random) -> list[tuple[int, str, str, str]]:
    """Forty receipts as (day, customer, store, sku)."""
    return [
        (chance.randrange(15), f"k{chance.randrange(3)}", chance.choice(["north", "south"]), chance.choice(SKUS))
        for _ in range(60)
    ]


def _events(days: Sequence[tuple[int, str, str, str]]) -> dict[str, list[dict[str, Any]]]:
    purchases = [
        line(f"{customer}-{day}", number, sku, day, customer_id=customer, store_id=store, units=1 + number / 7)
        for number, (day, customer, store, sku) in enumerate(days, start=1)
    ]
    stocks = {
        (store, sku, day): {"store_id": store, "sku": sku, "counted_at": at(day, 8), "on_hand_units": float(day % 3)}
        for day, _, store, sku in days
    }
    sales = {
        (store, sku, day): {"sku": sku, "store_id": store, "sold_on": on(day), "units": 1.0}
        for day, _, store, sku in days[::3]
    }
    return {"purchases": purchases, "stocks": list(stocks.values()), "daily_sales": list(sales.values())}


event = st.tuples(
    st.integers(0, 20), st.sampled_from(["k0", "k1", "k2"]), st.sampled_from(["north", "south"]), st.sampled_from(SKUS)
)


def _without_future(tables: Mapping[str, list[dict[str, Any]]], as_of: date) -> dict[str, list[dict[str, Any]]]:
    def is_past(row: Mapping[str, Any]) -> bool:
        if "sold_on" in row:
            return bool((row["sold_on"] - as_of).days < -1)
        return bool((row.get("bought_at") or row["counted_at"]).date() < as_of)

    return {name: [row for row in rows if is_past(row)] for name, rows in tables.items()}


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(event, max_size=60), as_of=st.integers(1, 20), seed=st.integers(0, 99))
def test_neither_the_future_nor_the_order_of_rows_changes_anything(tmp_path_factory, days, as_of, seed):
    """Law 1, beside rows in any order."""
    folder: Path = tmp_path_factory.mktemp("law")
    every = _events(days)
    past = _without_future(every, on(as_of))
    shuffled = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in {**CATALOGUE, **every}.items()}
    less = build_snapshot(stage(folder, {**CATALOGUE, **past}, load_id="one"), as_of=on(as_of))
    more = build_snapshot(stage(folder / "more", shuffled, load_id="one"), as_of=on(as_of))
    assert same(less, more)
