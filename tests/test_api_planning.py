"""What planners ask and tell, over HTTP, on a real Neo4j, journal and ledger."""

from datetime import timedelta

import planning_shops as planning
import pytest
import service_shop as shop
from service_client import serving

from journal.decision_log import DecisionLog
from journal.ledger import Ledger
from journal.store import Journal
from schema.changes import StockChange

pytestmark = pytest.mark.graph

DEMAND = """query ($sku: String!, $weeks: Int!) { demandForecast(sku: $sku, storeId: "S1", weeks: $weeks) {
  sku asOf baseUnits whyNone decisionId modelVersion product { name } store { name }
  fromProductsOut { sku share units product { name } }
  weeks { weekStartsOn mean transferredUnits quantiles { level units } drivers { driver factor sentence }
    override { units reason saidBy } } } }"""
ORDERS = """query ($store: String, $supplier: String, $uses: Boolean!) {
  orderProposals(storeId: $store, supplierId: $supplier, first: 20, usesOverrides: $uses) {
    orderOn numProposed numLines whyNone decisionId changesSequence
    lateSuppliers { supplierId numOrders units mostDaysLate usualDaysLate }
    proposals { sku storeId units onOrderUnits expectedOn cost { amount currencyCode } reason
      product { name } store { name } supplier { name } } } }"""
APPROVE = """mutation ($i: JudgeOrderInput!) { done: approveOrder(input: $i) {
  sequence orders { sku units isApproved } userErrors { field code message } } }"""
REJECT = APPROVE.replace("approveOrder", "rejectOrder")
OVERRIDE = """mutation ($i: OverrideForecastInput!) { done: overrideForecast(input: $i) {
  sequence userErrors { field code } } }"""
REPLAY = "query ($id: ID!) { decision(id: $id) { kind replay { isSame differences } } }"


@pytest.fixture
def service(loaded, tmp_path):
    address = str(tmp_path / "journal.db")
    ledger = Ledger(DecisionLog(address), tmp_path / "spool", max_bytes=1 << 24)
    facts = planning.facts(planning.stock(4.0))
    wiring = {"facts": facts, "read_facts": lambda _version: facts, "model": planning.artefact(), "ledger": ledger}
    with serving(loaded, Journal(address), **wiring) as running:
        yield running


def orders(service, store="S1", supplier=None, uses=True):
    return service.data(ORDERS, store=store, supplier=supplier, uses=uses)["orderProposals"]


def done(service, mutation, key="k", **batch):
    return service.data(mutation, i={"idempotencyKey": key, "reason": "Tried it.", **batch})["done"]


def replayed(service, decision_id, kind):
    entry = service.data(REPLAY, id=decision_id)["decision"]
    assert (entry["kind"], entry["replay"]) == (kind, {"isSame": True, "differences": []})


def test_a_forecast_is_told_with_what_drives_it_and_comes_out_again(service):
    service.journal.record([StockChange("S1", "spaghetti", 0.0, shop.NOON)], recorded_at=shop.NOON)
    service.data('{ product(sku: "cola") { sku } }')
    service.contexts[-1].advisor.refresh()
    told = service.data(DEMAND, sku="fusilli", weeks=3)["demandForecast"]
    assert (told["product"]["name"], told["store"]["name"], told["whyNone"]) == ("Fusilli", "Store S1", None)
    assert [week["weekStartsOn"] for week in told["weeks"]] == [
        (planning.MONDAY + timedelta(weeks=n)).isoformat() for n in range(3)
    ]
    units = [each["units"] for each in told["weeks"][0]["quantiles"]]
    assert units == sorted(units)
    assert len(units) == 19
    assert [driver["driver"] for driver in told["weeks"][0]["drivers"]] == [
        "price",
        "promotion",
        "substitutes",
        "season",
    ]
    assert told["fromProductsOut"][0]["product"]["name"] == "Spaghetti"
    assert told["weeks"][0]["transferredUnits"] == pytest.approx(1.4)
    service.journal.record([StockChange("S1", "spaghetti", 9.0, shop.NOON)], recorded_at=shop.NOON)
    service.contexts[-1].advisor.refresh()
    assert service.data(DEMAND, sku="fusilli", weeks=3)["demandForecast"]["fromProductsOut"] == []
    replayed(service, told["decisionId"], "demand")


def test_a_forecast_by_day_sums_to_its_weeks_and_comes_out_again(service):
    query = """query ($grain: ForecastGrain!) {
      demandForecast(sku: "cola", storeId: "S1", weeks: 2, grain: $grain) {
        decisionId whyNoDays weeks { mean days { day mean quantiles { level units } } } } }"""
    plain, told = (service.data(query, grain=grain)["demandForecast"] for grain in ("WEEK", "DAY"))
    assert [week["days"] for week in plain["weeks"]] == [[], []]
    assert [len(week["days"]) for week in told["weeks"]] == [7, 7]
    assert sum(day["mean"] for day in told["weeks"][1]["days"]) == pytest.approx(told["weeks"][1]["mean"])
    assert told["weeks"][1]["days"][6]["day"] == (planning.MONDAY + timedelta(13)).isoformat()
    for each in (plain, told):
        assert each["whyNoDays"] is None
        replayed(service, each["decisionId"], "demand")


def test_a_product_tells_its_own_demand_and_why_there_is_none(service):
    query = """{ product(sku: "nuts") { demand(storeId: "S1") { whyNone weeks { mean } } }
      cola: product(sku: "cola") { demand(storeId: "S1", weeks: 2) { weeks { mean } } } }"""
    answer = service.data(query)
    assert "no weekly sales" in answer["product"]["demand"]["whyNone"]
    assert [week["mean"] for week in answer["cola"]["demand"]["weeks"]] == [3, 3]


def test_orders_are_proposed_approved_and_then_on_their_way(service):
    first = orders(service)
    assert first["orderOn"] == shop.TODAY.isoformat()
    assert first["lateSuppliers"] == [], "no order was promised for a day"
    penne = next(one for one in first["proposals"] if one["sku"] == "penne")
    assert (penne["product"]["name"], penne["supplier"]["name"]) == ("Penne", "BOLT")
    assert penne["cost"] == {"amount": f"{penne['units']:.2f}", "currencyCode": "EUR"}
    batch = {"decisionId": first["decisionId"], "lines": [{"storeId": "S1", "sku": "penne"}]}
    answer = done(service, APPROVE, **batch)
    assert answer == {
        "sequence": 1,
        "orders": [{"sku": "penne", "units": penne["units"], "isApproved": True}],
        "userErrors": [],
    }
    assert done(service, APPROVE, **batch) == answer
    assert done(service, REJECT, key="later", **batch)["userErrors"][0]["code"] == "INVALID"
    again = {one["sku"]: one for one in orders(service)["proposals"]}
    if "penne" in again:
        assert again["penne"]["onOrderUnits"] == penne["onOrderUnits"] + penne["units"]
        assert again["penne"]["units"] < penne["units"]
    replayed(service, first["decisionId"], "orders")


def test_rejected_orders_are_asked_for_again(service):
    first = orders(service)
    lines = [{"storeId": "S1", "sku": one["sku"]} for one in first["proposals"]]
    answer = done(service, REJECT, decisionId=first["decisionId"], lines=lines)
    assert {order["units"] for order in answer["orders"]} == {0}
    assert orders(service)["proposals"] == first["proposals"]


def test_what_cannot_be_approved_is_told(service):
    first = orders(service)
    decision = first["decisionId"]

    def wrong(lines, **rest):
        batch = {"decisionId": decision, "lines": [{"storeId": "S1", **line} for line in lines], **rest}
        return [(".".join(each["field"]), each["code"]) for each in done(service, APPROVE, **batch)["userErrors"]]

    assert wrong([{"sku": "nuts"}]) == [("lines.0", "NOT_FOUND")]
    assert wrong([{"sku": "penne", "units": 9}]) == [("lines.0.units", "INVALID")]
    assert wrong([{"sku": "penne", "units": 4}]) == [("lines.0.units", "INVALID")]
    assert wrong([{"sku": "penne"}, {"sku": "penne"}]) == [("lines", "INVALID")]
    assert wrong([{"sku": "penne"}], reason=" ") == [("reason", "INVALID")]
    assert wrong([{"sku": "penne"}], decisionId="none") == [("decisionId", "NOT_FOUND")]
    assert wrong([{"sku": "penne", "units": 12}]) == []


def test_a_planners_word_stands_beside_the_model_and_moves_orders(service):
    week = (planning.MONDAY + timedelta(weeks=1)).isoformat()
    batch = {"sku": "sauce", "storeId": "S1", "weekStartsOn": week, "units": "300"}
    assert done(service, OVERRIDE, **batch) == {"sequence": 1, "userErrors": []}
    told = service.data(DEMAND, sku="sauce", weeks=3)["demandForecast"]["weeks"]
    assert [one["override"] and one["override"]["units"] for one in told] == [None, 300, None]
    assert told[1]["mean"] == 8
    units = [
        {one["sku"]: one["units"] for one in orders(service, uses=uses)["proposals"]}["sauce"] for uses in (True, False)
    ]
    assert units[0] > units[1]
    assert done(service, OVERRIDE, key="w", **{**batch, "units": None})["sequence"] == 2
    assert service.data(DEMAND, sku="sauce", weeks=3)["demandForecast"]["weeks"][1]["override"] is None
    wrong = done(service, OVERRIDE, key="x", **{**batch, "weekStartsOn": "2024-05-07"})
    assert wrong["userErrors"] == [{"field": ["weekStartsOn"], "code": "INVALID"}]
    assert done(service, OVERRIDE, key="x", **{**batch, "sku": "nuts"})["userErrors"][0]["code"] == "NOT_FOUND"


def test_reads_do_not_grow_with_the_orders_shown(service):
    assert service.reads(ORDERS, store="S1", supplier=None, uses=True) == 3
    assert service.reads(ORDERS, store=None, supplier=None, uses=True) == 3
    assert service.reads(DEMAND, sku="fusilli", weeks=26) == 2


DISRUPTION = """query ($days: Int!) { disruption(supplierId: "acme", delayDays: $days, first: 20) {
  orderOn numLines meanLostUnits whyNone decisionId
  lines { sku storeId product { name } coverDays { low middle high } lostUnits { low middle high }
    orderUnits revisedOrderUnits takenOver { sku share units { middle } product { name } } }
  substituteOrders { sku storeId supplierId takenOverUnits orderUnits revisedOrderUnits } } }"""


def test_a_delay_is_followed_to_shelves_and_comes_out_again(service):
    found = service.data(DISRUPTION, days=14)["disruption"]
    assert {(line["sku"], line["storeId"]) for line in found["lines"]} == {("fusilli", "S1"), ("spaghetti", "S1")}
    assert found["whyNone"] is None
    assert all(line["product"]["name"] for line in found["lines"])
    replayed(service, found["decisionId"], "disruption")
    assert service.reads(DISRUPTION, days=14) == 2
    assert service.code(DISRUPTION, days=0) == "BAD_USER_INPUT"
