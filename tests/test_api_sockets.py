"""Web sockets: who is let in, from which pages and how often; what they are told is paid for as other answers are."""

import asyncio
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import service_shop as shop
from service_client import ADMIN_KEY, codes, serving
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from strawberry.types import ExecutionResult

from api.access import Access
from api.sockets import FORBIDDEN, TRY_LATER
from api.streams import told_stream
from journal.store import Journal
from schema.access import AccessPolicy, Caller, Role
from schema.changes import StockChange

pytestmark = pytest.mark.graph
PROTOCOL = ["graphql-transport-ws"]
ALERTS = 'subscription { stockAlerts(storeId: "S1") { sku availability changesSequence } }'


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal.db"))


def let_in(socket, **payload):
    socket.send_json({"type": "connection_init", "payload": payload})
    return socket.receive_json() == {"type": "connection_ack"}


def closed_with(socket, **payload):
    with pytest.raises(WebSocketDisconnect) as closed:
        let_in(socket, **payload)
    return closed.value.code, closed.value.reason


def sockets_of(service):
    return next(route.app for route in service.http.app.routes if type(route).__name__ == "WebSocketRoute")


def opened(service, **headers):
    return service.http.websocket_connect("/graphql", subprotocols=PROTOCOL, headers=headers)


def test_a_callers_sockets_are_bounded_and_leave_others_their_place(fresh):
    sockets_of(fresh)._most_of_caller = 2
    with ExitStack() as stack:
        first, second, third = (stack.enter_context(opened(fresh)) for _ in range(3))
        assert let_in(first)
        assert let_in(second)
        code, reason = closed_with(third)
        assert (code, "too many sockets" in reason) == (TRY_LATER, True)
        first.close()
        time.sleep(0.2)
        assert let_in(stack.enter_context(opened(fresh)))
    time.sleep(0.2)
    assert (sockets_of(fresh).num_open, dict(sockets_of(fresh)._of_caller)) == (0, {})


def test_who_is_not_let_in_is_told_why(fresh):
    with TestClient(fresh.http.app).websocket_connect("/graphql", subprotocols=PROTOCOL) as socket:
        code, reason = closed_with(socket, authorization="Bearer sg_wrong_key")
    assert (code, "does not count" in reason) == (FORBIDDEN, True)


@pytest.mark.parametrize(("origin", "is_let_in"), [("https://a.example", True), ("https://b.example", False)])
def test_pages_of_the_origins_that_may_ask_may_subscribe_too(loaded, journal, origin, is_let_in):
    access = Access(AccessPolicy(cors_origins=("https://a.example",)), development_key=ADMIN_KEY)
    with serving(loaded, journal, access=access) as running:
        try:
            with opened(running, origin=origin) as socket:
                assert let_in(socket) == is_let_in
        except WebSocketDisconnect:
            assert not is_let_in


@pytest.mark.parametrize("accept", ["application/json", "multipart/mixed; subscriptionSpec=1.0, application/json"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_nothing_is_subscribed_to_without_a_socket(fresh, accept, method):
    asked = {"params" if method == "GET" else "json": {"query": ALERTS}, "headers": {"accept": accept}}
    answer = fresh.http.request(method, "/graphql", **asked)
    assert codes(answer) == {"BAD_USER_INPUT"}
    assert "web socket" in answer.json()["errors"][0]["message"]


def test_every_event_takes_points(loaded, journal):
    access = Access(AccessPolicy(), development_key=ADMIN_KEY)
    admin = Caller("development", Role.ADMIN)
    with serving(loaded, journal, model=shop.artefact(), access=access) as running, opened(running) as socket:
        assert let_in(socket)
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": ALERTS}})
        left = []
        for units in (0, 5, 0, 5):
            time.sleep(0.3)
            journal.record([StockChange("S1", "beer", float(units), shop.NOON)], recorded_at=shop.NOON)
            assert socket.receive_json()["payload"]["data"]["stockAlerts"]["sku"] == "beer"
            left.append(access.budgets.remaining(admin))
    assert left == sorted(left, reverse=True)


def test_events_wait_until_there_are_points_again():
    async def results():
        for _ in range(3):
            yield ExecutionResult(data={str(n): n for n in range(2_020)}, errors=None)

    async def told():
        stream = told_stream(results(), SimpleNamespace(access=access, caller=Caller("a", Role.VIEWER)))
        return [time.monotonic() - began async for _ in stream]

    access, began = Access(AccessPolicy(points_per_minute={"viewer": 6_000})), time.monotonic()
    first, second, third = asyncio.run(told())
    assert second - first < 0.5 < third - second < 3
