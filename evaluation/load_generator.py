"""A load generator: many requests over kept HTTP/1.1 connections, at a fixed rate whatever the answers take."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final
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


class _Wire:
    """One connection, opened when first used and again after it broke or the server closed it at rest."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            return int(head[9:12]), head, await reader.readexactly(length)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


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

    tasks = []
    for number, instant in enumerate(due):
        ahead = began + instant - perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
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
    except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError):
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
