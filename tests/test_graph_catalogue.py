"""The catalogue read from a real Neo4j: what was projected comes back by key, in pages and by words."""

import asyncio

import pytest
import service_shop as shop

from graph.catalogue import Catalogue
from graph.connection_async import connect_async
from graph.projection import project
from graph.server import USER

pytestmark = pytest.mark.graph


@pytest.fixture(scope="module")
def ask(neo4j_server):
    """Ask the catalogue of the service shop one thing: `ask(lambda catalogue: catalogue.products(...))`."""
    from graph.connection import connect

    neo4j_server.start()
    login = {"user": USER, "password": neo4j_server.password()}
    with connect(neo4j_server.uri, **login) as graph:
        project(shop.snapshot(), graph, lake_version=1, load_id="l1")

    def ask_one(question):
        async def run():
            async with connect_async(neo4j_server.uri, **login) as graph:
                return await question(Catalogue(graph.read))

        return asyncio.run(run())

    return ask_one


def test_products_come_with_category_and_brand_and_unknown_ones_are_absent(ask):
    found = ask(lambda c: c.products(["spaghetti", "nothing", "beer"]))
    assert set(found) == {"spaghetti", "beer"}
    product = found["spaghetti"]
    assert (product.name, product.category_id, product.brand, product.size_unit) == ("Spaghetti", "pasta", "Roma", "g")
    assert product.minimum_age == 0


def test_each_kind_is_found_by_key(ask):
    assert ask(lambda c: c.categories(["pasta", "x"]))["pasta"].parent_id == "food"
    assert ask(lambda c: c.categories(["food"]))["food"].parent_id is None
    assert set(ask(lambda c: c.brands(["Roma", "x"]))) == {"Roma"}
    assert ask(lambda c: c.suppliers(["acme"]))["acme"].lead_time_days == 3.0
    assert ask(lambda c: c.stores(["S1"]))["S1"].name == "Store S1"
    promotion = ask(lambda c: c.promotions(["p1"]))["p1"]
    assert (promotion.kind, promotion.starts_on) == ("price_cut", shop.TODAY)


def test_joins_are_batched_by_key_with_a_place_and_a_limit(ask):
    supplies = ask(lambda c: c.supplies(["beer", "cola", "nothing"], limit=5))
    assert {sku: [s.supplier_id for s in row] for sku, row in supplies.items()} == {
        "beer": ["acme", "bolt"],
        "cola": ["bolt"],
    }
    later = ask(lambda c: c.supplies(["beer"], after="acme", limit=5))
    assert [s.supplier_id for s in later["beer"]] == ["bolt"]
    assert len(ask(lambda c: c.supplies(["beer"], limit=1))["beer"]) == 1
    promoted = ask(lambda c: c.promoted(["penne", "beer"], limit=5))
    assert [(p.promotion_id, p.discount_share) for p in promoted["penne"]] == [("p1", 0.2)]
    assert "beer" not in promoted
    below = ask(lambda c: c.subcategories(["food"], after="drinks", limit=9))
    assert [c.category_id for c in below["food"]] == ["pasta", "sauces", "snacks"]
    together = ask(lambda c: c.bought_with(["spaghetti", "pesto"], limit=9))
    assert [(b.sku, b.num_baskets) for b in together["spaghetti"]] == [("sauce", 37), ("pesto", 12)]
    assert [b.sku for b in together["pesto"]] == ["spaghetti"]


PASTA = ["fusilli", "lasagne", "penne", "spaghetti", "spaghetti_xl"]


@pytest.mark.parametrize(
    ("owner", "key", "skus"),
    [
        ("category", "pasta", PASTA),
        ("category", "food", list(shop.SKUS)),
        ("brand", "Roma", ["spaghetti", "spaghetti_xl"]),
        ("supplier", "bolt", ["beer", "cola", "lasagne", "penne", "sauce", "spaghetti_xl"]),
        ("store", "S1", list(shop.SKUS)),
        ("store", "S2", []),
        ("promotion", "p1", PASTA),
        ("category", "nothing", []),
    ],
)
def test_pages_forwards_and_backwards_give_each_product_once(ask, owner, key, skus):
    async def forwards(catalogue):
        pages: list[str] = []
        after = ""
        while page := await catalogue.page(owner, key, after=after, limit=2):
            pages += page
            after = page[-1]
        return pages

    async def backwards(catalogue):
        pages: list[str] = []
        before = "\U0010ffff"
        while page := await catalogue.page(owner, key, before=before, limit=3, is_last=True):
            pages = page + pages
            before = page[0]
        return pages

    assert ask(forwards) == ask(backwards) == skus


def test_a_page_between_two_places(ask):
    assert ask(lambda c: c.page("category", "food", after="cola", before="penne", limit=9)) == [
        "fusilli",
        "lasagne",
        "nuts",
    ]
