"""Subscriptions as callers meet them: told as it happens over graphql-transport-ws, bounded, gone when they leave."""

import asyncio
import time
from dataclasses import replace

import pytest
import service_shop as shop
from service_client import ADMIN_KEY
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.sockets import TRY_LATER
from api.stock_watch import passed
from decisions.facts_now import FactsNow
from schema.changes import LoadPublished, RecordedChange, StockChange

graph = pytest.mark.graph
PROTOCOL = ["graphql-transport-ws"]
ALERTS = """subscription($store: String!) { stockAlerts(storeId: $store) {
  sku storeId onHandUnits availability was changesSequence product { name } } }"""


def opened(service):
    socket = service.http.websocket_connect("/graphql", subprotocols=PROTOCOL)
    return socket


def begun(socket, query=ALERTS, **variables):
    socket.send_json({"type": "connection_init"})
    assert socket.receive_json() == {"type": "connection_ack"}
    socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query, "variables": variables}})


def record(service, **units):
    service.journal.record(
        [StockChange("S1", sku, float(count), shop.NOON) for sku, count in units.items()], recorded_at=shop.NOON
    )


@graph
def test_what_runs_out_and_comes_back_is_told_as_it_happens(fresh):
    with opened(fresh) as socket:
        begun(socket, store="S1")
        time.sleep(0.3)
        record(fresh, beer=0, cola=3)
        told = socket.receive_json()["payload"]["data"]["stockAlerts"]
        assert told == {
            "sku": "beer",
            "storeId": "S1",
            "onHandUnits": "0.0",
            "availability": "OUT",
            "was": "IN_STOCK",
            "changesSequence": 2,
            "product": {"name": "Pale ale"},
        }
        record(fresh, beer=7)
        told = socket.receive_json()["payload"]["data"]["stockAlerts"]
        assert (told["sku"], told["availability"], told["was"]) == ("beer", "IN_STOCK", "OUT")
        socket.send_json({"id": "1", "type": "complete"})
        record(fresh, beer=0)
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}


@graph
@pytest.mark.parametrize("payload", [{}, {"authorization": "Bearer x"}, {"authorization": 1}])
def test_a_socket_that_shows_no_key_is_closed(fresh, payload):
    with TestClient(fresh.http.app).websocket_connect("/graphql", subprotocols=PROTOCOL) as socket:
        socket.send_json({"type": "connection_init", "payload": payload})
        assert socket.receive()["code"] == 4403


@graph
def test_a_page_shows_its_key_after_the_handshake(fresh):
    with TestClient(fresh.http.app).websocket_connect("/graphql", subprotocols=PROTOCOL) as socket:
        socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {ADMIN_KEY}"}})
        assert socket.receive_json() == {"type": "connection_ack"}


@graph
@pytest.mark.parametrize(
    ("query", "words"),
    [
        (ALERTS, "S9"),
        ("subscription { nothing }", "nothing"),
        ('subscription { a: stockAlerts(storeId: "S1") { sku } b: stockAlerts(storeId: "S1") { sku } }', ""),
    ],
)
def test_what_cannot_be_subscribed_to_is_told(fresh, query, words):
    with opened(fresh) as socket:
        begun(socket, query, **({"store": "S9"} if "$store" in query else {}))
        answer = socket.receive_json()
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert words in errors[0]["message"]
        assert errors[0]["extensions"]["code"] in ("NOT_FOUND", "BAD_USER_INPUT")


@graph
@pytest.mark.parametrize(
    "query",
    [
        "{ products { totalCount } }",
        'mutation { recordStock(input: {changes: [], idempotencyKey: "k"}) { sequence } }',
        "subscription {",
        "subscription { " + " ".join(f"a{n}: __typename" for n in range(60)) + " }",
    ],
)
def test_a_socket_runs_subscriptions_alone(fresh, query):
    with opened(fresh) as socket:
        begun(socket, query)
        answer = socket.receive_json()
        assert answer["type"] == "error"
        assert answer["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@graph
def test_nobody_subscribes_before_the_handshake_or_beyond_the_bound(fresh):
    with opened(fresh) as socket:
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": ALERTS}})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4401
    with opened(fresh) as socket:
        socket.send_text("no json")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4400
    sockets = next(route.app for route in fresh.http.app.routes if type(route).__name__ == "WebSocketRoute")
    assert sockets.num_open == 0
    sockets._most = 1
    with opened(fresh):
        with pytest.raises(WebSocketDisconnect) as closed, opened(fresh):
            pass
        assert closed.value.code == TRY_LATER


@graph
def test_a_page_of_another_origin_is_not_let_in(fresh):
    headers = {"origin": "https://elsewhere.example"}
    with (
        pytest.raises(WebSocketDisconnect),
        fresh.http.websocket_connect("/graphql", subprotocols=PROTOCOL, headers=headers),
    ):
        pass


class Shelves:
    """Moments that a test makes."""

    def __init__(self):
        self.moment, self.sequence = shop.moment(), 5

    def count(self, **units):
        changes = []
        for sku, number in units.items():
            self.sequence += 1
            changes.append(RecordedChange(self.sequence, StockChange("S1", sku, number, shop.NOON), shop.NOON))
        self.moment = replace(self.moment, facts=self.moment.facts.with_changes(changes))

    def __call__(self):
        return self.moment


async def following(shelves, work):
    """What is told of S1 while `work` goes on, each event as sku, before and after."""
    events = passed(shelves, "S1", every_seconds=0.001)

    async def told(number):
        found = []
        for _ in range(number):
            event = await asyncio.wait_for(anext(events), 2)
            found.append((event.sku, event.before.value, event.after.value))
        return found

    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.01)
    try:
        return await work(told, waiting)
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await events.aclose()


def test_a_slow_caller_is_told_the_newest_state_and_no_step_on_the_way():
    shelves = Shelves()

    async def work(told, waiting):
        shelves.count(beer=0)
        assert (await waiting).sku == "beer"
        for number in range(100):
            shelves.count(beer=number % 2, cola=0, nuts=number % 2)
        assert await told(2) == [("beer", "OUT", "IN_STOCK"), ("cola", "IN_STOCK", "OUT")]
        shelves.count(nuts=0)
        assert await told(1) == [("nuts", "IN_STOCK", "OUT")]

    asyncio.run(following(shelves, work))


def test_a_load_tells_what_it_changed_and_nothing_of_new_products():
    shelves = Shelves()

    async def work(told, waiting):
        fewer = tuple(sku for sku in shop.SKUS if sku != "beer")
        keep = [shop.SKUS.index(sku) for sku in fewer]
        base = shop.with_stock(pesto=0.0)
        columns = {
            name: getattr(base, name)[keep]
            for name in ("prices", "sizes", "minimum_ages", "launched_on", "delisted_on")
        }
        words = {name: tuple(getattr(base, name)[n] for n in keep) for name in ("names", "category_ids", "size_units")}
        loaded = replace(
            base, skus=fewer, is_ranged=base.is_ranged[:, keep], on_hand=base.on_hand[:, keep], **columns, **words
        )
        shelves.moment = replace(shelves.moment, facts=FactsNow.start(loaded, sequence=9))
        event = await waiting
        assert (event.sku, event.after.value) == ("pesto", "OUT")
        shelves.moment = replace(shop.moment(), facts=FactsNow.start(base, sequence=10))
        shelves.count(beer=0)
        shelves.count(cola=0)
        assert ("cola", "IN_STOCK", "OUT") in await told(1)

    asyncio.run(following(shelves, work))


@graph
def test_a_load_goes_on_under_a_subscription(fresh):
    with opened(fresh) as socket:
        begun(socket, store="S1")
        time.sleep(0.3)
        fresh.journal.record([LoadPublished(2)], recorded_at=shop.NOON)
        record(fresh, sauce=0)
        assert socket.receive_json()["payload"]["data"]["stockAlerts"]["sku"] == "sauce"
