"""A shop small enough to reason about by hand, as facts, artefact and graph rows, for the tests of what serves."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import numpy as np
import pyarrow as pa

from decisions.facts_now import FactsNow, day_number
from decisions.model_index import ModelIndex
from decisions.moment import Moment, Policy
from decisions.verdicts import VerdictBook
from schema.artefact import Artefact
from schema.edges import EDGES as EDGES_BY_NAME
from schema.embeddings import EmbeddingTable, Space
from schema.facts import NO_DAY, ShopFacts
from schema.graph_columns import edge_schema, node_schema
from schema.listings import Listings, Shelf
from schema.nodes import NODES
from schema.relations import RELATION_SCHEMA, Relations, Verdict
from schema.snapshot import GraphSnapshot
from schema.tables import DatasetInfo

TODAY = date(2024, 5, 1)
NEXT_WEEK = TODAY + timedelta(days=7)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MODEL_VERSION = "0123456789ab"

PRODUCTS = {
    "beer": ("Pale ale", "drinks", 1.5, 500, "ml", "Brau"),
    "cola": ("Cola", "drinks", 1.2, 1, "l", "Fizz"),
    "fusilli": ("Fusilli", "pasta", 1.1, 500, "g", "Grano"),
    "lasagne": ("Lasagne sheets", "pasta", 2.4, 500, "g", "Grano"),
    "nuts": ("Salted nuts", "snacks", 2.0, 200, "g", "Nutty"),
    "penne": ("Penne", "pasta", 1.0, 0.5, "kg", "Grano"),
    "pesto": ("Pesto", "sauces", 3.0, 190, "g", "Verde"),
    "sauce": ("Tomato sauce", "sauces", 1.9, 350, "g", "Verde"),
    "spaghetti": ("Spaghetti", "pasta", 1.0, 500, "g", "Roma"),
    "spaghetti_xl": ("Spaghetti family pack", "pasta", 1.2, 3, "kg", "Roma"),
}
"""Name, category, price, size, size unit and brand by sku."""
SKUS = tuple(sorted(PRODUCTS))
STORES = ("S1", "S2")

EDGES = [
    ("COMPLEMENTS", "spaghetti", "sauce", 0.9, 37, 0, False),
    ("COMPLEMENTS", "spaghetti", "pesto", 0.7, 12, 0, False),
    ("COMPLEMENTS", "spaghetti", "beer", 0.3, 4, 0, False),
    ("COMPLEMENTS", "penne", "pesto", 0.8, 15, 0, False),
    ("COMPLEMENTS", "beer", "nuts", 0.6, 20, 0, False),
    ("SUBSTITUTES_FOR", "spaghetti", "fusilli", 0.85, 1, 9, True),
    ("SUBSTITUTES_FOR", "spaghetti", "penne", 0.8, 2, 6, True),
    ("SUBSTITUTES_FOR", "spaghetti", "spaghetti_xl", 0.6, 0, 3, True),
    ("SUBSTITUTES_FOR", "spaghetti", "lasagne", 0.4, 0, 1, True),
]
"""Relation, anchor, candidate, probability, baskets, switches and whether the category is shared; best first."""


def relations(edges=EDGES, *, is_calibrated=False) -> Relations:
    """Relations with these edges, ranked in the order given."""
    ranks: dict = {}
    rows = []
    for relation, anchor, candidate, probability, baskets, switches, same in edges:
        rank = ranks[relation, anchor] = ranks.get((relation, anchor), 0) + 1
        rows.append((relation, anchor, rank, candidate, probability, 0.1, baskets, switches, same, 0.2))
    rows.sort(key=lambda row: row[:3])
    columns = list(zip(*rows, strict=True)) or [()] * len(RELATION_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, RELATION_SCHEMA, strict=True)]
    return Relations(pa.Table.from_arrays(arrays, schema=RELATION_SCHEMA), is_calibrated, MODEL_VERSION)


def artefact(edges=EDGES, *, skus=SKUS, vectors=None, popular=("cola", "beer", "spaghetti", "nuts")) -> Artefact:
    """A model version; vectors are zero unless given by space."""
    zeros = np.zeros((len(skus), 4), np.float32)
    spaces: dict = {name: (vectors or {}).get(name, zeros) for name in get_args(Space)}
    counts = pa.array(np.arange(len(popular), 0, -1), pa.float32())
    table = pa.table({"sku": pa.array(popular, pa.string()), "num_baskets": counts})
    return Artefact(MODEL_VERSION, relations(edges), EmbeddingTable(skus, spaces), table, {"seed": 7})


def facts(**changes) -> ShopFacts:
    """The shop's facts: ten of everything in S1, S2 never counted anything and does not range drinks."""
    count = len(SKUS)
    ranged = np.ones((2, count), np.bool_)
    ranged[1, [SKUS.index("beer"), SKUS.index("cola")]] = False
    on_hand = np.stack([np.full(count, 10.0), np.full(count, np.nan)]).astype(np.float32)
    columns = list(zip(*(PRODUCTS[sku] for sku in SKUS), strict=True))
    values = {
        "as_of": TODAY,
        "lake_version": 1,
        "currency": "EUR",
        "skus": SKUS,
        "names": columns[0],
        "category_ids": columns[1],
        "prices": np.array(columns[2], np.float32),
        "sizes": np.array(columns[3], np.float32),
        "size_units": columns[4],
        "minimum_ages": np.array([18 if sku == "beer" else 0 for sku in SKUS], np.int16),
        "launched_on": np.full(count, -NO_DAY, np.int32),
        "delisted_on": np.full(count, NO_DAY, np.int32),
        "store_ids": STORES,
        "is_ranged": ranged,
        "on_hand": on_hand,
        "brands": columns[5],
        "suppliers": {key: np.arange(n, count, 2) for n, key in enumerate(SUPPLIERS)},
        "parents": {key: parent or "" for key, parent in PARENTS.items()},
    }
    return ShopFacts(**{**values, **changes})


def with_days(column: str, **days: date) -> ShopFacts:
    """The shop's facts with `launched_on` or `delisted_on` set for some products."""
    values = getattr(facts(), column).copy()
    for sku, day in days.items():
        values[SKUS.index(sku)] = day_number(day)
    return facts(**{column: values})


def with_stock(store_id: str = "S1", **units: float) -> ShopFacts:
    """The shop's facts with other units on hand for some products."""
    on_hand = facts().on_hand.copy()
    for sku, count in units.items():
        on_hand[STORES.index(store_id), SKUS.index(sku)] = count
    return facts(on_hand=on_hand)


def moment(base=None, *, model=None, verdicts=(), policy=None, ranker=None) -> Moment:
    """One moment of the shop."""
    base = base or facts()
    now = replace(FactsNow.start(base, sequence=5), verdicts=VerdictBook.of(verdicts))
    return Moment(now, ModelIndex.of(model or artefact(), base, ranker=ranker), TODAY, policy or Policy())


def verdict(sku, other_sku, word, *, relation="COMPLEMENTS", **values) -> Verdict:
    """A person's word; complements are directed unless said otherwise."""
    rest = {"is_directed": relation == "COMPLEMENTS", "judged_by": "ann", "judged_at": NOON, "reason": "Tried it."}
    return Verdict(
        values.pop("verdict_id", f"{sku}-{other_sku}-{word}"), sku, other_sku, relation, word, **{**rest, **values}
    )


PARENTS = {"drinks": "food", "food": None, "pasta": "food", "sauces": "food", "snacks": "food"}
SUPPLIERS = ("acme", "bolt")


def snapshot(*, extra: dict | None = None) -> GraphSnapshot:
    """The shop as a graph: brands, categories below `food`, two suppliers, two stores, one promotion, one customer.

    Args:
        extra: rows of more edges by relationship name, ends as keys.
    """
    brands = sorted({row[5] for row in PRODUCTS.values()})
    nodes: dict = {
        "Category": [{"category_id": key, "name": key.title()} for key in sorted(PARENTS)],
        "Brand": [{"name": name} for name in brands],
        "Supplier": [{"supplier_id": key, "name": key.upper(), "lead_time_days": 3.0} for key in SUPPLIERS],
        "Product": [
            {"sku": sku, "name": row[0], "size": float(row[3]), "size_unit": row[4], "description": f"Our {row[0]}"}
            for sku, row in sorted(PRODUCTS.items())
        ],
        "Store": [{"store_id": key, "name": f"Store {key}"} for key in STORES],
        "Customer": [{"customer_id": "c1"}],
        "Promotion": [
            {"promotion_id": "p1", "name": "Pasta week", "kind": "price_cut", "starts_on": TODAY, "ends_on": NEXT_WEEK}
        ],
    }
    edges = {
        "PART_OF": [(key, parent) for key, parent in PARENTS.items() if parent],
        "IN_CATEGORY": [(sku, row[1]) for sku, row in PRODUCTS.items()],
        "OF_BRAND": [(sku, row[5]) for sku, row in PRODUCTS.items()],
        "SUPPLIES": [(SUPPLIERS[n % 2], sku) for n, sku in enumerate(SKUS)] + [("bolt", "beer")],
        "STOCKS": [("S1", sku, {"on_hand_units": 99.0}) for sku in SKUS],
        "PROMOTES": [("p1", sku, {"discount_share": 0.2}) for sku, row in PRODUCTS.items() if row[1] == "pasta"],
        "RUNS_AT": [("p1", "S1", {"num_products": 4}), ("p1", "S2", {"num_products": 2})],
        "SENT_TO": [("p1", "c1", {"sent_on": TODAY})],
        "SHOPS_AT": [("c1", "S1", {"num_baskets": 3, "last_bought_at": NOON}), ("c1", "S2", {"num_baskets": 1})],
        "BOUGHT": [("c1", "cola", {"strength": 2.0}), ("c1", "spaghetti", {"strength": 1.0})],
        "BOUGHT_WITH": [("sauce", "spaghetti", {"num_baskets": 37}), ("pesto", "spaghetti", {"num_baskets": 12})],
        "SWITCHED_TO": [("fusilli", "spaghetti", {"num_switches": 9})],
        **(extra or {}),
    }
    tables = {label: _table(nodes[label], node_schema(label)) for label in NODES}
    keys = {label: {key: row for row, key in enumerate(tables[label][NODES[label].key].to_pylist())} for label in NODES}
    return GraphSnapshot(
        as_of=TODAY,
        lake_version=1,
        info=DatasetInfo(name="service shop", source="tests"),
        nodes=tables,
        edges={name: _edge_table(name, edges.get(name, []), keys) for name in EDGES_BY_NAME},
    )


def _edge_table(name: str, rows: list, keys: dict) -> pa.Table:
    edge = EDGES_BY_NAME[name]
    ends = [
        {"source": keys[edge.source][row[0]], "target": keys[edge.target][row[1]], **(row[2] if row[2:] else {})}
        for row in rows
    ]
    ends.sort(key=lambda row: (row["source"], row["target"]))
    return _table(ends, edge_schema(name))


def _table(rows: list[dict], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(
        [{**dict.fromkeys(schema.names), "load_id": "l1", **row} for row in rows], schema=schema
    )


def listings(version: int = 1, **changes) -> Listings:
    """The shop in words, as the snapshot has it."""
    offers = [(SUPPLIERS[n % 2], sku) for n, sku in enumerate(SKUS)] + [("bolt", "beer")]
    values = {
        "lake_version": version,
        "skus": SKUS,
        "names": tuple(PRODUCTS[sku][0] for sku in SKUS),
        "descriptions": tuple(f"Our {PRODUCTS[sku][0]}" for sku in SKUS),
        "brands": tuple(PRODUCTS[sku][5] for sku in SKUS),
        "gtins": tuple(f"40000000000{n:02}" for n in range(len(SKUS))),
        "category_ids": tuple(PRODUCTS[sku][1] for sku in SKUS),
        "supplier_ids": tuple(tuple(sorted(who for who, what in offers if what == sku)) for sku in SKUS),
        "is_private_label": np.array([1 if PRODUCTS[sku][5] == "Roma" else 0 for sku in SKUS], np.int8),
        "categories": {key: Shelf(key.title(), parent) for key, parent in PARENTS.items()},
        "supplier_names": {key: key.upper() for key in SUPPLIERS},
    }
    return Listings(**{**values, **changes})
