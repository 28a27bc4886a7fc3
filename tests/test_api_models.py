"""Models as callers meet them: listed, approved, rolled back, served by every process, and said who did it."""

import time

import pytest
import service_shop as shop
from service_client import address_of, serving
from test_registry_store import save

from api.operations import Operations
from jobs.models import Models
from journal.approval_log import ApprovalLog
from journal.job_log import JobLog
from journal.store import Journal
from registry.store import Registry

pytestmark = pytest.mark.graph
CHANGED = """{ model { modelVersion isChampion } approval { action fromVersion toVersion approvedBy reason }
  job { kind state } userErrors { field code } }"""
APPROVE = f"mutation($input: ApproveModelInput!) {{ approveModel(input: $input) {CHANGED} }}"
BACK = f"mutation($input: RollBackModelInput!) {{ rollBackModel(input: $input) {CHANGED} }}"
LIST = """{ models { edges { node { modelVersion isChampion trainedAt lakeVersion metrics } } }
  modelApprovals(first: 1) { edges { node { action toVersion } } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
def service(loaded, tmp_path):
    journal, registry = Journal(str(tmp_path / "journal.db")), Registry(tmp_path / "registry")
    served = []

    def newer(held):
        champion = registry.champion()
        if champion in (None, held):
            return None
        served.append(champion)
        return registry.load(champion)

    address = address_of(journal)
    operations = Operations(JobLog(address), models=Models(registry, ApprovalLog(address)))
    with serving(loaded, journal, operations=operations, newer_model=newer) as running:
        running.versions = [save(registry, seed=seed).model_version for seed in range(2)]
        running.served = served
        yield running


def approve(service, version, key, reason="Better."):
    told = {"modelVersion": version, "reason": reason, "idempotencyKey": key}
    return service.data(APPROVE, input=told)["approveModel"]


def test_the_champion_is_approved_and_rolled_back_and_served(service):
    old, new = service.versions
    assert approve(service, old, "1")["model"] == {"modelVersion": old, "isChampion": True}
    answer = approve(service, new, "2")
    assert answer["approval"]["fromVersion"] == old
    assert answer["job"] == {"kind": "PUBLISHING", "state": "QUEUED"}
    back = service.data(BACK, input={"reason": "Worse.", "idempotencyKey": "3"})["rollBackModel"]
    assert back["approval"] == {
        "action": "ROLLED_BACK",
        "fromVersion": new,
        "toVersion": old,
        "approvedBy": "development",
        "reason": "Worse.",
    }
    again = service.data(BACK, input={"reason": "Worse.", "idempotencyKey": "3"})["rollBackModel"]
    assert again["approval"] == back["approval"]
    none = service.data(BACK, input={"reason": "Further.", "idempotencyKey": "4"})["rollBackModel"]
    assert [error["code"] for error in none["userErrors"]] == ["NOT_FOUND"]
    deadline = time.monotonic() + 10
    while service.served[-1:] != [old] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert service.served[-1] == old
    told = service.data(LIST)
    assert {edge["node"]["modelVersion"]: edge["node"]["isChampion"] for edge in told["models"]["edges"]} == {
        new: False,
        old: True,
    }
    assert told["modelApprovals"]["edges"][0]["node"] == {"action": "ROLLED_BACK", "toVersion": old}
    assert told["modelApprovals"]["pageInfo"]["hasNextPage"]


def test_the_audit_says_which_was_served_before(service):
    old, new = service.versions
    approve(service, old, "1")
    approve(service, new, "2")
    query = "{ auditEntries(first: 1) { edges { node { mutation isDone before arguments } } } }"
    (edge,) = service.data(query)["auditEntries"]["edges"]
    assert (edge["node"]["mutation"], edge["node"]["before"]) == ("approveModel", {"champion": old})
    assert edge["node"]["arguments"]["input"]["reason"] == "Better."


@pytest.mark.parametrize("forged", ["", "nothing", "../registry", "..", "/etc", "champion", "a\0b", "' OR 1=1 --"])
def test_a_forged_version_is_none(service, forged):
    answer = approve(service, forged, "k")
    assert [error["code"] for error in answer["userErrors"]] == ["NOT_FOUND"]
    assert answer["model"] is None
    query = "query($version: String!) { model(modelVersion: $version) { modelVersion } }"
    assert service.data(query, version=forged)["model"] is None


@pytest.mark.parametrize(("reason", "key"), [("", "k"), (" ", "k"), ("x" * 1001, "k"), ("Why.", ""), ("a\0", "k")])
def test_a_reason_and_a_key_are_wanted(service, reason, key):
    answer = approve(service, service.versions[0], key, reason=reason)
    assert answer["userErrors"][0]["code"] == "INVALID"
    assert service.data(LIST)["modelApprovals"]["edges"] == []
    assert service.journal.last_sequence() == 0
    assert shop.NOON
