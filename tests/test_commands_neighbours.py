"""Workers hand requests to whoever has less under way: every one is answered, once, wherever it began."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from commands.listening import Server, listening
from commands.neighbours import MOST_BYTES, SILENT_SECONDS, Neighbours, Place, Places

PATIENCE_SECONDS = 20


class Worker:
    """One of two servers in threads of this process: it tells its name, what it was sent, and waits at `/held`."""

    def __init__(self, name: str, place: Place, gate: threading.Event) -> None:
        async def answered(request: Request) -> PlainTextResponse:
            self.num_begun += 1
            body = await request.body()
            while request.url.path == "/held" and not gate.is_set():
                await asyncio.sleep(0.005)
            return PlainTextResponse(f"{name}:{len(body)}")

        self.num_begun, self.place = 0, place
        app = Starlette(routes=[Route("/{path}", answered, methods=["GET", "POST"])])
        self.server = Server(listening(app, host="127.0.0.1", port=0, place=place))
        self._listener = socket.socket(fileno=place.listener)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._listener]})

    def start(self) -> None:
        self._thread.start()
        _until(lambda: self.server.started)

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()


def _until(holds) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.005)


def _copied(place: Place) -> Place:
    """A place with descriptors of its own, as a process that inherits them has."""
    board, inbox, *outboxes = map(os.dup, place.descriptors[1:])
    return Place(place.listener, place.number, board, inbox, tuple(outboxes))


@contextmanager
def _two(gate: threading.Event) -> Iterator[list[Worker]]:
    places, workers = Places(2), []
    with ExitStack() as stack:
        for number, name in enumerate(("one", "other")):
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            workers.append(Worker(name, _copied(places.place(number, listener.detach())), gate))
            workers[-1].start()
            stack.callback(workers[-1].stop)
        stack.callback(gate.set)
        yield workers


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def workers(gate: threading.Event) -> Iterator[list[Worker]]:
    with _two(gate) as both:
        yield both


class Caller:
    """A connection that is kept between requests."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)

    def ask(self, path: str, body: bytes = b"", *, first: int | None = None) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        whole = head + body
        self._socket.sendall(whole[:first])
        if first is not None:
            time.sleep(0.05)
            self._socket.sendall(whole[first:])

    def answer(self) -> str:
        head, _, text = self._socket.recv(65_536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        return text.decode()

    def asked(self, path: str, body: bytes = b"", **how: int) -> str:
        self.ask(path, body, **how)
        return self.answer()


def _busy(worker: Worker) -> Caller:
    """Somebody whom this worker is answering until the gate opens."""
    caller, before = Caller(worker.port), worker.num_begun
    caller.ask("/held")
    _until(lambda: worker.num_begun > before)
    return caller


def test_who_is_idle_answers_for_who_is_busy_and_the_connection_stays_there(workers, gate):
    one, _ = workers
    kept = Caller(one.port)
    assert kept.asked("/quick") == "one:0"
    held = _busy(one)
    assert kept.asked("/quick") == "other:0"
    gate.set()
    assert held.answer() == "one:0"
    _until(lambda: not one.server.server_state.tasks)
    assert kept.asked("/quick") == kept.asked("/quick") == "other:0"
    assert Caller(one.port).asked("/quick") == "one:0"


def test_nobody_hands_on_where_both_are_as_busy(workers, gate):
    one, other = workers
    held = [_busy(one), _busy(other)]
    assert Caller(one.port).asked("/quick") == "one:0"
    assert Caller(other.port).asked("/quick") == "other:0"
    gate.set()
    assert [each.answer() for each in held] == ["one:0", "other:0"]


def test_a_request_that_comes_in_parts_arrives_whole(workers, gate):
    one, _ = workers
    held = _busy(one)
    for first in (1, 10, 60, 200):
        assert Caller(one.port).asked("/quick", b"x" * 300, first=first) == "other:300"
    long = b"x" * (MOST_BYTES + 1)
    assert Caller(one.port).asked("/quick", long).endswith(f":{len(long)}")
    gate.set()
    assert held.answer() == "one:0"


def test_a_client_that_leaves_is_not_counted_for_ever(workers, gate):
    one, _ = workers
    leaving = _busy(one)
    leaving._socket.close()
    gate.set()
    _until(lambda: not one.server.server_state.tasks)
    _until(lambda: Caller(one.port).asked("/quick") == "one:0")


def test_many_callers_are_each_answered_once(workers):
    one, other = workers
    told, callers = [], [Caller(one.port) for _ in range(24)]

    def calls(caller: Caller) -> None:
        told.extend(caller.asked("/quick", b"x" * number) for number in range(50))

    threads = [threading.Thread(target=calls, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sizes = sorted(int(each.partition(":")[2]) for each in told)
    assert sizes == sorted(list(range(50)) * len(callers))
    assert one.num_begun + other.num_begun == len(told)
    assert min(one.num_begun, other.num_begun) > 0


def test_nobody_hands_on_to_who_stands_still_or_ends(workers, gate):
    one, other = workers
    held = [_busy(one), _busy(other), _busy(one)]
    other.server.should_exit = True
    time.sleep(2 * SILENT_SECONDS)
    assert Caller(one.port).asked("/quick") == "one:0"
    gate.set()
    assert sorted(each.answer() for each in held) == ["one:0", "one:0", "other:0"]


def test_what_a_dead_worker_was_handed_is_closed_when_another_takes_its_place():
    places = Places(2)
    here, there = Neighbours(_copied(places.place(0, 0))), Neighbours(_copied(places.place(1, 0)))
    there.count(0)
    here.count(1)
    client, connection = socket.socketpair()
    assert here.take(connection, b"GET / HTTP/1.1\r\n")
    connection.close()
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    places.place(1, 0)
    assert client.recv(1) == b""


def test_who_finds_the_inbox_full_answers_itself():
    places = Places(2)
    here, there = Neighbours(_copied(places.place(0, 0))), Neighbours(_copied(places.place(1, 0)))
    here.count(1)
    _, connection = socket.socketpair()
    taken = []
    while len(taken) < 10_000 and taken[-1:] != [False]:
        there.count(0)
        taken.append(here.take(connection, b"x" * 1_000))
    assert taken[0]
    assert not taken[-1]


def test_a_place_is_read_as_it_was_written():
    place = Places(3).place(1, 7)
    assert Place.read(str(place)) == place
