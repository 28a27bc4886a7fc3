"""Keys: made, honoured by servers that run, bound to a customer, expired, revoked, and never kept in clear."""

import sqlite3
import time
from datetime import timedelta

import pytest
import service_shop as shop
from service_client import address_of, bearer, serving
from starlette.websockets import WebSocketDisconnect

from api.access import Access
from api.callers import Callers, Shown
from api.sockets import FORBIDDEN
from journal.keys import Keys
from journal.store import Journal
from schema.access import AccessPolicy, Caller, Role
from schema.errors import BadInput, NotFound, Unauthenticated

LATER = shop.NOON + timedelta(days=1)
NAME = "{ __typename }"


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal.db"))


@pytest.fixture
def keys(journal):
    return Keys(address_of(journal))


def asker(keys, *, at=shop.NOON, **policy):
    import asyncio

    callers = Callers(AccessPolicy(**policy), keys=keys)
    callers.refresh()
    return lambda authorization: asyncio.run(callers.caller(Shown(authorization, "10.0.0.1"), at=at))


def test_a_key_is_kept_as_a_hash(keys, tmp_path):
    key, token = keys.create(Role.FRONTEND, created_at=shop.NOON, name="web")
    secret = token.split("_", 2)[2]
    assert len(secret) >= 43
    rows = sqlite3.connect(tmp_path / "journal.db").execute("select * from access_keys").fetchall()
    assert not [value for row in rows for value in row if secret in str(value)]
    assert keys.all() == [key]


def test_who_shows_a_key_is_its_caller(keys):
    key, token = keys.create(Role.FRONTEND, created_at=shop.NOON, customer_id="c1")
    assert asker(keys)(f"Bearer {token}") == Caller(f"key:{key.key_id}", Role.FRONTEND, "c1")
    assert asker(keys)(f"bearer {token}").role is Role.FRONTEND


@pytest.mark.parametrize("role", [Role.MERCHANDISER, Role.PLANNER, Role.OPERATOR, Role.ADMIN])
def test_a_key_that_sees_all_customers_is_bound_to_none(keys, role):
    with pytest.raises(BadInput, match="cannot be bound"):
        keys.create(role, created_at=shop.NOON, customer_id="c1")
    assert keys.all() == []


def test_a_key_expires_and_is_revoked(keys):
    key, token = keys.create(Role.VIEWER, created_at=shop.NOON, expires_at=LATER)
    shown = f"Bearer {token}"
    assert asker(keys, at=LATER - timedelta(seconds=1))(shown)
    with pytest.raises(Unauthenticated):
        asker(keys, at=LATER)(shown)
    keys.revoke(key.key_id, revoked_at=shop.NOON)
    keys.revoke(key.key_id, revoked_at=LATER)
    assert keys.all()[0].revoked_at == shop.NOON
    with pytest.raises(Unauthenticated):
        asker(keys)(shown)


@pytest.mark.parametrize(
    "shown",
    ["", "Bearer", "Bearer ", "Basic abc", "Bearer sg_", "Bearer sg_x_y", "Bearer a.b.c", "Bearer \x00", "é" * 9],
)
def test_forged_keys_do_not_count(keys, shown):
    keys.create(Role.ADMIN, created_at=shop.NOON)
    with pytest.raises(Unauthenticated):
        asker(keys)(shown)


def test_another_keys_secret_does_not_count(keys):
    one, first = keys.create(Role.ADMIN, created_at=shop.NOON)
    two, second = keys.create(Role.ADMIN, created_at=shop.NOON)
    with pytest.raises(Unauthenticated):
        asker(keys)("Bearer " + first.replace(one.key_id, two.key_id))
    with pytest.raises(Unauthenticated):
        asker(keys)("Bearer " + second[:-1])


def test_a_key_that_would_be_dead_or_is_unknown_is_told(keys):
    with pytest.raises(BadInput, match="past"):
        keys.create(Role.ADMIN, created_at=shop.NOON, expires_at=shop.NOON)
    with pytest.raises(NotFound):
        keys.revoke("nothing", revoked_at=shop.NOON)


def test_nobody_may_what_the_policy_says(keys):
    with pytest.raises(Unauthenticated):
        asker(keys)(None)
    nobody = asker(keys, anonymous_role=Role.VIEWER)(None)
    assert (nobody.role, nobody.is_known, nobody.name) == (Role.VIEWER, False, "anonymous:10.0.0.1")


@pytest.mark.graph
def test_a_server_that_runs_honours_a_key_within_two_seconds(neo4j_server, journal, keys):
    access = Access(AccessPolicy(), keys=keys)
    with serving(neo4j_server, journal, access=access) as running:
        key, token = keys.create(Role.VIEWER, created_at=shop.NOON)

        def status():
            return running.http.post("/graphql", json={"query": NAME}, headers=bearer(token)).status_code

        for expected, change in ((200, None), (401, lambda: keys.revoke(key.key_id, revoked_at=shop.NOON))):
            if change:
                change()
            ends = time.monotonic() + 2
            while status() != expected:
                assert time.monotonic() < ends
                time.sleep(0.05)
        refused = running.http.post("/graphql", json={"query": NAME}, headers={"authorization": ""})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert running.http.get("/healthz", headers={"authorization": ""}).status_code == 200
        assert running.http.get("/readyz", headers={"authorization": ""}).status_code == 503  # no model


@pytest.mark.graph
def test_nobody_reads_the_contract_unless_the_policy_says_so(neo4j_server, journal):
    for told, expected in (("callers", ["UNAUTHENTICATED"]), ("nobody", ["UNAUTHENTICATED"]), ("everyone", [])):
        policy = AccessPolicy(anonymous_role=Role.VIEWER, introspection=told)
        with serving(neo4j_server, journal, access=Access(policy, development_key="sg_tests_key")) as running:
            del running.http.headers["authorization"]
            answer = running.ask("{ __schema { queryType { name } } }")
            assert [error["extensions"]["code"] for error in answer.get("errors", [])] == expected
            assert running.data("{ __typename }") == {"__typename": "Query"}
            known = running.http.post(
                "/graphql", json={"query": "{ __schema { queryType { name } } }"}, headers=bearer("sg_tests_key")
            ).json()
            assert ("errors" in known) == (told == "nobody")


@pytest.mark.graph
def test_a_socket_whose_key_is_revoked_is_closed(neo4j_server, journal, keys):
    key, token = keys.create(Role.FRONTEND, created_at=shop.NOON)
    protocols = ["graphql-transport-ws"]
    with (
        serving(neo4j_server, journal, access=Access(AccessPolicy(), keys=keys)) as running,
        running.http.websocket_connect("/graphql", subprotocols=protocols) as socket,
    ):
        socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert socket.receive_json() == {"type": "connection_ack"}
        keys.revoke(key.key_id, revoked_at=shop.NOON)
        with pytest.raises(WebSocketDisconnect) as closed:
            pinged(socket, seconds=5)
        assert closed.value.code == FORBIDDEN


def pinged(socket, *, seconds):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        time.sleep(0.1)
