"""How the service listens: with bounds on connections, and on how long a client may take to say what it wants."""

import asyncio
import resource
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.request_log import MAX_BODY_BYTES

if TYPE_CHECKING:
    from starlette.applications import Starlette

HEADER_SECONDS: Final = 10.0
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
    """HTTP whose clients have `HEADER_SECONDS` to send a request's headers; then their connection is closed."""

    header_seconds = HEADER_SECONDS
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Expect headers."""
        super().connection_made(Joined(transport, self.loop))  # type: ignore[arg-type]  # by what it does
        self._expect()

    def on_message_begin(self) -> None:
        """Expect the rest of them."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """Expect nothing: the body has a bound of its own."""
        self._expect_nothing()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Send the answer now: the requests that are ready would all be answered first."""
        cast(Joined, self.transport).flush()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._expect_nothing()
        self._due = self.loop.call_later(self.header_seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()


def listening(app: "Starlette", *, host: str, port: int) -> uvicorn.Config:
    """How an application is served; files this process may have open are raised to what the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return uvicorn.Config(
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
