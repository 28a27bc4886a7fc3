"""The `/graphql` endpoint as a web socket: subscriptions alone, few a socket and so many sockets at most."""

import asyncio
import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from api.access import shown_by
from api.callers import Shown
from api.context import Context
from api.contract import Contract
from api.endpoint import NOBODY, Service
from api.errors import diagnosis
from schema.errors import ShelfgraphError, Unauthenticated

MAX_SOCKETS: Final = 500
MAX_SOCKETS_OF_CALLER: Final = 100
MAX_SUBSCRIPTIONS: Final = 20
INIT_SECONDS: Final = 10
REASON_BYTES: Final = 120
"""How long a close's reason may be is in RFC 6455: 123 bytes."""
WATCH_SECONDS: Final = 1.0
"""How often it is looked at whether what a socket's caller showed still counts."""
FORBIDDEN: Final = 4403
"""The close code of a socket whose caller may not be here, or no longer."""
TRY_LATER: Final = 1013
"""The close code of a service that has too many sockets."""


class Sockets(GraphQL[Context, None]):
    """GraphQL over graphql-transport-ws. Browsers are let in from pages of the same origin or of one the policy names.

    Args:
        most, most_of_caller: sockets open at once, all and each caller's; a further one is closed with TRY_LATER.
    """

    def __init__(
        self,
        service: Service,
        *,
        contract: Contract,
        most: int = MAX_SOCKETS,
        most_of_caller: int = MAX_SOCKETS_OF_CALLER,
    ) -> None:
        super().__init__(
            contract,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
            allowed_origins=service.access.policy.cors_origins,
        )
        self._service, self._most, self._most_of_caller = service, most, most_of_caller
        self.num_open, self._of_caller = 0, Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        if self.num_open >= self._most:
            await WebSocket(scope, receive, send).close(TRY_LATER, "Too many sockets are open. Try again later.")
            return
        self.num_open += 1
        watching = asyncio.create_task(self._watched(scope, send))
        try:
            await super().__call__(scope, receive, partial(_said, scope, send))
        finally:
            watching.cancel()
            self.num_open -= 1
            self._leave(scope.get("context"))

    def _leave(self, context: Context | None) -> None:
        if context is not None and context.is_counted:
            self._of_caller[context.caller.name] -= 1
            self._of_caller += Counter()  # which keeps no zeros

    async def _watched(self, scope: Scope, send: Send) -> None:
        """Close the socket once its caller's key was revoked or their token has expired."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            context: Context | None = scope.get("context")
            if context is None or context.caller is NOBODY or context.shown is None:
                continue  # nobody was let in yet
            try:
                context.caller = await self._service.access.callers.caller(context.shown, at=self._service.clock())
            except Unauthenticated as error:
                await send({"type": "websocket.close", "code": FORBIDDEN, "reason": str(error)[:REASON_BYTES]})
                return
            except ShelfgraphError:
                continue  # who vouches for them is away: known callers go on

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Let the caller in whom `authorization` names, in `connection_init` or else in the handshake.

        Raises:
            ConnectionRejectionError: if that does not count, or nothing is shown where the anonymous may ask nothing
                (the socket is closed with FORBIDDEN); or if this caller's sockets are too many (TRY_LATER).
        """
        said = context.connection_params.get("authorization") or context.connection_params.get("Authorization")
        shown = context.shown or Shown(None, "")
        context.shown = replace(shown, authorization=said) if isinstance(said, str) else shown
        try:
            context.caller = await self._service.access.callers.caller(context.shown, at=self._service.clock())
        except ShelfgraphError as error:
            raise _rejected(context, FORBIDDEN, diagnosis(error)[0]) from error
        if self._of_caller[context.caller.name] >= self._most_of_caller:
            raise _rejected(context, TRY_LATER, "This caller has too many sockets open. Close some.")
        self._of_caller[context.caller.name] += 1
        context.is_counted = True
        return UNSET

    async def get_context(self, request: Request | WebSocket, response: Any) -> Any:  # noqa: ARG002
        """The socket's view; each event renews it."""
        context = self._service.context(request_id=uuid.uuid4().hex, caller=NOBODY, answer_headers=MutableHeaders())
        context.shown = shown_by(request)
        request.scope["context"] = context
        return context


def _rejected(context: Context, code: int, reason: str) -> ConnectionRejectionError:
    context.closing = code, reason[:REASON_BYTES]
    return ConnectionRejectionError()


async def _said(scope: Scope, send: Send, message: Message) -> None:
    """Send a message; the close of a socket that was rejected says why, where the library says one thing of all."""
    context: Context | None = scope.get("context")
    if message["type"] == "websocket.close" and context is not None and context.closing:
        message = {**message, "code": context.closing[0], "reason": context.closing[1]}
    await send(message)
