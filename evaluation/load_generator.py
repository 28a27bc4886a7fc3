"""A load generator: many requests over kept HTTP/1.1 connections, at a fixed rate whatever the answers take."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final, cast
from urllib.parse import urlsplit

import numpy as np

from evaluation.open_loop import Measured, Seconds
from schema.errors import Unavailable

PATIENCE_SECONDS: Final = 30.0
MAX_CONNECTIONS: Final = 256
_READS = b'desc="'

Heard = Callable[[int, float, float, bytes], None]
"""Told of each answer: the request's number, when it was sent and answered by `perf_counter`, and the body.

uvloop's own clock has whole milliseconds."""


def deaf(_number: int, _sent: float, _answered: float, _body: bytes) -> None:
    """Hear nothing."""


@dataclass(frozen=True)
class Target:
    """Where requests go.

    Attributes:
        url: the endpoint's whole address, plain HTTP.
        key: an API key, or empty.
    """

    url: str
    key: str = ""

    def request(self, body: bytes) -> bytes:
        """A POST of a JSON body as it goes over the wire."""
        parts = urlsplit(self.url)
        key = f"Authorization: Bearer {self.key}\r\n" if self.key else ""
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\n{key}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass
class _Notes:
    """Columns of Measured, filled in as answers come."""

    due: Seconds
    waited: Seconds = field(init=False)
    late: Seconds = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.due)
        self.waited, self.late = np.full(count, PATIENCE_SECONDS), np.zeros(count)
        self.refused, self.reads = np.ones(count, np.bool_), np.full(count, -1, np.int64)

    def measured(self, seconds: float) -> Measured:
        return Measured(self.due, self.waited, self.late, self.refused, self.reads, seconds)


class _Connection(asyncio.Protocol):
    """A connection that asks one thing at a time: a protocol, for streams would take a third of the machine's time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._answer: asyncio.Future[tuple[int, bytes, bytes]] | None = None
        self._came, self._head, self._whole = bytearray(), b"", 0

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return self._transport is not None

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes, bytes]]:
        """Status, head in lower case and body of the answer to come; an OSError or ValueError where none comes."""
        assert self._transport is not None  # noqa: S101  # who asks looked
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Tell who asked, once all has come."""
        self._came += data
        if not self._whole and b"\r\n\r\n" in self._came:
            self._head = bytes(self._came).partition(b"\r\n\r\n")[0].lower()
            length = self._head.partition(b"content-length:")[2].split(b"\r\n", 1)[0].strip()
            if not length.isdigit():
                self._end(ValueError("an answer without a length"))
                return
            self._whole = len(self._head) + 4 + int(length)
        if self._whole and len(self._came) >= self._whole and self._answer is not None and not self._answer.done():
            body = bytes(self._came[len(self._head) + 4 : self._whole])
            self._came, self._whole = bytearray(), 0
            self._answer.set_result((int(self._head[9:12]), self._head, body))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits that nothing more will come."""
        self._transport = None
        self._end(error or ConnectionResetError("the server closed the connection"))

    def close(self) -> None:
        """Let go of it at once."""
        if self._transport is not None:
            self._transport.abort()

    def _end(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


class _Wire:
    """A connection, opened when first used and again after it broke or the server closed it at rest."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._connection: _Connection | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head in lower case and body of the answer."""
        if self._connection is None or not self._connection.is_open:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(_Connection, self._host, self._port)
        try:
            return await self._connection.ask(request)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def data(target: Target, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The data of one operation that must not fail.

    Raises:
        Unavailable: if it is refused.
    """
    wire = _Wire(target)
    request = target.request(json.dumps({"query": query, "variables": variables}).encode())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, _, body = await wire.ask(request)
    finally:
        wire.close()
    answer: dict[str, Any] = json.loads(body)
    if answer.get("errors"):
        raise Unavailable(f"{target.url} answered: {answer['errors'][0]['message']}", remedy="Mend that first.")
    found: dict[str, Any] = answer["data"]
    return found


async def open_loop(
    target: Target, requests: Sequence[bytes], due: Seconds, *, connections: int = MAX_CONNECTIONS, heard: Heard = deaf
) -> Measured:
    """Send request i (of `requests`, over and over) when it is due, answered or not what went before.

    Where all connections wait for answers, a request waits for one, and its waiting is counted. The connection that
    has rested longest is next: else a process that is behind would be asked again by each answer it gives.
    """
    notes = _Notes(due)
    free: asyncio.Queue[_Wire] = asyncio.Queue()
    wires = [_Wire(target) for _ in range(connections)]
    for wire in wires:
        free.put_nowait(wire)
    began = perf_counter() + 0.05

    async def one(number: int) -> None:
        wire = await free.get()
        try:
            await _ask(wire, requests[number % len(requests)], number, began + due[number], notes, heard)
        finally:
            free.put_nowait(wire)

    # The group lets go of what is answered: to hold all to the end would stop the clock for as long as they are many.
    async with asyncio.TaskGroup() as under_way:
        for number, instant in enumerate(due):
            ahead = began + instant - perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            under_way.create_task(one(number))
    seconds = perf_counter() - began
    for wire in wires:
        wire.close()
    return notes.measured(seconds)


async def closed_loop(target: Target, requests: Sequence[bytes], *, connections: int, count: int) -> Measured:
    """Send `count` requests, each connection its next one as soon as it has its answer: what can be had at most."""
    notes = _Notes(np.zeros(count))
    began, numbers = perf_counter(), iter(range(count))

    async def caller() -> None:
        wire = _Wire(target)
        for number in numbers:
            now = perf_counter()
            notes.due[number] = now - began
            await _ask(wire, requests[number % len(requests)], number, now, notes, deaf)
        wire.close()

    await asyncio.gather(*(caller() for _ in range(connections)))
    return notes.measured(perf_counter() - began)


async def _ask(wire: _Wire, request: bytes, number: int, due: float, notes: _Notes, heard: Heard) -> None:
    sent = perf_counter()
    notes.late[number] = max(0.0, sent - due)
    try:
        async with asyncio.timeout(max(0.0, due + PATIENCE_SECONDS - sent)):
            status, head, body = await wire.ask(request)
    except (TimeoutError, OSError, ValueError):
        return
    answered = perf_counter()
    notes.waited[number] = answered - due
    notes.refused[number] = status != 200 or b'"errors":' in body
    notes.reads[number] = _reads(head)
    heard(number, sent, answered, body)


def _reads(head: bytes) -> int:
    """Round trips by the head's `Server-Timing: graph;dur=1.2;desc="3 reads"`; -1 without one."""
    told = head.partition(b"server-timing:")[2].partition(_READS)[2].split(b" ", 1)[0]
    return int(told) if told.isdigit() else -1
