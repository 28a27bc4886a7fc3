"""The contract as callers meet it: catalogue, relations and decisions over HTTP, on a real Neo4j."""

import threading
import time
from dataclasses import replace

import pytest
import service_shop as shop
from service_client import serving

from api.contract import PRINTED, contract, printed
from journal.store import Journal
from schema.changes import Delisting, LoadPublished, StockChange

pytestmark = pytest.mark.graph


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


def skus(connection):
    return [edge["node"]["sku"] for edge in connection["edges"]]


def test_the_printed_contract_is_current():
    assert PRINTED.read_text() == printed(), (
        "run `python -c 'from api.contract import *; PRINTED.write_text(printed())'`"
    )


def test_everything_in_the_contract_is_described():
    schema = contract()._schema
    mute = []
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        mute += [name] if not kind.description else []
        for field_name, field in getattr(kind, "fields", {}).items():
            mute += [f"{name}.{field_name}"] if not field.description else []
            arguments = getattr(field, "args", {})
            mute += [f"{name}.{field_name}({arg})" for arg, value in arguments.items() if not value.description]
    assert mute == []


def test_a_product_with_everything_it_is_joined_to(service):
    product = service.data(
        """{ product(sku: "spaghetti") {
          id sku name description size sizeUnit minimumAge price { amount currencyCode } availability
          brand { name products { edges { node { sku } } } }
          category { name parent { name parent { name } subcategories(first: 2) {
            edges { node { categoryId } } pageInfo { hasNextPage endCursor } } } }
          suppliers { edges { leadTimeDays node { supplierId name leadTimeDays } } }
          promotions { edges { discountShare node { name kind startsOn endsOn } } }
          stocks { totalCount edges { node { storeId onHandUnits availability store { name } } } }
          boughtWith { edges { numBaskets node { sku } } }
        } }"""
    )["product"]
    assert product["name"] == "Spaghetti"
    assert product["price"] == {"amount": "1.0", "currencyCode": "EUR"}
    assert product["availability"] == "IN_STOCK"
    assert skus(product["brand"]["products"]) == ["spaghetti", "spaghetti_xl"]
    assert product["category"]["parent"]["name"] == "Food"
    assert product["category"]["parent"]["parent"] is None
    below = product["category"]["parent"]["subcategories"]
    assert [edge["node"]["categoryId"] for edge in below["edges"]] == ["drinks", "pasta"]
    assert below["pageInfo"]["hasNextPage"] is True
    assert product["suppliers"]["edges"][0]["node"] == {"supplierId": "acme", "name": "ACME", "leadTimeDays": 3.0}
    assert product["promotions"]["edges"][0]["discountShare"] == 0.2
    assert product["promotions"]["edges"][0]["node"]["startsOn"] == "2024-05-01"
    # The graph's own copy says 99: stock is answered from live facts.
    assert product["stocks"]["edges"][0]["node"] == {
        "storeId": "S1",
        "onHandUnits": "10.0",
        "availability": "IN_STOCK",
        "store": {"name": "Store S1"},
    }
    assert product["stocks"]["edges"][1]["node"]["onHandUnits"] is None
    assert [edge["numBaskets"] for edge in product["boughtWith"]["edges"]] == [37, 12]


def test_what_does_not_exist_is_null(service):
    query = """{ product(sku: "x") { sku } category(categoryId: "x") { name } brand(name: "x") { name }
      supplier(supplierId: "x") { name } store(storeId: "x") { name } promotion(promotionId: "x") { name } }"""
    assert set(service.data(query).values()) == {None}


def test_each_kind_is_found_and_knows_its_products(service):
    data = service.data(
        """{ category(categoryId: "pasta") { name products(first: 2) { edges { node { sku } } totalCount } }
        supplier(supplierId: "acme") { name products(first: 1) { edges { node { sku } } } }
        store(storeId: "S1") { name products(last: 1) { edges { node { sku } } } }
        promotion(promotionId: "p1") { kind products { edges { node { sku } } } } }"""
    )
    assert skus(data["category"]["products"]) == ["fusilli", "lasagne"]
    assert data["category"]["products"]["totalCount"] == 5
    assert skus(data["supplier"]["products"]) == ["beer"]
    assert skus(data["store"]["products"]) == ["spaghetti_xl"]
    assert len(data["promotion"]["products"]["edges"]) == 5


PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $filter: ProductFilter, $query: String) {
  products(first: $first, after: $after, last: $last, before: $before, filter: $filter, query: $query) {
    totalCount edges { cursor node { sku } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.mark.parametrize("size", [1, 3, 10, 250])
@pytest.mark.parametrize("chosen", [None, {"categoryId": "food"}, {"brand": "Grano"}])
def test_following_cursors_gives_each_product_once_both_ways(service, size, chosen):
    every = skus(service.data(PAGE, first=250, filter=chosen)["products"])
    assert every == sorted(every)
    for way, start, end, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        found: list[str] = []
        at = None
        while True:
            page = service.data(PAGE, **{way: size, start: at, "filter": chosen})["products"]
            found = found + skus(page) if way == "first" else skus(page) + found
            at = page["pageInfo"][end]
            if not page["pageInfo"][more]:
                break
        assert found == every


def test_the_count_of_all_is_told(service):
    assert service.data(PAGE, first=0)["products"]["totalCount"] == len(shop.SKUS)


def test_nodes_are_found_again_by_their_ids(service):
    ids = service.data(
        """{ product(sku: "beer") { id category { id } brand { id } }
        store(storeId: "S1") { id } supplier(supplierId: "acme") { id } promotion(promotionId: "p1") { id } }"""
    )
    wanted = [
        ids["product"]["id"],
        ids["product"]["category"]["id"],
        ids["product"]["brand"]["id"],
        ids["store"]["id"],
        ids["supplier"]["id"],
        ids["promotion"]["id"],
    ]
    found = service.data("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=wanted)["nodes"]
    assert [node["id"] for node in found] == wanted
    kinds = [node["__typename"] for node in found]
    assert kinds == ["Product", "Category", "Brand", "Store", "Supplier", "Promotion"]
    one = service.data("query($id: ID!) { node(id: $id) { ... on Product { name } } }", id=wanted[0])
    assert one["node"]["name"] == "Pale ale"


RELATIONS = """{ product(sku: "spaghetti") {
  substitutes(first: 2) { totalCount pageInfo { hasNextPage } edges {
    node { sku } probability isCalibrated rank transferShare modelVersion availability verdict { word }
    evidence { baskets switches sharedCategory textSimilarity isContested }
    explanation { sentence paths { steps { source relation target targetLabel isForward } } } } }
  complements { edges { node { sku } explanation { sentence } } } } }"""


def test_relation_edges_carry_figures_and_explanations(service):
    product = service.data(RELATIONS)["product"]
    assert skus(product["substitutes"]) == ["fusilli", "penne"]
    assert (product["substitutes"]["totalCount"], product["substitutes"]["pageInfo"]["hasNextPage"]) == (4, True)
    edge = product["substitutes"]["edges"][0]
    assert edge["probability"] == pytest.approx(0.85)
    assert (edge["rank"], edge["isCalibrated"], edge["modelVersion"]) == (1, False, shop.MODEL_VERSION)
    assert edge["evidence"]["switches"] == 9
    assert edge["explanation"]["sentence"] == (
        "Fusilli can stand in for Spaghetti (probability 0.85): bought together in 1 basket; "
        "one taken in place of the other 9 times; both in Pasta."
    )
    assert edge["explanation"]["paths"][0]["steps"][0]["relation"] == "SWITCHED_TO"
    sentence = product["complements"]["edges"][0]["explanation"]["sentence"]
    assert sentence == "Tomato sauce goes with Spaghetti (probability 0.90): bought together in 37 baskets."


def test_a_verdict_counts_from_the_next_refresh(fresh):
    pin = shop.verdict("penne", "spaghetti", "pinned", relation="SUBSTITUTES_FOR", position=1)
    fresh.journal.save_verdicts([pin], recorded_at=shop.NOON)
    within_two_seconds(lambda: skus(fresh.data(RELATIONS)["product"]["substitutes"])[0] == "penne")
    edge = fresh.data(RELATIONS)["product"]["substitutes"]["edges"][0]
    assert edge["verdict"] == {"word": "pinned"}


def within_two_seconds(holds):
    ends = time.monotonic() + 2
    while not holds():
        assert time.monotonic() < ends, "not within two seconds"
        time.sleep(0.02)


RECOMMEND = """query($for: RecommendationsFor!, $first: Int!, $exclude: [String!]) {
  recommendations(for: $for, first: $first, exclude: $exclude) {
    isFallback modelVersion changesSequence
    products { product { sku name } score reason source relation becauseOf probability availability
      explanation { sentence } }
    withheld { product { sku } reason } } }"""


def recommended(service, first=3, exclude=None, **for_):
    return service.data(RECOMMEND, **{"for": for_, "first": first, "exclude": exclude})["recommendations"]


def test_recommendations_for_a_page_a_basket_a_customer_and_nobody(service):
    page = recommended(service, product="spaghetti", customerAge=30)
    assert [offer["product"]["sku"] for offer in page["products"]] == ["sauce", "pesto", "beer"]
    assert page["products"][0]["explanation"]["sentence"].startswith("Tomato sauce goes with Spaghetti")
    basket = recommended(service, basket=["spaghetti", "sauce"], first=1)
    assert basket["products"][0]["product"]["sku"] == "pesto"
    assert basket["withheld"] == [{"product": {"sku": "sauce"}, "reason": "IN_BASKET"}]
    customer = recommended(service, customerId="c1")
    assert [(o["product"]["sku"], o["source"]) for o in customer["products"]][:2] == [
        ("cola", "repeat"),
        ("spaghetti", "repeat"),
    ]
    nobody = recommended(service, customerId="a new one")
    assert nobody["isFallback"] is True
    assert nobody["products"][0]["explanation"] is None
    assert recommended(service, product="spaghetti", first=1, exclude=["sauce"])["products"][0]["product"]["sku"] == (
        "pesto"
    )
    assert recommended(service, priceCeiling="0.01")["products"] == []


RECORD = (
    "mutation($input: RecordStockInput!) { recordStock(input: $input) { sequence userErrors { field message code } } }"
)


def record(service, *changes, key="k1"):
    rows = [
        {"storeId": store, "sku": sku, "onHandUnits": str(units), "countedAt": "2024-05-01T12:00:00+00:00"}
        for store, sku, units in changes
    ]
    return service.data(RECORD, input={"changes": rows, "idempotencyKey": key})["recordStock"]


SUBSTITUTE = """query($lines: [BasketLineInput!]!, $store: String) {
  substitutesFor(basketLines: $lines, storeId: $store) {
    sku problem offers { product { sku } availability probability } withheld { product { sku } reason } } }"""


def test_an_empty_shelf_is_honoured_in_the_very_next_answer(fresh):
    lines = [{"sku": "spaghetti"}, {"sku": "pesto"}]
    assert fresh.data(SUBSTITUTE, lines=lines, store="S1")["substitutesFor"] == []
    answer = record(fresh, ("S1", "spaghetti", 0), ("S1", "fusilli", 0))
    assert answer == {"sequence": 2, "userErrors": []}
    (line,) = fresh.data(SUBSTITUTE, lines=lines, store="S1")["substitutesFor"]
    assert (line["sku"], line["problem"]) == ("spaghetti", "OUT_OF_STOCK")
    assert [offer["product"]["sku"] for offer in line["offers"]] == ["penne"]
    assert {"product": {"sku": "fusilli"}, "reason": "OUT_OF_STOCK"} in line["withheld"]
    assert recommended(fresh, product="spaghetti")["changesSequence"] == 2


def test_recording_stock_is_idempotent_and_refuses_what_cannot_be(fresh):
    first = record(fresh, ("S1", "beer", 3))
    assert record(fresh, ("S1", "beer", 3)) == first
    other = record(fresh, ("S1", "beer", 4))
    assert other["sequence"] is None
    assert other["userErrors"][0]["code"] == "KEY_REUSED"
    bad = record(fresh, ("S9", "beer", 1), ("S1", "nothing", "NaN"), ("S1", "cola", 1), key="k2")
    assert [(error["field"], error["code"]) for error in bad["userErrors"]] == [
        (["changes", "0", "storeId"], "NOT_FOUND"),
        (["changes", "1", "sku"], "NOT_FOUND"),
        (["changes", "1", "onHandUnits"], "INVALID"),
    ]
    assert fresh.journal.last_sequence() == 1
    assert record(fresh, key="k3") == {"sequence": None, "userErrors": []}


def test_what_another_process_records_is_honoured_within_two_seconds(fresh):
    fresh.journal.record([StockChange("S1", "sauce", 0.0, shop.NOON)], recorded_at=shop.NOON)
    query = '{ product(sku: "sauce") { availability(storeId: "S1") } }'
    within_two_seconds(lambda: fresh.data(query)["product"]["availability"] == "OUT")
    fresh.journal.record([Delisting("pesto", shop.TODAY), LoadPublished(2)], recorded_at=shop.NOON)
    within_two_seconds(lambda: fresh.http.get("/readyz").json()["lake_version"] == 2)
    assert [o["product"]["sku"] for o in recommended(fresh, product="spaghetti")["products"]][:2] == ["sauce", "cola"]


FULL_PAGE = """query($first: Int) { products(first: $first) { edges { node {
  sku name category { name } brand { name } price { amount } availability
  suppliers { edges { node { name } } } promotions { edges { node { name } } }
  stocks { edges { node { onHandUnits store { name } } } }
  substitutes(first: 5) { edges { probability node { name category { name } } explanation { sentence } } }
  complements(first: 5) { edges { node { name } } } boughtWith { edges { node { name } } }
} } } }"""


def test_round_trips_do_not_grow_with_the_page(service):
    assert service.reads(FULL_PAGE, first=2) == service.reads(FULL_PAGE, first=10) <= 16
    small = """query($first: Int) { products(first: $first) { edges { node {
      suppliers { edges { node { name } } } stocks { edges { node { onHandUnits } } }
      substitutes { edges { node { name } } } } } } }"""
    assert service.reads(small, first=10) <= 7
    lines = [{"sku": sku, "units": 11} for sku in shop.SKUS]
    few = service.reads(SUBSTITUTE, lines=lines[-2:], store="S1")
    assert service.reads(SUBSTITUTE, lines=lines, store="S1") == few == 1


def test_a_promoted_model_is_served_without_a_restart(loaded, tmp_path):
    newer = replace(shop.artefact(), model_version="newer")
    promoted = threading.Event()

    def newer_model(served):
        return newer if promoted.is_set() and served != "newer" else None

    query = '{ recommendations(for: {product: "spaghetti"}, first: 1) { modelVersion } }'
    journal = Journal(str(tmp_path / "journal.db"))
    with serving(loaded, journal, model=shop.artefact(), newer_model=newer_model) as running:
        assert running.data(query)["recommendations"]["modelVersion"] == shop.MODEL_VERSION
        promoted.set()
        until = time.monotonic() + 10
        while running.data(query)["recommendations"]["modelVersion"] != "newer":
            assert time.monotonic() < until
