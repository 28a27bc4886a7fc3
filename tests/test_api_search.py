"""Search over HTTP, on a real Neo4j: pages, facets, conditions, typos and stand-ins of a shop that stands still."""

from collections import Counter

import pytest
import service_shop as shop
from service_client import SEARCH, searched, skus, walked

pytestmark = pytest.mark.graph


def facet(page, field):
    (found,) = [each for each in page["facets"] if each["field"] == field]
    return {each["value"]: each["count"] for each in found["values"]}


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
    forwards = walked(lambda at: searched(service, query, sort=sort, first=size, after=at))
    backwards = walked(lambda at: searched(service, query, sort=sort, last=size, before=at), backwards=True)
    assert forwards == backwards == every


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


def test_near_names_come_before_their_substitutes(service):
    page = searched(service, "barilla gluten spaghetti")
    assert page["isFallback"]
    assert skus(page) == ["spaghetti", "spaghetti_xl", "fusilli", "penne", "lasagne"]
    assert [edge["standsInFor"] for edge in page["edges"]] == [None, None, "spaghetti", "spaghetti", "spaghetti"]


def test_nothing_near_is_an_honest_empty_list(service):
    page = searched(service, "xyzzy")
    assert (page["edges"], page["totalCount"], page["isFallback"]) == ([], 0, True)
    assert page["priceSpan"] is None


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
