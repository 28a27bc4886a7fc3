"""What stands around every request: its bounds, and headers that say what browsers may do with the answer."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.request_log import MAX_BODY_BYTES, RequestLog
from schema.access import AccessPolicy

ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""What an answer says unless it says otherwise itself."""
HSTS: Final = "max-age=31536000"


class SecurityHeaders:
    """Adds `ALWAYS` to every answer, and to keep to HTTPS where that is how it was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers.setdefault("strict-transport-security", HSTS)
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)


def around(policy: AccessPolicy) -> list[Middleware]:
    """What stands around every request, the outermost first; pages of the policy's origins alone may ask by browser."""
    headers, bounded = Middleware(SecurityHeaders), Middleware(RequestLog, max_body_bytes=MAX_BODY_BYTES)
    if not policy.cors_origins:
        return [headers, bounded]
    allowed = Middleware(
        CORSMiddleware,
        allow_origins=list(policy.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "x-request-id"],
        expose_headers=["x-request-id", "retry-after"],
        max_age=600,
    )
    return [headers, allowed, bounded]
