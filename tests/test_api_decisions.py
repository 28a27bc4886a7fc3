"""The ledger as callers meet it: ids on answers, entries, replays and outcomes, on a real Neo4j and a real journal."""

from datetime import timedelta

import pytest
import service_shop as shop
from service_client import ADMIN_KEY, address_of, bearer, serving, settled, within_two_seconds

from api.access import Access
from journal.decision_log import DecisionLog
from journal.keys import Keys
from journal.ledger import Ledger
from journal.store import Journal
from schema.access import AccessPolicy, Role
from schema.changes import StockChange

pytestmark = pytest.mark.graph

RECOMMEND = """query ($customer: String, $sku: String) {
  recommendations(for: { customerId: $customer, product: $sku, storeId: "S1" }, first: 3) {
    decisionId products { score product { sku } } } }"""
SUBSTITUTE = """{ substitutesFor(storeId: "S1", basketLines: [
  { sku: "spaghetti", units: 20 }, { sku: "penne", units: 11 }, { sku: "nuts" }]) {
    sku decisionId offers { product { sku } } } }"""
ENTRY = """query ($id: ID!) { decision(id: $id) {
  decisionId kind decidedAt decidedOn modelVersion lakeVersion changesSequence policy arm customerId request answer
  answerHash outcomes { kind sku happenedAt units } replay { isSame answerHash differences } } }"""
RECORD = """mutation ($input: RecordOutcomeInput!) { recordOutcome(input: $input) {
  numRecorded userErrors { field code } } }"""


@pytest.fixture(params=[1 << 20, 0], ids=["kept", "full"])
def running(request, loaded, tmp_path):
    """A service whose ledger keeps everything, and one whose spool may hold nothing."""
    address = str(tmp_path / "journal.db")
    ledger = Ledger(DecisionLog(address), tmp_path / "spool", max_bytes=request.param)
    access = Access(AccessPolicy(), development_key=ADMIN_KEY, keys=Keys(address))
    with serving(loaded, Journal(address), model=shop.artefact(), ledger=ledger, access=access) as service:
        yield service


kept_only = pytest.mark.parametrize("running", [1 << 20], indirect=True, ids=["kept"])


def outcome(decision_id, kind="BOUGHT", **values):
    return {"decisionId": decision_id, "kind": kind, "sku": "sauce", "happenedAt": shop.NOON.isoformat(), **values}


@kept_only
def test_an_answer_is_found_by_its_id_and_comes_out_again_after_changes(running):
    answer = running.data(RECOMMEND, customer="c1", sku="spaghetti")["recommendations"]
    running.journal.record([StockChange("S1", "sauce", 0.0, shop.NOON)], recorded_at=shop.NOON)
    running.contexts[-1].advisor.refresh()
    later = running.data(RECOMMEND, customer="c1", sku="spaghetti")["recommendations"]
    assert answer["products"] != later["products"]
    for each, sequence in ((answer, 0), (later, 1)):
        entry = running.data(ENTRY, id=each["decisionId"])["decision"]
        assert entry["replay"] == {"isSame": True, "answerHash": entry["answerHash"], "differences": []}
        assert [offer["sku"] for offer in entry["answer"]["offers"]] == [
            offer["product"]["sku"] for offer in each["products"]
        ]
        assert (entry["changesSequence"], entry["lakeVersion"], entry["arm"]) == (sequence, 1, "standing")
        assert (entry["kind"], entry["customerId"]) == ("recommendation", "c1")
        assert [bought["sku"] for bought in entry["request"]["history"]] == ["cola", "spaghetti"]


@kept_only
def test_where_an_offer_is_shown_is_kept_with_it_and_changes_nothing(running):
    asked = """query ($context: String) { recommendations(for: { product: "spaghetti", context: $context }, first: 3) {
      decisionId products { product { sku } } } }"""
    shown, plain = (running.data(asked, context=where)["recommendations"] for where in ("checkout", None))
    assert shown["products"] == plain["products"]
    entry = running.data(ENTRY, id=shown["decisionId"])["decision"]
    assert (entry["request"]["request"]["context"], entry["replay"]["isSame"]) == ("checkout", True)
    assert running.code(asked, context="x" * 65) == "BAD_USER_INPUT"


@kept_only
def test_all_lines_of_a_substitution_share_one_decision(running):
    lines = running.data(SUBSTITUTE)["substitutesFor"]
    assert [line["sku"] for line in lines] == ["spaghetti", "penne"]
    (decision_id,) = {line["decisionId"] for line in lines}
    entry = running.data(ENTRY, id=decision_id)["decision"]
    assert (entry["kind"], entry["replay"]["isSame"]) == ("substitution", True)


@kept_only
def test_outcomes_join_back_and_filter_the_list(running):
    first, second = (
        running.data(RECOMMEND, customer=customer)["recommendations"]["decisionId"] for customer in ("c1", "new")
    )
    batch = {"outcomes": [outcome(first, units=2), outcome(first, "SHOWN")], "idempotencyKey": "k"}
    assert running.data(RECORD, input=batch)["recordOutcome"] == {"numRecorded": 2, "userErrors": []}
    assert running.data(RECORD, input=batch)["recordOutcome"]["numRecorded"] == 0
    told = running.data(ENTRY, id=first)["decision"]["outcomes"]
    assert sorted((each["kind"], each["units"]) for each in told) == [("BOUGHT", 2.0), ("SHOWN", None)]

    running.data(ENTRY, id=second)  # comes back once it has reached the database, where lists are read

    def ids(chosen="", first=10):
        query = f"{{ decisions(filter: {{{chosen}}}, first: {first}) {{ edges {{ cursor node {{ decisionId }} }} }} }}"
        return [edge["node"]["decisionId"] for edge in running.data(query)["decisions"]["edges"]]

    assert set(ids()) == {first, second}
    assert ids("outcome: BOUGHT") == [first]
    assert ids("outcome: REJECTED") == []
    assert ids('customerId: "new"') == [second]
    assert ids(f'until: "{shop.NOON.isoformat()}"') == []
    assert ids('kind: "substitution"') == []


@kept_only
def test_the_list_is_read_page_by_page(running):
    made = [running.data(RECOMMEND)["recommendations"]["decisionId"] for _ in range(3)]
    running.data(ENTRY, id=made[-1])
    query = """query ($after: String) { decisions(first: 2, after: $after) {
      edges { node { decisionId } } pageInfo { hasNextPage endCursor } } }"""
    page = running.data(query)["decisions"]
    rest = running.data(query, after=page["pageInfo"]["endCursor"])["decisions"]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert {edge["node"]["decisionId"] for each in (page, rest) for edge in each["edges"]} == set(made)
    assert running.code(query, after="forged") == "BAD_USER_INPUT"


@pytest.mark.parametrize("running", [0], indirect=True, ids=["full"])
def test_past_the_bound_answers_go_on_without_an_id(running):
    answer = running.data(RECOMMEND, sku="spaghetti")["recommendations"]
    assert (answer["decisionId"], len(answer["products"])) == (None, 3)
    assert {line["decisionId"] for line in running.data(SUBSTITUTE)["substitutesFor"]} == {None}
    settled(running)
    ready = running.http.get("/readyz").json()
    assert (ready["ready"], ready["ledger"]) == (True, "the spool is full: decisions are answered without an id")


@kept_only
def test_wrong_outcomes_are_told_by_their_place_and_nothing_is_kept(running):
    known = running.data(RECOMMEND)["recommendations"]["decisionId"]
    wrong = [
        ([outcome(known), outcome("nothing")], ["outcomes", "1", "decisionId"], "NOT_FOUND"),
        ([outcome(known, units=-1)], ["outcomes", "0", "units"], "INVALID"),
        ([outcome(known, sku="")], ["outcomes", "0", "sku"], "INVALID"),
        ([outcome(known, happenedAt="2024-05-01T12:00:00")], ["outcomes", "0", "happenedAt"], "INVALID"),
    ]
    for outcomes, field, code in wrong:
        answer = running.data(RECORD, input={"outcomes": outcomes, "idempotencyKey": "k"})["recordOutcome"]
        assert answer == {"numRecorded": 0, "userErrors": [{"field": field, "code": code}]}
    running.data(RECORD, input={"outcomes": [outcome(known)], "idempotencyKey": "k"})
    other = running.data(RECORD, input={"outcomes": [outcome(known, "SHOWN")], "idempotencyKey": "k"})
    assert other["recordOutcome"]["userErrors"][0]["code"] == "KEY_REUSED"
    assert len(running.data(ENTRY, id=known)["decision"]["outcomes"]) == 1


@kept_only
@pytest.mark.parametrize("decision_id", ["", "nothing", "\u0000", "x" * 5000, "' OR 1=1 --"])
def test_an_id_that_is_none_answers_null(running, decision_id):
    assert running.data(ENTRY, id=decision_id)["decision"] is None


@kept_only
def test_odd_texts_are_kept_and_found(running):
    for customer in ("a\u0000b", "é😀"):
        decision_id = running.data(RECOMMEND, customer=customer)["recommendations"]["decisionId"]
        assert running.data(ENTRY, id=decision_id)["decision"]["replay"]["isSame"]


@kept_only
def test_one_operation_replays_a_handful_at_most(running):
    for n in range(6):
        running.data(RECOMMEND, customer=str(n))
    running.data(ENTRY, id="flushes")
    answer = running.ask("{ decisions { edges { node { replay { isSame } } } } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


def test_a_service_without_a_ledger_says_so(loaded, tmp_path):
    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=shop.artefact()) as service:
        assert service.data(RECOMMEND)["recommendations"]["decisionId"] is None
        assert service.code(ENTRY, id="x") == "UNAVAILABLE"


@kept_only
def test_ids_begin_with_the_instant_of_the_decision(running):
    decision_id = running.data(RECOMMEND)["recommendations"]["decisionId"]
    assert timedelta(milliseconds=int(decision_id[:12], 16)) == shop.NOON - shop.NOON.fromtimestamp(0, shop.NOON.tzinfo)


@kept_only
def test_whoever_is_bound_to_a_customer_tells_nothing_of_anothers_decisions(running):
    own, anothers, nobodys = (
        running.data(RECOMMEND, customer=who)["recommendations"]["decisionId"] for who in ("c1", "new", None)
    )
    keys = Keys(address_of(running.journal))
    _, token = keys.create(Role.FRONTEND, created_at=shop.NOON, customer_id="c1")

    def asked(query, **variables):
        return running.http.post("/graphql", json={"query": query, "variables": variables}, headers=bearer(token))

    within_two_seconds(lambda: asked("{ __typename }").is_success)
    for decision_id, errors in ((own, []), (nobodys, []), (anothers, ["NOT_FOUND"])):
        batch = {"outcomes": [outcome(decision_id)], "idempotencyKey": decision_id}
        answer = asked(RECORD, input=batch).json()["data"]["recordOutcome"]
        assert [each["code"] for each in answer["userErrors"]] == errors
