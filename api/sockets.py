"""The `/graphql` endpoint as a web socket: subscriptions alone, few a socket and so many sockets at most."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
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
MAX_SUBSCRIPTIONS: Final = 20
INIT_SECONDS: Final = 10
WATCH_SECONDS: Final = 1.0
"""How often it is looked at whether what a socket's caller showed still counts."""
FORBIDDEN: Final = 4403
"""The close code of a socket whose caller may not be here, or no longer."""
TRY_LATER: Final = 1013
"""The close code of a service that has too many sockets."""


class Sockets(GraphQL[Context, None]):
    """GraphQL over graphql-transport-ws. Browsers are let in from pages of the same origin alone.

    Args:
        most: sockets open at once; a further one is closed with TRY_LATER.
    """

    def __init__(self, service: Service, *, contract: Contract, most: int = MAX_SOCKETS) -> None:
        super().__init__(
            contract,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
        )
        self._service, self._most, self.num_open = service, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        if self.num_open >= self._most:
            await WebSocket(scope, receive, send).close(TRY_LATER, "Too many sockets are open. Try again later.")
            return
        self.num_open += 1
        watching = asyncio.create_task(self._watched(scope, send))
        try:
            await super().__call__(scope, receive, send)
        finally:
            watching.cancel()
            self.num_open -= 1

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
                await send({"type": "websocket.close", "code": FORBIDDEN, "reason": str(error)[:100]})
                return
            except ShelfgraphError:
                continue  # who vouches for them is away: known callers go on

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Let the caller in whom `authorization` names, in `connection_init` or else in the handshake.

        Raises:
            ConnectionRejectionError: if that does not count, or nothing is shown where the anonymous may ask nothing;
                it closes the socket with 4403.
        """
        said = context.connection_params.get("authorization") or context.connection_params.get("Authorization")
        shown = context.shown or Shown(None, "")
        context.shown = replace(shown, authorization=said) if isinstance(said, str) else shown
        try:
            context.caller = await self._service.access.callers.caller(context.shown, at=self._service.clock())
        except ShelfgraphError as error:
            message, code = diagnosis(error)
            raise ConnectionRejectionError({"message": message, "extensions": {"code": code}}) from error
        return UNSET

    async def get_context(self, request: Request | WebSocket, response: Any) -> Any:  # noqa: ARG002
        """The socket's view; each event renews it."""
        context = self._service.context(request_id=uuid.uuid4().hex, caller=NOBODY, answer_headers=MutableHeaders())
        context.shown = shown_by(request)
        request.scope["context"] = context
        return context
