"""How the service listens: with bounds on connections, and on how long a client may take to say what it wants."""

import asyncio
import resource
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.request_log import MAX_BODY_BYTES
from commands.neighbours import Neighbours, Place

if TYPE_CHECKING:
    from starlette.applications import Starlette

HEADER_SECONDS: Final = 10.0
UNREAD_SECONDS: Final = 30.0
"""How long what was sent may wait for a client to read it: an answer of a megabyte at 35 kB a second is just read."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long a connection may rest: longer than balancers (60 s), or they send a request as it is being closed."""
MAX_CONNECTIONS: Final = 4_000
"""Past it a connection is answered 503 at once."""
GRACE_SECONDS: Final = 10
"""How long answers under way may take once the service is told to end."""


class Joined:
    """A transport that sends as one what is written in one turn of the loop: an answer's head goes with its body."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        """Whatever else the transport does."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send it by the end of the loop's next turn."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        """As `write`, one after the other."""
        self.write(b"".join(parts))

    def write_eof(self) -> None:
        """Send what was written, and that it was all."""
        self.flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Send what was written, then close."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send what was written."""
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))


class PatientProtocol(HttpToolsProtocol):
    """HTTP whose clients are let go when they take long to send a request's headers or to read on.

    Attributes:
        header_seconds, unread_seconds: how long each may take.
    """

    header_seconds, unread_seconds = HEADER_SECONDS, UNREAD_SECONDS
    config: "Listening"
    _due: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _is_between, _under_way = True, 0

    def __init__(self, *args: Any, read: bytes = b"", **named: Any) -> None:
        super().__init__(*args, **named)
        self._read = read

    def connection_made(self, transport: Any) -> None:
        """Expect headers, unless a neighbour has read some."""
        super().connection_made(Joined(transport, self.loop))  # type: ignore[arg-type]  # by what it does
        self._expect()
        if self._read:
            super().data_received(self._read)

    def data_received(self, data: bytes) -> None:
        """Go on with a request, or begin one: here, or where less is under way."""
        if not self._is_taken(data):
            super().data_received(data)

    def on_message_begin(self) -> None:
        """Expect the rest of them."""
        self._is_between = False
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """Expect nothing: the body has a bound of its own."""
        self._expect_nothing()
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self._count(1)

    def on_message_complete(self) -> None:
        """Another request may follow."""
        self._is_between = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Send the answer now: the requests that are ready would all be answered first."""
        cast(Joined, self.transport).flush()
        self._count(-1)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for a client that does not read, not for ever: who waits for an answer to leave is one under way."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._read_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_nothing()
        self._read_on()
        self._count(-self._under_way)
        super().connection_lost(exc)

    def _is_taken(self, data: bytes) -> bool:
        """Whether a neighbour answers on this connection from now on; only between two requests it may change hands."""
        neighbours = self.config.neighbours
        if neighbours is None or not self._is_between or self._under_way or self.transport.get_write_buffer_size():
            return False
        if not neighbours.take(self.transport.get_extra_info("socket"), data):
            return False
        self.transport.abort()  # what the neighbour holds stays open
        return True

    def _count(self, change: int) -> None:
        self._under_way += change
        if self.config.neighbours is not None:
            self.config.neighbours.count(change)

    def _expect(self) -> None:
        self._expect_nothing()
        self._due = self.loop.call_later(self.header_seconds, self.transport.close)

    def _read_on(self) -> None:
        if self._unread is not None:
            self._unread.cancel()

    def _expect_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()


class Listening(uvicorn.Config):
    """How an application is served, and beside whom."""

    neighbours: Neighbours | None = None


class Server(uvicorn.Server):
    """A server that answers what its neighbours hand it as well."""

    config: Listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then be handed requests."""
        await super().startup(sockets)
        if self.config.neighbours is not None and self.started:
            self.config.neighbours.open(self, self._adopted)

    def _adopted(self, read: bytes) -> PatientProtocol:
        return PatientProtocol(self.config, self.server_state, self.lifespan.state, read=read)


def listening(app: "Starlette", *, host: str, port: int, place: Place | None = None) -> Listening:
    """How an application is served; files this process may have open are raised to what the system allows.

    Args:
        place: among other workers of the port; None where there are none.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = Listening(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws_max_size=MAX_BODY_BYTES,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    config.neighbours = None if place is None else Neighbours(place)
    return config
