"""Requests numbered, bounded in size and logged, one line each."""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("shelfgraph.api")
MAX_BODY_BYTES: Final = 1_000_000
BODY_SECONDS: Final = 10.0
_MAX_ID: Final = 64


class RequestLog:
    """Gives each request an id (the caller's `X-Request-Id` where it sent a plain one), and tells how it went.

    Args:
        app: what answers.
        max_body_bytes: a larger body is answered 413 as soon as that is known.
    """

    body_seconds = BODY_SECONDS

    def __init__(self, app: ASGIApp, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app, self._max = app, max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = _request_id(scope)
        answer = _Answer(send, request_id)
        began = time.monotonic()
        try:
            await self._bounded(scope, receive, answer)
        except Exception as error:
            log.error("request failed", request_id=request_id, exc_info=error)
            if answer.status is None:
                await refuse(answer, 500, "INTERNAL", "Something went wrong here. Name the request id to its operator.")
        milliseconds = round(1000 * (time.monotonic() - began), 1)
        told = {"method": scope["method"], "path": scope["path"], "status": answer.status, "ms": milliseconds}
        log.info("request", request_id=request_id, **told)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self.body_seconds):
                body = await _body(receive, self._max) if _may_have_body(scope) else b""
        except TimeoutError:
            message = f"The body did not arrive within {self.body_seconds:g} s."
            await refuse(send, 408, "BAD_USER_INPUT", message, {"connection": "close"})
            return
        if body is None:
            await refuse(send, 413, "BAD_USER_INPUT", f"A request may have {self._max:,} bytes.")
            return
        await self._app(scope, _replay(body, receive), send)


class _Answer:
    """A sender that remembers the status and adds the request's id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._id = send, request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", []), (b"x-request-id", self._id.encode())]
            message = {**message, "headers": headers}
        await self._send(message)


async def refuse(send: Send, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
    """Answer with one typed error, in GraphQL's shape."""
    body = json.dumps({"data": None, "errors": [{"message": message, "extensions": {"code": code}}]}).encode()
    told = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _may_have_body(scope: Scope) -> bool:
    return scope["method"] not in ("GET", "HEAD", "OPTIONS")


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None as soon as it is too large."""
    parts, size = [], 0
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return told.pop() if told else await receive()

    return replay


def _request_id(scope: Scope) -> str:
    headers: list[Any] = scope["headers"]
    sent = next((value.decode("latin-1") for name, value in headers if name == b"x-request-id"), "")
    is_plain = 0 < len(sent) <= _MAX_ID and all(mark.isascii() and (mark.isalnum() or mark in "-_.") for mark in sent)
    return sent if is_plain else uuid.uuid4().hex
