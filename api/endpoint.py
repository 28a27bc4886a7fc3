"""The `/graphql` endpoint: a context for each request, a deadline around it, and typed errors out of it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.types.execution import ExecutionResult

from api.context import BoundedReader, Context, GraphReader
from api.contract import Contract
from api.errors import told
from api.request_log import refuse
from api.search_desk import SearchDesk
from decisions.advisor import Advisor
from decisions.ports import ChangeLog
from decisions.replay import Replayer
from journal.ledger import Ledger

TOO_LONG = "This took longer than an operation may. Ask for less at once."


@dataclass(frozen=True)
class Service:
    """Everything a request may use.

    Attributes:
        clock: the present instant, aware.
        deadline_seconds: when an operation is given up, here and in the graph.
        on_context: told each request's context as it begins; for tests and counters.
        ledger: where decisions are kept; None keeps none.
        replayer: makes them again.
    """

    advisor: Advisor
    graph: GraphReader
    journal: ChangeLog
    search: SearchDesk
    clock: Callable[[], datetime]
    deadline_seconds: float = 5.0
    on_context: Callable[[Context], None] = lambda _context: None
    ledger: Ledger | None = None
    replayer: Replayer | None = None


class Endpoint(GraphQL):
    """GraphQL over HTTP; GraphiQL at the same address in a browser."""

    def __init__(self, service: Service, *, contract: Contract, ide: str) -> None:
        super().__init__(contract)
        self._service, self._ide = service, ide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever is wrong with it is answered in GraphQL's shape."""
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(self._service.deadline_seconds):
                response = await self.run(request)
        except HTTPException as error:
            await refuse(send, error.status_code, "BAD_USER_INPUT", error.reason)
        except RecursionError:
            await refuse(send, 400, "BAD_USER_INPUT", "This is nested too deeply.")
        except UnicodeDecodeError:
            await refuse(send, 400, "BAD_USER_INPUT", "The body is not UTF-8.")
        except TimeoutError:
            await refuse(send, 200, "TIMEOUT", TOO_LONG)
        else:
            reader = scope.get("graph_reader")
            if reader is not None:
                response.headers["Server-Timing"] = reader.told()
            await response(scope, receive, send)

    def decode_json(self, data: str | bytes) -> object:
        """A JSON object; anything else is no request."""
        decoded = super().decode_json(data)
        if not isinstance(decoded, dict):
            raise HTTPException(400, "A request is a JSON object with `query`, and perhaps `variables`.")
        return decoded

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:  # noqa: ARG002
        """This request's view, pinned to the newest moment."""
        service = self._service
        context = Context(
            moment=service.advisor.moment(),
            advisor=service.advisor,
            journal=service.journal,
            search=service.search,
            reader=BoundedReader(service.graph, time.monotonic() + service.deadline_seconds),
            clock=service.clock,
            request_id=request.scope["request_id"],
            ledger=service.ledger,
            replayer=service.replayer,
        )
        request.scope["graph_reader"] = context.reader
        service.on_context(context)
        return context

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:  # noqa: ARG002
        """The answer, its errors told by the one table."""
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [told(error) for error in result.errors]
        return answer  # type: ignore[return-value]

    async def render_graphql_ide(self, request: Request) -> Response:  # noqa: ARG002
        """GraphiQL."""
        return HTMLResponse(self._ide)
