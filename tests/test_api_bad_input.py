"""Bad input: a typed error in bounded time, whatever is sent, and nothing leaks."""

import json

import pytest
import service_shop as shop
from service_client import codes, posted, refused

from api.limits import MAX_COST
from api.pages import cursor

pytestmark = pytest.mark.graph


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"query"',
        b"{}",
        b'{"query": 7}',
        b'{"query": ""}',
        b'{"query": "{"}',
        b'{"query": "{ products { edges } "}',
        b'{"query": "{ product(sku: 7) { sku } }"}',
        b'{"query": "{ nothing }"}',
        b'{"query": "{ __typename }", "variables": 7}',
        b'{"query": "query A { __typename } query B { __typename }"}',
        b'{"query": "query A { __typename }", "operationName": "C"}',
        b'\xff\xfe{"query"}',
        b"[" * 100_000,
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    ],
)
def test_malformed_bodies_get_a_typed_error(service, body):
    answer = posted(service, body)
    assert answer.status_code in (200, 400)
    assert codes(answer) == {"BAD_USER_INPUT"}


def test_a_huge_body_is_refused_before_it_is_read_through(service):
    answer = posted(service, b'{"query": "' + b"x" * 2_000_000 + b'"}')
    assert answer.status_code == 413
    assert codes(answer) == {"BAD_USER_INPUT"}


def test_other_methods_and_types_of_content_are_refused(service):
    assert service.http.put("/graphql", json={}).status_code == 405
    assert posted(service, b"query=1", {"content-type": "application/x-www-form-urlencoded"}).status_code == 400
    get = service.http.get(
        "/graphql", params={"query": "mutation { __typename }"}, headers={"accept": "application/json"}
    )
    assert get.status_code == 400


def nested(depth):
    return '{ product(sku: "a") ' + "{ category { parent " * depth + "{ name }" + "} }" * depth + "}"


@pytest.mark.parametrize("depth", [8, 20, 200, 2_000, 20_000])
def test_what_is_nested_too_deeply_is_refused(service, depth):
    refused(service, nested(depth))


def test_a_thousand_aliases_are_refused(service):
    refused(service, "{ " + " ".join(f'a{n}: product(sku: "x") {{ sku }}' for n in range(1_000)) + " }")
    assert "aliased" in refused(service, "{ " + " ".join(f"a{n}: __typename" for n in range(60)) + " }")


def test_too_many_words_are_refused(service):
    refused(service, "{ " + "__typename " * 5_000 + "}")


@pytest.mark.parametrize(
    "fragments",
    [
        "fragment A on Product { ...A }",
        "fragment A on Product { sku ...B } fragment B on Product { ...A }",
        "fragment A on Product { category { products { edges { node { ...A } } } } }",
        "fragment A on Nothing { sku }",
        "fragment B on Product { sku }",
    ],
)
def test_fragments_that_are_cyclic_unknown_or_unused_are_refused(service, fragments):
    answer = posted(service, json.dumps({"query": f'{{ product(sku: "a") {{ ...A }} }} {fragments}'}))
    assert codes(answer) == {"BAD_USER_INPUT"}


def test_fragments_that_double_are_counted_without_being_walked(service):
    bomb = " ".join(
        f"fragment F{n} on Product {{ category {{ products(first: 2) {{ edges {{ node {{ ...F{n + 1} }} }} }} }} }}"
        for n in range(4)
    )
    refused(service, f'{{ product(sku: "a") {{ ...F0 }} }} {bomb} fragment F3 on Product {{ sku }}')
    wide = " ".join(f"fragment F{n} on Product {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    query = f'{{ product(sku: "a") {{ ...F0 }} }} {wide} fragment F60 on Product {{ sku name }}'
    refused(service, query, "COST_EXCEEDED")


def test_cost_multiplies_page_sizes_and_is_told(service):
    query = """query($n: Int) { products(first: $n) { edges { node { substitutes(first: $n) { edges { node {
      complements(first: $n) { edges { node { sku } } } } } } } } } }"""
    assert f"{MAX_COST:,}" in refused(service, query, "COST_EXCEEDED", n=250)
    service.data(query, n=5)


def test_a_page_for_each_of_a_list_costs_as_many_pages(service):
    query = """query($lines: [BasketLineInput!]!, $n: Int! = 3) { substitutesFor(basketLines: $lines, first: $n) {
      offers { product { sku name } } } }"""
    refused(service, query, "COST_EXCEEDED", lines=[{"sku": "beer"}] * 250, n=100)
    costs = [cost(service, query, lines=[{"sku": "beer"}] * count) for count in (1, 4)]
    assert costs[1] - 1 == 4 * (costs[0] - 1)


def cost(service, query, **variables) -> int:
    return service.ask(query, **variables)["extensions"]["cost"]["requested"]


@pytest.mark.parametrize(
    "arguments",
    [
        "first: -1",
        "first: 251",
        "first: 99999999999",
        "last: -5",
        "first: 1, last: 1",
        'first: "1"',
        "first: 1.5",
        'after: "forged"',
        'after: ""',
        'after: "' + cursor("search", 1.0, "a") + '"',
        'after: "' + cursor("product", "a", "b") + '"',
        'before: "' + "A" * 5_000 + '"',
        'after: "' + cursor("found", "NAME", 1.0, "a") + '"',
        'after: "' + cursor("found", "SKU", "a", "a") + '"',
        'filter: {price: {min: "NaN"}}',
        'query: "' + "a" * 201 + '"',
        'query: "a", after: "' + cursor("product", "a") + '"',
    ],
)
def test_absurd_pages_and_forged_cursors_are_refused(service, arguments):
    refused(service, f"{{ products({arguments}) {{ edges {{ node {{ sku }} }} }} }}")


@pytest.mark.parametrize("id_", ["", "x", "UHJvZHVjdDo", "Q3VzdG9tZXI6YzE", "///", "\x00", "é" * 50])
def test_forged_ids_are_refused(service, id_):
    refused(service, "query($id: ID!) { node(id: $id) { id } }", id=id_)


def test_too_many_ids_and_lines_are_refused(service):
    refused(service, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 251)
    lines = [{"sku": "beer"}] * 251
    refused(service, "query($l: [BasketLineInput!]!) { substitutesFor(basketLines: $l) { sku } }", l=lines)
    basket = {"basket": ["beer"] * 251}
    refused(service, "query($f: RecommendationsFor!) { recommendations(for: $f) { modelVersion } }", f=basket)
    changes = [{"storeId": "S1", "sku": "beer", "onHandUnits": 1, "countedAt": "2024-05-01T12:00:00Z"}] * 1_001
    mutation = "mutation($i: RecordStockInput!) { recordStock(input: $i) { userErrors { code } } }"
    told = service.data(mutation, i={"changes": changes, "idempotencyKey": "k"})
    assert told["recordStock"]["userErrors"] == [{"code": "INVALID"}]


INJECTIONS = [
    "' OR 1=1 //",
    '"}) DETACH DELETE n //',
    "spaghetti'}) MATCH (x) DETACH DELETE x RETURN 1 //",
    "\\u0027",
    "${jndi:ldap://x}",
    "'; DROP TABLE changes; --",
    "name:* OR sku:*",
    "\x00",
    "𝕏" * 100,
    "*" * 500,
    "a" * 100_000,
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_every_string_is_a_value_and_never_a_statement(service, text):
    query = """query($s: String!) { product(sku: $s) { sku } category(categoryId: $s) { name } brand(name: $s) { name }
      supplier(supplierId: $s) { name } store(storeId: $s) { name } promotion(promotionId: $s) { name } }"""
    assert set(service.data(query, s=text).values()) == {None}
    answer = service.ask("query($s: String!) { products(query: $s, first: 3) { edges { node { sku } } } }", s=text)
    assert "errors" not in answer or answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    refused(
        service, 'query($s: String!) { product(sku: "beer") { price(storeId: $s) { amount } } }', "NOT_FOUND", s=text
    )
    customer = (
        "query($s: String!) { recommendations(for: {customerId: $s, basket: [$s]}, exclude: [$s]) { isFallback } }"
    )
    assert service.data(customer, s=text)["recommendations"]["isFallback"] is True
    assert service.data("{ products(first: 0) { totalCount } }")["products"]["totalCount"] == len(shop.SKUS)


def test_unknown_products_and_stores_are_not_found(service):
    recommend = "query($f: RecommendationsFor!) { recommendations(for: $f) { modelVersion } }"
    refused(service, recommend, "NOT_FOUND", f={"product": "unobtainium"})
    refused(service, recommend, "NOT_FOUND", f={"storeId": "S9"})
    refused(service, '{ product(sku: "beer") { substitutes(storeId: "S9") { totalCount } } }', "NOT_FOUND")
    refused(service, '{ substitutesFor(basketLines: [], storeId: "S9") { sku } }', "NOT_FOUND")


@pytest.mark.parametrize(
    "line",
    [
        '{sku: "beer", units: 0}',
        '{sku: "beer", units: -1}',
        '{sku: "beer", units: "NaN"}',
        '{sku: "beer", units: "Infinity"}',
        "{units: 1}",
    ],
)
def test_lines_that_want_nothing_are_refused(service, line):
    refused(service, f"{{ substitutesFor(basketLines: [{line}]) {{ sku }} }}")


def test_an_error_inside_an_answer_leaves_the_rest_standing(service):
    answer = service.ask('{ product(sku: "beer") { name price(storeId: "S9") { amount } } }')
    assert answer["data"]["product"] == {"name": "Pale ale", "price": None}
    assert answer["errors"][0]["path"] == ["product", "price"]


def test_requests_are_numbered(service):
    answer = service.http.post("/graphql", json={"query": "{ __typename }"}, headers={"x-request-id": "front-7"})
    assert answer.headers["x-request-id"] == "front-7"
    odd = service.http.get("/healthz", headers={"x-request-id": "a b\tc"})
    assert len(odd.headers["x-request-id"]) == 32
