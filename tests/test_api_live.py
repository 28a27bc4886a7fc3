"""Relations and decisions over HTTP, on a real Neo4j: what is recorded now counts in what is answered next."""

import threading
import time
from dataclasses import replace

import pytest
import service_shop as shop
from service_client import serving, skus, within_two_seconds

from journal.store import Journal
from schema.changes import Delisting, LoadPublished, StockChange

pytestmark = pytest.mark.graph
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
    # 10 kinds of names and joins, some of which are wanted once more after others came; one by one it were 60.
    assert 8 <= service.reads(FULL_PAGE, first=10) <= 12
    small = """query($first: Int) { products(first: $first) { edges { node {
      suppliers { edges { node { name } } } stocks { edges { node { onHandUnits } } }
      substitutes { edges { node { name } } } } } } }"""
    assert service.reads(small, first=10) <= 7
    lines = [{"sku": sku, "units": 11} for sku in shop.SKUS]
    few = service.reads(SUBSTITUTE, lines=lines[-2:], store="S1")
    assert service.reads(SUBSTITUTE, lines=lines, store="S1") == few == 1


def test_what_an_answer_read_is_told_also_where_requests_share_it(fresh):
    bought = 'query($id: String) { recommendations(for: {basket: ["fusilli"], customerId: $id}) { modelVersion } }'
    assert fresh.reads(bought, id=None) == 1  # the products of the page
    assert fresh.reads(bought, id="c1") == 2
    assert fresh.reads(bought, id="c1") == 1  # a customer is kept for a minute
    why = '{ product(sku: "spaghetti") { substitutes { edges { explanation { paths { steps { source } } } } } } }'
    assert fresh.reads(why) == 4  # the product, its substitutes, their categories, paths


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
