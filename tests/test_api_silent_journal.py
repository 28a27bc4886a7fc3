"""A PostgreSQL that hangs beneath the service: decisions go on, all else is told by type and in time, and it heals."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import service_shop as shop
from service_client import serving, settled, within

from journal.decision_log import DecisionLog
from journal.ledger import Ledger
from journal.store import Journal

pytestmark = [pytest.mark.graph, pytest.mark.slow]
DEADLINE = 5.0
DECIDE = '{ recommendations(for: {basket: ["spaghetti"], storeId: "S1"}, first: 3) { decisionId products { score } } }'
SEARCH = '{ products(query: "ale", first: 3) { edges { node { sku } } } }'
READ = "query ($id: ID!) { decision(id: $id) { kind } }"
RECORD = """mutation ($key: String!) { recordStock(input: {idempotencyKey: $key, changes: [
  {storeId: "S1", sku: "beer", onHandUnits: 1, countedAt: "2024-05-01T12:00:00Z"}]}) { sequence } }"""


@pytest.fixture
def running(loaded, postgres, tmp_path):
    address = postgres.new_journal()
    ledger = Ledger(DecisionLog(address), tmp_path / "spool", max_bytes=1 << 20)
    wiring = {"model": shop.artefact(), "ledger": ledger, "deadline_seconds": DEADLINE}
    with serving(loaded, Journal(address), **wiring) as service:
        settled(service)
        yield service
    postgres.end_sessions(address)


def readiness(service):
    answer = service.http.get("/readyz")
    return answer.status_code, answer.json()["checks"]["journal"], answer.json()["ledger"]


def decided(service):
    """A decision's id."""
    made = service.data(DECIDE)["recommendations"]
    assert len(made["products"]) == 3
    return made["decisionId"]


def test_a_journal_that_hangs_is_told_in_time_while_decisions_go_on(running, postgres):
    ids = [decided(running)]
    assert running.data(READ, id=ids[0])["decision"]["kind"] == "recommendation"
    with postgres.silent(), ThreadPoolExecutor(40) as callers:
        began = time.monotonic()
        asked = [callers.submit(running.code, READ, id=ids[0]) for _ in range(20)]
        asked += [callers.submit(running.code, RECORD, key=f"hangs {n}") for n in range(20)]
        ids += [decided(running) for _ in range(20)]
        assert {each.result() for each in asked} <= {"UNAVAILABLE", "TIMEOUT"}
        assert time.monotonic() - began < DEADLINE + 2
        within(5, lambda: readiness(running)[::2] == (503, "the store does not answer: decisions wait in the spool"))
        assert readiness(running)[1] == "does not answer"
        assert running.http.get("/healthz").status_code == 200
        # By now one asks the journal for all, so no thread is missing where none needs it.
        asked = [callers.submit(running.code, READ, id=ids[0]) for _ in range(20)]
        began = time.monotonic()
        assert running.data(SEARCH)["products"]["edges"]
        ids.append(decided(running))
        assert time.monotonic() - began < 2
        assert {each.result() for each in asked} == {"UNAVAILABLE"}
    within(5, lambda: readiness(running) == (200, "ready", "ready"))
    assert running.data(RECORD, key="after")["recordStock"]["sequence"]
    assert None not in ids
    assert [running.data(READ, id=each)["decision"]["kind"] for each in ids] == ["recommendation"] * len(ids)
