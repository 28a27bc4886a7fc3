"""What is written to a caller in one turn of the loop goes out at once, in order, and before a connection closes."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from commands.listening import Joined, listening


class Recorder:
    """A transport that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def write_eof(self) -> None:
        self.told.append("eof")

    def close(self) -> None:
        self.told.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.told

    def get_extra_info(self, name: str) -> str:
        return name


def told(*turns: str) -> list[object]:
    """What a transport is told when each turn's letters are written, `.` closes and `!` ends."""
    recorder = Recorder()

    async def run() -> None:
        joined = Joined(recorder, asyncio.get_running_loop())
        for turn in turns:
            for letter in turn:
                if letter == ".":
                    joined.close()
                elif letter == "!":
                    joined.write_eof()
                else:
                    joined.write(letter.encode())
            await asyncio.sleep(0)
        assert joined.get_extra_info("peername") == "peername"

    asyncio.run(run())
    return recorder.told


def test_a_turns_parts_are_one():
    assert told("ab", "c", "", "de") == [b"ab", b"c", b"de"]


def test_what_was_written_goes_before_an_end():
    assert told("a", "bc.") == [b"a", b"bc", "closed"]
    assert told("ab!", ".") == [b"ab", "eof", "closed"]


def test_nothing_is_written_to_what_is_closed():
    assert told("a.b", "c") == [b"a", "closed"]


def test_lines_are_written_in_their_order():
    recorder = Recorder()

    async def run() -> None:
        joined = Joined(recorder, asyncio.get_running_loop())
        joined.write(b"a")
        joined.writelines([b"b", b"c"])
        await asyncio.sleep(0)

    asyncio.run(run())
    assert recorder.told == [b"abc"]


PATIENCE_SECONDS = 20


@contextmanager
def listener(gates: dict[str, threading.Event]) -> Iterator[int]:
    """A port whose answers keep the loop, as their own work would, until their path's gate is open."""

    async def answered(request: Request) -> PlainTextResponse:
        if request.url.path in gates:
            gates[request.url.path].wait(PATIENCE_SECONDS)
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/{path}", answered)])
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(listening(app, host="127.0.0.1", port=0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def ask(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())


def test_an_answer_goes_before_those_that_are_ready_are_made():
    gates = {"/first": threading.Event(), "/last": threading.Event()}
    with listener(gates) as port:
        connections = [socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS / 4) for _ in range(3)]
        for connection in connections:
            ask(connection, "/quick")
            assert connection.recv(4_096)
        # While the first is answered the others come in, and are ready in one turn of the loop.
        for connection, path in zip(connections, ("/first", "/quick", "/last"), strict=True):
            ask(connection, path)
            time.sleep(0.05)
        gates["/first"].set()
        try:
            assert connections[1].recv(4_096).startswith(b"HTTP/1.1 200")
        finally:
            gates["/last"].set()
        for connection in connections:
            connection.close()
