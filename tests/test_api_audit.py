"""Every mutation leaves who, what, before, after, when and the request's id, whatever becomes of it."""

import asyncio
from types import SimpleNamespace

import pytest
import service_shop as shop
from service_client import ADMIN_KEY, address_of, serving

from api.access import Access
from api.audit import MAX_BYTES, _bounded, plain
from api.contract import contract
from graph.server import LocalServer
from journal.audit import AuditLog
from journal.store import Journal
from schema.access import AccessPolicy, Caller, Role
from schema.audit import Attempt, Outcome
from schema.errors import Unavailable

RECORD = "mutation($input: RecordStockInput!) { recordStock(input: $input) { sequence userErrors { code } } }"
ENTRIES = """query($filter: AuditFilter, $first: Int, $after: String) {
  auditEntries(filter: $filter, first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    number askedAt endedAt requestId caller role mutation isDone arguments before after } } } }"""


def batch(key, sku="beer"):
    change = {"storeId": "S1", "sku": sku, "onHandUnits": 0, "countedAt": "2024-05-01T12:00:00Z"}
    return {"idempotencyKey": key, "changes": [change]}


def attempt(number, **changes):
    values = {
        "request_id": f"r{number}",
        "caller": "key:a",
        "role": "admin",
        "mutation": "m",
        "arguments": {"n": number},
    }
    return Attempt(shop.NOON, **{**values, **changes})


@pytest.fixture
def audit(tmp_path):
    return AuditLog(str(tmp_path / "journal.db"))


def test_attempts_are_numbered_and_outcomes_are_theirs(audit):
    numbers = [audit.begin(attempt(n)) for n in range(3)]
    assert numbers == [1, 2, 3]
    audit.end(2, Outcome(shop.NOON, True, {"was": 1}, {"is": 2}))
    entries = audit.entries(limit=10)
    assert [entry.number for entry in entries] == [3, 2, 1]
    assert [entry.outcome is None for entry in entries] == [True, False, True]
    assert entries[1].outcome == Outcome(shop.NOON, True, {"was": 1}, {"is": 2})
    assert entries[1].attempt == attempt(1)
    assert [entry.number for entry in audit.entries(after=3, limit=1)] == [2]
    assert [entry.number for entry in audit.entries(limit=9, request_id="r0", caller="key:a")] == [1]
    assert audit.entries(limit=9, mutation="' OR 1=1 --") == []


def test_values_are_told_as_json_and_bounded():
    assert plain({"a": [attempt(1)]})["a"][0]["asked_at"] == str(shop.NOON)
    deep: dict = {}
    for _ in range(100):
        deep = {"a": deep}
    assert len(str(plain(deep))) < 2_000
    large = _bounded({"changes": ["x" * 100] * 1_000})
    assert large["bytes"] > MAX_BYTES
    assert len(large["sha256"]) == 64


def test_no_mutation_runs_without_its_row():
    """Every mutation of the contract, those to come too: where the attempt cannot be kept, it is not made."""

    class Full:
        def begin(self, _attempt):
            raise Unavailable("The disk is full.")

    context = SimpleNamespace(
        access=SimpleNamespace(audit=Full()),
        caller=Caller("ann", Role.ADMIN),
        clock=lambda: shop.NOON,
        request_id="r",
    )
    mutations = contract()._schema.mutation_type.fields
    assert mutations
    for field in mutations.values():
        with pytest.raises(Unavailable, match="full"):
            asyncio.run(field.resolve(None, SimpleNamespace(context=context), input=object()))


@pytest.mark.graph
def test_a_mutation_leaves_its_row(neo4j_server: LocalServer, tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    audit = AuditLog(address_of(journal))
    access = Access(AccessPolicy(), development_key=ADMIN_KEY, audit=audit)
    with serving(neo4j_server, journal, access=access) as running:
        body = {"query": RECORD, "variables": {"input": batch("k1")}}
        done = running.http.post("/graphql", json=body, headers={"x-request-id": "till-7"}).json()
        assert done["data"]["recordStock"]["sequence"] == 1
        running.data(RECORD, input=batch("k2", sku="unobtainium"))
        refused, recorded = (edge["node"] for edge in running.data(ENTRIES)["auditEntries"]["edges"])
        assert (recorded["number"], recorded["requestId"], recorded["mutation"]) == (1, "till-7", "recordStock")
        assert (recorded["caller"], recorded["role"], recorded["isDone"]) == ("development", "admin", True)
        assert recorded["arguments"]["input"]["changes"][0]["sku"] == "beer"
        assert recorded["after"]["sequence"] == 1
        assert recorded["before"] == [
            shop.facts().on_hand[shop.facts().store_rows["S1"]][shop.facts().product_rows["beer"]]
        ]
        assert recorded["askedAt"].startswith("2024-05-01T12:00:00")
        assert (refused["isDone"], refused["after"]["user_errors"][0]["code"]) == (False, "NOT_FOUND")
        page = running.data(ENTRIES, first=1)["auditEntries"]
        assert page["pageInfo"]["hasNextPage"] is True
        rest = running.data(ENTRIES, first=5, after=page["pageInfo"]["endCursor"])["auditEntries"]["edges"]
        assert [edge["node"]["number"] for edge in rest] == [1]
        assert running.data(ENTRIES, filter={"requestId": "till-7"})["auditEntries"]["edges"][0]["node"]["number"] == 1
        _a_row_that_cannot_be_kept_stops_the_mutation(running, audit, journal)


def _a_row_that_cannot_be_kept_stops_the_mutation(running, audit, journal):
    def gone(_attempt):
        raise Unavailable("The journal is gone.")

    audit.begin = gone
    before = journal.last_sequence()
    assert running.code(RECORD, input=batch("k3")) == "UNAVAILABLE"
    assert journal.last_sequence() == before
