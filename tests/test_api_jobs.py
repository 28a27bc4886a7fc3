"""Jobs as callers meet them: asked for, looked at, subscribed to, ended, and nothing beyond what an operator allows."""

import time

import pytest
import service_shop as shop
from service_client import address_of, bearer, serving

from api.operations import Operations
from journal.job_log import JobLog
from journal.keys import Keys
from journal.store import Journal
from schema.access import AccessPolicy, Role
from schema.jobs import JobEnd, JobKind, JobState

pytestmark = pytest.mark.graph
LOAD = """mutation($input: StartLoadInput!) { startLoad(input: $input) {
  job { id kind state arguments askedBy share } userErrors { field code message } } }"""
TRAIN = """mutation($input: StartRetrainingInput!) { startRetraining(input: $input) {
  job { id kind arguments } userErrors { field code } } }"""
CANCEL = "mutation($id: ID!) { cancelJob(id: $id) { job { state isCancelling } userErrors { code } } }"
JOB = "query($id: ID!) { job(id: $id) { state step done total share message error lakeVersion modelVersion } }"
PROGRESS = "subscription($id: ID!) { jobProgress(id: $id) { state step share message } }"
NIGHTLY = {"source": "nightly", "idempotencyKey": "k"}


@pytest.fixture
def service(loaded, journal_address):
    journal = Journal(journal_address)
    jobs = JobLog(journal_address)
    with serving(loaded, journal, operations=Operations(jobs, ["nightly", "toy"])) as running:
        running.jobs = jobs
        yield running
    jobs.close()


def started(service, query=LOAD, **told):
    return service.data(query, input={**NIGHTLY, **told})["startLoad"]


def test_a_load_is_asked_for_once_and_followed_to_its_end(service):
    job = started(service, folder="may/first", maxRejects=0.1, createMissing=["customers"])["job"]
    assert (job["kind"], job["state"], job["askedBy"]) == ("LOAD", "QUEUED", "development")
    assert job["arguments"]["folder"] == "may/first"
    again = started(service, folder="may/first", maxRejects=0.1, createMissing=["customers"])
    assert again["job"]["id"] == job["id"]
    assert started(service)["userErrors"][0]["code"] == "KEY_REUSED"
    number = int(job["id"])
    service.jobs.claim(worker="w", at=shop.NOON)
    service.jobs.beat(number, worker="w", at=shop.NOON, step="reading", done=2**40, total=2**41)
    told = service.data(JOB, id=job["id"])["job"]
    assert (told["state"], told["step"], told["share"], told["done"]) == ("RUNNING", "reading", 0.5, 2**40)
    end = JobEnd(JobState.DONE, "Lake version 3.", result={"lake_version": 3})
    service.jobs.end(number, end, worker="w", at=shop.NOON)
    assert service.data(JOB, id=job["id"])["job"]["lakeVersion"] == 3


def test_a_training_is_asked_for(service):
    answer = service.data(TRAIN, input={"asOf": "2024-05-01", "idempotencyKey": "k"})["startRetraining"]
    assert answer["job"]["arguments"] == {"as_of": "2024-05-01", "seed": 0, "is_promoted": False}
    wrong = service.data(TRAIN, input={"seed": -1, "idempotencyKey": "j"})["startRetraining"]
    assert (wrong["job"], wrong["userErrors"][0]["field"]) == (None, ["seed"])


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"source": "/etc"}, ["source"]),
        ({"source": "nightly; rm -rf /"}, ["source"]),
        ({"source": "\0"}, ["source"]),
        *(
            ({"folder": way}, ["folder"])
            for way in ("..", "../secret", "/etc/passwd", "a/../../b", "~root", "a\\b", "")
        ),
        ({"maxRejects": 2}, ["maxRejects"]),
        ({"createMissing": ["customers", "'; DROP TABLE jobs; --"]}, ["createMissing", "1"]),
        ({"idempotencyKey": ""}, ["idempotencyKey"]),
    ],
)
def test_nothing_beyond_what_the_operator_allows_is_started(service, told, field):
    answer = started(service, **told)
    assert answer["job"] is None
    assert [error["field"] for error in answer["userErrors"]] == [field]
    assert service.jobs.jobs(limit=1) == []


@pytest.mark.parametrize("forged", ["0", "99", "-1", "1 OR 1=1", "abc", "", "9" * 18, "9" * 40, "١", "\0", "1'; --"])
def test_a_forged_id_is_no_jobs(service, forged):
    started(service)
    assert service.data(JOB, id=forged)["job"] is None
    assert service.data(CANCEL, id=forged)["cancelJob"]["userErrors"] == [{"code": "NOT_FOUND"}]
    assert service.jobs.job(1).state is JobState.QUEUED


def test_jobs_are_paged_newest_first(service):
    for n in range(5):
        service.jobs.ask(JobKind.LOAD, {"n": n}, asked_by="ann", asked_at=shop.NOON)
    service.data(CANCEL, id="2")
    query = """query($after: String, $filter: JobFilter) { loadSources jobs(first: 2, after: $after, filter: $filter) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }"""
    seen, after = [], None
    while True:
        answer = service.data(query, after=after)
        assert answer["loadSources"] == ["nightly", "toy"]
        seen += [edge["node"]["id"] for edge in answer["jobs"]["edges"]]
        after = answer["jobs"]["pageInfo"]["endCursor"]
        if not answer["jobs"]["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["5", "4", "3", "2", "1"]
    chosen = service.data(query, filter={"state": "CANCELLED"})["jobs"]["edges"]
    assert [edge["node"]["id"] for edge in chosen] == ["2"]
    assert service.code(query, after="WyJqb2IiLCJ4Il0") == "BAD_USER_INPUT"


def subscribed(service, number):
    socket = service.http.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"])
    return socket, {"id": "1", "type": "subscribe", "payload": {"query": PROGRESS, "variables": {"id": number}}}


def test_progress_is_told_until_the_end(service):
    started(service)
    opened, subscribe = subscribed(service, "1")
    with opened as socket:
        socket.send_json({"type": "connection_init"})
        socket.receive_json()
        socket.send_json(subscribe)

        def told():
            return socket.receive_json()["payload"]["data"]["jobProgress"]

        assert told()["state"] == "QUEUED"
        service.jobs.claim(worker="w", at=shop.NOON)
        service.jobs.beat(1, worker="w", at=shop.NOON, step="reading", done=1, total=4)
        answer = told()
        while answer["step"] != "reading":
            answer = told()
        assert answer == {"state": "RUNNING", "step": "reading", "share": 0.25, "message": ""}
        service.jobs.end(1, JobEnd(JobState.DONE, "Lake version 3."), worker="w", at=shop.NOON)
        assert told()["message"] == "Lake version 3."
        assert socket.receive_json() == {"id": "1", "type": "complete"}


@pytest.mark.parametrize("number", ["7", "x"])
def test_progress_of_no_job_is_told(service, number):
    opened, subscribe = subscribed(service, number)
    with opened as socket:
        socket.send_json({"type": "connection_init"})
        socket.receive_json()
        socket.send_json(subscribe)
        answer = socket.receive_json()
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"


def test_operators_and_admins_alone_may(loaded, tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    keys, jobs = Keys(address_of(journal)), JobLog(address_of(journal))
    from api.access import Access

    access = Access(AccessPolicy(), keys=keys)
    with serving(loaded, journal, access=access, operations=Operations(jobs, ["nightly"])) as service:
        for role in Role:
            _, token = keys.create(role, created_at=shop.NOON)
            deadline = time.monotonic() + 10
            service.http.headers.update(bearer(token))
            answer = {"errors": [{"extensions": {"code": "UNAUTHENTICATED"}}]}
            while "UNAUTHENTICATED" in str(answer) and time.monotonic() < deadline:
                answer = service.http.post("/graphql", json={"query": "{ jobs { edges { cursor } } }"}).json()
            may = role in (Role.OPERATOR, Role.ADMIN)
            assert ("errors" not in answer) is may, role
