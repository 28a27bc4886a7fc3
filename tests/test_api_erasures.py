"""eraseCustomer as callers meet it: a receipt, the job behind it, and nothing that names the customer."""

import json

import pytest
import service_shop as shop
from ledger_entries import entry
from service_client import address_of, serving

from api.operations import Operations
from journal.decision_log import DecisionLog
from journal.erasure_log import ErasureLog
from journal.job_log import JobLog
from journal.keys import Keys
from journal.ledger import Ledger
from journal.store import Journal
from schema.access import Role

pytestmark = pytest.mark.graph
ERASE = """mutation($customer: String!, $reason: String!) { eraseCustomer(customerId: $customer, reason: $reason) {
  receipt { id customerHash askedBy endedAt reason erased { what count } job { id kind state arguments } }
  userErrors { field code } } }"""
RECEIPT = "query($id: ID!) { erasure(id: $id) { endedAt erased { what count } } }"
EVENTS = """mutation($events: [EventInput!]!) {
  recordEvents(input: {events: $events}) { numRecorded numKnown userErrors { code } } }"""


@pytest.fixture
def service(loaded, journal_address, tmp_path):
    journal = Journal(journal_address)
    operations = Operations(JobLog(journal_address), erasures=ErasureLog(journal_address))
    ledger = Ledger(DecisionLog(journal_address), tmp_path / "spool", max_bytes=1 << 20)
    with serving(loaded, journal, operations=operations, ledger=ledger, model=shop.artefact()) as running:
        running.operations = operations
        yield running


def erase(service, customer, reason="She asked."):
    return service.data(ERASE, customer=customer, reason=reason)["eraseCustomer"]


def test_a_receipt_is_answered_and_asked_for_again(service):
    keys = Keys(address_of(service.journal))
    keys.create(Role.FRONTEND, created_at=shop.NOON, customer_id="K1")
    receipt = erase(service, "K1")["receipt"]
    assert receipt["job"] == {"id": "1", "kind": "ERASURE", "state": "QUEUED", "arguments": {"erasure": 1}}
    assert receipt["erased"] == [{"what": "access keys", "count": 1}]
    assert (receipt["askedBy"], receipt["endedAt"], len(receipt["customerHash"])) == ("development", None, 64)
    assert erase(service, "K1")["receipt"]["id"] == receipt["id"]
    assert keys.all()[0].revoked_at == shop.NOON
    service.operations.erasures.end(1, {"lake purchases": 3}, at=shop.NOON)
    told = service.data(RECEIPT, id=receipt["id"])["erasure"]
    assert {"what": "lake purchases", "count": 3} in told["erased"]
    assert told["endedAt"] is not None


def test_events_of_an_erased_customer_are_not_kept(service):
    erase(service, "K1")
    event = {"kind": "VIEW", "happenedAt": "2024-05-01T12:00:00Z"}
    events = [{**event, "eventId": "1", "customerId": "K1"}, {**event, "eventId": "2", "customerId": "K2"}]
    told = service.data(EVENTS, events=events)["recordEvents"]
    assert told == {"numRecorded": 1, "numKnown": 1, "userErrors": []}
    assert [each.event_id for each in service.journal.events()] == ["2"]


def test_neither_audit_nor_receipt_nor_job_names_the_customer(service):
    erase(service, "K1-secret")
    query = (
        "{ auditEntries { edges { node { mutation arguments before after } } } jobs { edges { node { arguments } } } }"
    )
    told = service.data(query)
    assert told["auditEntries"]["edges"][0]["node"]["arguments"] == {"reason": "She asked."}
    assert "K1-secret" not in json.dumps(told)
    refused = erase(service, "K1-secret", reason="K1-secret asked.")
    assert (refused["receipt"], refused["userErrors"][0]["field"]) == (None, ["reason"])


def test_a_decision_of_an_erased_customer_is_blank_and_its_replay_says_why(service):
    log = DecisionLog(address_of(service.journal))
    log.add([entry(decision_id="d" * 32, customer_id="K1", inputs='{"customer_id":"K1"}')])
    erase(service, "K1")
    service.operations.erasures.sweep(1, at=shop.NOON)
    query = """query($id: ID!) { decision(id: $id) { customerId request answer answerHash } }"""
    told = service.data(query, id="d" * 32)["decision"]
    assert (told["customerId"], told["request"], told["answer"]) == (None, {"erased": True}, {"erased": True})
    answer = service.ask("query($id: ID!) { decision(id: $id) { replay { isSame } } }", id="d" * 32)
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert "its customer was erased" in answer["errors"][0]["message"]


@pytest.mark.parametrize(("customer", "reason"), [("", "Why."), ("x" * 256, "Why."), ("a\0", "Why."), ("K1", " ")])
def test_a_customer_and_a_reason_are_wanted(service, customer, reason):
    answer = erase(service, customer, reason)
    assert answer["receipt"] is None
    assert answer["userErrors"][0]["code"] == "INVALID"
    assert service.operations.jobs.jobs(limit=1) == []


@pytest.mark.parametrize("forged", ["0", "9", "x", "-1", "9" * 30, "1 OR 1=1"])
def test_a_forged_receipt_is_none(service, forged):
    erase(service, "'; DROP TABLE erasures; --")
    assert service.data(RECEIPT, id=forged)["erasure"] is None
    assert service.data(RECEIPT, id="1")["erasure"] is not None
