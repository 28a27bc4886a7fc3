"""Search as callers meet it: pages, facets, live conditions and stand-ins over HTTP, on a real Neo4j."""

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import service_shop as shop
from service_client import serving

from api.search_desk import SearchDesk
from journal.store import Journal
from schema.changes import Delisting, LoadPublished, StockChange
from search.synonyms import SynonymsFile

pytestmark = pytest.mark.graph
SEARCH = """query($query: String, $filter: ProductFilter, $sort: ProductSort, $first: Int, $after: String, $last: Int,
    $before: String) {
  products(query: $query, filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount didYouMean isFallback
    edges { cursor standsInFor node { sku name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    priceSpan { min { amount } max { amount } }
    facets { field numValues values { value label count } } } }"""


@pytest.fixture(scope="module")
def service(loaded, tmp_path_factory):
    journal = Journal(str(tmp_path_factory.mktemp("journal") / "journal.db"))
    with serving(loaded, journal, model=shop.artefact()) as running:
        yield running


@pytest.fixture
def fresh(loaded, tmp_path):
    """A service of one test's own, for those that change facts."""
    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=shop.artefact()) as running:
        yield running


def searched(service, query=None, **variables):
    return service.data(SEARCH, query=query, **variables)["products"]


def skus(page):
    return [edge["node"]["sku"] for edge in page["edges"]]


def facet(page, field):
    (found,) = [each for each in page["facets"] if each["field"] == field]
    return {each["value"]: each["count"] for each in found["values"]}


def within_two_seconds(holds):
    ends = time.monotonic() + 2
    while not holds():
        assert time.monotonic() < ends, "not within two seconds"
        time.sleep(0.02)


def test_a_search_with_its_facets_takes_one_round_trip(service):
    page = searched(service, "spaghetti")
    assert skus(page) == ["spaghetti", "spaghetti_xl"]
    assert (page["totalCount"], page["isFallback"], page["didYouMean"]) == (2, False, None)
    assert page["priceSpan"] == {"min": {"amount": "1.0"}, "max": {"amount": "1.2"}}
    assert facet(page, "BRAND") == {"Roma": 2}
    assert facet(page, "CATEGORY") == {"food": 2, "pasta": 2}
    assert facet(page, "PRIVATE_LABEL") == {"true": 2}
    assert service.reads(SEARCH, query="spaghetti") == 1
    assert service.reads(SEARCH, first=50) == 1


def test_typos_are_forgiven_and_told(service):
    page = searched(service, "spagheti famly")
    assert skus(page) == ["spaghetti_xl"]
    assert (page["didYouMean"], page["isFallback"]) == ("spaghetti family", False)


@pytest.mark.parametrize("sort", [None, "NAME", "PRICE_LOW", "PRICE_HIGH", "POPULARITY", "NEWEST", "SKU"])
@pytest.mark.parametrize("query", [None, "pasta", "our"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_list_is_the_same_walked_forwards_and_backwards(service, sort, query, size):
    every = skus(searched(service, query, sort=sort, first=250))
    assert len(set(every)) == len(every) > 3
    for way, start, end, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        found, at = [], None
        while True:
            page = searched(service, query, sort=sort, **{way: size, start: at})
            found = found + skus(page) if way == "first" else skus(page) + found
            at = page["pageInfo"][end]
            if not page["pageInfo"][more]:
                break
        assert found == every


def test_orders(service):
    assert skus(searched(service, sort="PRICE_LOW", first=2)) == ["penne", "spaghetti"]
    assert skus(searched(service, sort="PRICE_HIGH", first=2)) == ["pesto", "lasagne"]
    assert skus(searched(service, sort="POPULARITY", first=3)) == ["cola", "beer", "spaghetti"]
    assert skus(searched(service, sort="NAME", first=2)) == ["cola", "fusilli"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"categoryId": "pasta", "brand": "Grano"}, ["fusilli", "lasagne", "penne"]),
        ({"categoryId": ["drinks", "snacks"]}, ["beer", "cola", "nuts"]),
        ({"supplierId": "acme"}, ["beer", "fusilli", "nuts", "pesto", "spaghetti"]),
        ({"price": {"min": "1.9", "max": 2}}, ["nuts", "sauce"]),
        ({"isPrivateLabel": True}, ["spaghetti", "spaghetti_xl"]),
        ({"customerAge": 17, "categoryId": "drinks"}, ["cola"]),
        ({"storeId": "S2", "categoryId": "drinks"}, []),
        ({"storeId": "S2", "inStock": True}, []),
        ({"storeId": "S1", "inStock": True, "brand": "Verde"}, ["pesto", "sauce"]),
        ({"brand": "nobody"}, []),
        ({"brand": []}, []),
    ],
)
def test_conditions_hold_together(service, chosen, expected):
    page = searched(service, filter=chosen, first=50)
    assert skus(page) == expected
    assert page["totalCount"] == len(expected)


def test_counts_say_what_a_further_filter_leaves(service):
    for chosen in ({}, {"inStock": True}, {"price": {"max": "1.5"}}):
        page = searched(service, filter=chosen, first=250)
        listed = shop.listings()
        brands = Counter(listed.brands[listed.skus.index(sku)] for sku in skus(page))
        assert facet(page, "BRAND") == brands
        for category, count in facet(page, "CATEGORY").items():
            assert searched(service, filter={**chosen, "categoryId": category})["totalCount"] == count
        for supplier, count in facet(page, "SUPPLIER").items():
            assert searched(service, filter={**chosen, "supplierId": supplier})["totalCount"] == count


def test_stock_is_live_in_filters(fresh):
    chosen = {"storeId": "S1", "inStock": True}
    assert "penne" in skus(searched(fresh, "penne", filter=chosen))
    fresh.journal.record([StockChange("S1", "penne", 0.0, shop.NOON)], recorded_at=shop.NOON)
    within_two_seconds(lambda: "penne" not in skus(searched(fresh, "penne", filter=chosen)))
    assert "penne" in skus(searched(fresh, "penne"))


def test_what_is_gone_is_answered_by_what_stands_in_for_it(fresh):
    fresh.journal.record([Delisting("spaghetti", shop.TODAY)], recorded_at=shop.NOON)
    within_two_seconds(lambda: "spaghetti" not in skus(searched(fresh, "spaghetti", first=50)))
    assert skus(searched(fresh, "spaghetti")) == ["spaghetti_xl"]
    assert "spaghetti" in skus(searched(fresh, "spaghetti", filter={"includeDelisted": True}))
    fresh.journal.record([Delisting("spaghetti_xl", shop.TODAY)], recorded_at=shop.NOON)
    within_two_seconds(lambda: searched(fresh, "spaghetti")["isFallback"])
    page = searched(fresh, "spaghetti")
    assert skus(page) == ["fusilli", "penne", "lasagne"]
    assert {edge["standsInFor"] for edge in page["edges"]} == {"spaghetti"}
    assert page["totalCount"] == 3
    rest = searched(fresh, "spaghetti", after=page["edges"][0]["cursor"])
    assert skus(rest) == ["penne", "lasagne"]
    assert "Spaghetti" not in str(fresh.data('{ completions(prefix: "spag") { text kind } }'))


def test_near_names_come_before_their_substitutes(service):
    page = searched(service, "barilla gluten spaghetti")
    assert page["isFallback"]
    assert skus(page) == ["spaghetti", "spaghetti_xl", "fusilli", "penne", "lasagne"]
    assert [edge["standsInFor"] for edge in page["edges"]] == [None, None, "spaghetti", "spaghetti", "spaghetti"]


def test_nothing_near_is_an_honest_empty_list(service):
    page = searched(service, "xyzzy")
    assert (page["edges"], page["totalCount"], page["isFallback"]) == ([], 0, True)
    assert page["priceSpan"] is None


def test_without_a_model_a_search_has_no_stand_ins(loaded, tmp_path):
    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=None) as untrained:
        page = searched(untrained, "spaghetti")
        assert skus(page) == ["spaghetti", "spaghetti_xl"]
        assert searched(untrained, "xyzzy")["edges"] == []


def renamed(version):
    """From version 2 on, `anchovies` are new and sort before everything, and cola is called by another name."""
    if version == 1:
        return shop.listings()
    said = shop.listings(version)
    columns = {
        "skus": ("anchovies", *said.skus),
        "names": (
            "Anchovies",
            *["Zingy cola" if sku == "cola" else name for sku, name in zip(said.skus, said.names, strict=True)],
        ),
        "is_private_label": np.insert(said.is_private_label, 0, 0),
    }
    for name in ("descriptions", "brands", "gtins", "category_ids", "supplier_ids"):
        held = getattr(said, name)
        columns[name] = (held[0], *held)
    return replace(said, **columns)


def test_a_load_is_searched_within_two_seconds_and_cursors_hold(loaded, tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    with serving(loaded, journal, model=shop.artefact(), read_listings=renamed) as running:
        first = searched(running, sort="NAME", first=4)
        every = skus(searched(running, sort="NAME", first=50))
        assert "cola" in skus(first)
        journal.record([LoadPublished(2)], recorded_at=shop.NOON)
        within_two_seconds(lambda: skus(searched(running, "zingy")) == ["cola"])
        rest = searched(running, sort="NAME", first=50, after=first["pageInfo"]["endCursor"])
        assert [sku for sku in skus(rest) if sku != "cola"] == every[4:]


def test_products_launched_later_are_not_found_yet(loaded, tmp_path):
    facts = shop.with_days("launched_on", nuts=shop.TODAY + timedelta(days=1))
    with serving(loaded, Journal(str(tmp_path / "journal.db")), facts=facts) as running:
        assert skus(searched(running, filter={"categoryId": "snacks"})) == []
        assert skus(searched(running, filter={"categoryId": "snacks", "includeDelisted": True})) == ["nuts"]


def test_completions(service):
    query = "query($p: String!, $n: Int!) { completions(prefix: $p, first: $n) { text kind } }"
    told = service.data(query, p="sp", n=5)["completions"]
    assert {"text": "Spaghetti", "kind": "NAME"} in told
    assert service.data(query, p="", n=5)["completions"] == []
    assert service.code(query, p="s", n=51) == "BAD_USER_INPUT"
    assert service.code(query, p="s" * 201, n=5) == "BAD_USER_INPUT"


HOSTILE = [
    '"',
    "name:*",
    "* OR *",
    "/.*/",
    "a~9",
    "[a TO z]",
    "+-!(){}^",
    "\\",
    "\x00",
    "😀",
    "\u202eabc",
    "'" * 200,
    "a " * 100,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_query_language(service, text):
    page = searched(service, text)
    assert page["totalCount"] == len(page["edges"])
    chosen = {"categoryId": text, "brand": text, "supplierId": text}
    assert searched(service, text, filter=chosen)["edges"] == []
    assert isinstance(service.data("query($p: String!) { completions(prefix: $p) { text } }", p=text), dict)


def test_facets_may_be_chosen_and_cut(service):
    query = "{ products { facets(fields: [BRAND], first: 1) { field numValues values { value count } } } }"
    (only,) = service.data(query)["products"]["facets"]
    assert only == {"field": "BRAND", "numValues": 6, "values": [{"value": "Grano", "count": 3}]}
    assert service.code("{ products { facets(first: -1) { field } } }") == "BAD_USER_INPUT"


def test_synonyms_that_cannot_be_read_are_told_and_searches_go_on(loaded, tmp_path):
    path = tmp_path / "synonyms.csv"
    path.write_text("soda, cola\n")
    desk = SearchDesk(shop.listings, read_synonyms=SynonymsFile(path).read)
    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=shop.artefact(), search=desk) as running:
        within_two_seconds(lambda: skus(searched(running, "soda")) == ["cola"])
        path.write_text("soda\n")
        within_two_seconds(lambda: "synonyms" in running.http.get("/readyz").json()["checks"]["search"])
        assert skus(searched(running, "soda")) == ["cola"]
