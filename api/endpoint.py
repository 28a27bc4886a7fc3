"""The `/graphql` endpoint: a context for each request, a deadline around it, and typed errors out of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from cross_web import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.types.execution import ExecutionResult

from api.access import Access, shown_by
from api.cards import Cards
from api.context import BoundedReader, Context
from api.contract import Contract
from api.errors import diagnosis, told
from api.ide import shown
from api.operations import Operations
from api.persisted import NotPersisted, PersistedQueries
from api.price_desk import PriceDesk
from api.request_log import refuse
from api.search_desk import SearchDesk
from api.turns import Turns
from api.warming import WARM_UP_SECONDS, WarmGraph
from decisions.advisor import Advisor
from decisions.ports import ChangeLog
from decisions.replay import Replayer
from graph.reads import count_reads
from journal.ledger import Ledger
from schema.access import Caller
from schema.errors import ShelfgraphError

LASTS_SECONDS: Final = 60
MAX_IN_FLIGHT: Final = 100
BUSY: Final = "More is asked than this server can answer now. Try again in a second."
NOBODY: Final = Caller("", None, is_known=False)
STATUS: Final[Mapping[str, tuple[int, Mapping[str, str]]]] = {
    "BAD_USER_INPUT": (400, {}),
    "UNAUTHENTICATED": (401, {"www-authenticate": "Bearer"}),
    "UNAVAILABLE": (503, {}),
}
"""Status and headers, by code, of a request that is refused before it is run; else 200."""


@dataclass(frozen=True)
class Service:
    """Everything a request may use.

    Attributes:
        access: who may.
        cards: what was read of the catalogue before.
        clock: the present instant, aware.
        deadline_seconds: when an operation is given up, here and in the graph; later while that has just started.
        on_context: told each request's context as it begins; for tests and counters.
        ledger: where decisions are kept; None keeps none.
        replayer: makes them again.
        prices: the lake's price windows; None leaves what was told since the load.
        operations: what those who run the shop may have done; None offers none.
    """

    advisor: Advisor
    graph: WarmGraph
    journal: ChangeLog
    search: SearchDesk
    access: Access
    cards: Cards
    clock: Callable[[], datetime]
    deadline_seconds: float = 5.0
    on_context: Callable[[Context], None] = lambda _context: None
    ledger: Ledger | None = None
    replayer: Replayer | None = None
    prices: PriceDesk | None = None
    operations: Operations | None = None

    @property
    def operation_seconds(self) -> float:
        """How long an operation that begins now may take: longer while its service or the graph has just started."""
        is_starting = self.graph.is_planning or self.search.is_starting
        return max(self.deadline_seconds, WARM_UP_SECONDS if is_starting else 0.0)

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Who asks, by what a request or a socket's handshake shows.

        Raises:
            Unauthenticated: if that does not count.
            Unavailable: if it cannot be checked now.
        """
        return await self.access.callers.caller(shown_by(connection), at=self.clock())

    def context(self, *, request_id: str, caller: Caller, answer_headers: MutableHeaders) -> Context:
        """One request's view, pinned to the newest moment; its time begins now."""
        context = Context(
            moment=self.advisor.moment(),
            advisor=self.advisor,
            journal=self.journal,
            search=self.search,
            reader=BoundedReader(self.graph, time.monotonic() + self.operation_seconds),
            clock=self.clock,
            request_id=request_id,
            caller=caller,
            access=self.access,
            cards=self.cards,
            answer_headers=answer_headers,
            ledger=self.ledger,
            replayer=self.replayer,
            prices=self.prices,
            operations=self.operations,
        )
        self.on_context(context)
        return context


class Endpoint(GraphQL):
    """GraphQL over HTTP; GraphiQL at the same address in a browser.

    Attributes:
        most_in_flight: requests answered side by side; a further one is told at once to try again, for it would only
            make all of them late.
    """

    most_in_flight = MAX_IN_FLIGHT

    def __init__(self, service: Service, *, contract: Contract, ide: str) -> None:
        super().__init__(contract)
        self._service, self._ide = service, ide
        self._persisted, self._in_flight, self._turns = PersistedQueries(), 0, Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, unless too many are being answered."""
        if self._in_flight >= self.most_in_flight:
            await refuse(send, 503, "UNAVAILABLE", BUSY, {"retry-after": "1"})
            return
        self._in_flight += 1
        try:
            await self._answered(scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever is wrong with it is answered in GraphQL's shape."""
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(self._service.operation_seconds):
                await self._turns.turn()
                if not self.should_render_graphql_ide(self.request_adapter_class(request)):
                    scope["caller"] = await self._service.caller(request)
                response = await self.run(request)
        except HTTPException as error:
            await refuse(send, error.status_code, "BAD_USER_INPUT", error.reason)
        except NotPersisted:
            await refuse(send, 200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        except (ShelfgraphError, RecursionError, UnicodeDecodeError, TimeoutError) as error:
            message, code = diagnosis(error)
            status, headers = STATUS.get(code, (200, {}))
            await refuse(send, status, code, message, headers)
        else:
            reads = scope.get("graph_reads")
            if reads is not None:
                response.headers["Server-Timing"] = f'graph;dur={1000 * reads.seconds:.1f};desc="{reads.num} reads"'
            await response(scope, receive, send)

    def encode_json(self, data: object) -> str | bytes:
        """An answer as JSON; what orjson will not write (half a surrogate pair, say) goes the long way."""
        try:
            return orjson.dumps(data)
        except TypeError:
            return super().encode_json(data)

    def decode_json(self, data: str | bytes) -> object:
        """A JSON object; anything else is no request."""
        decoded = super().decode_json(data)
        if not isinstance(decoded, dict):
            raise HTTPException(400, "A request is a JSON object with `query`, and perhaps `variables`.")
        return decoded

    async def parse_http_body(self, request: Any) -> Any:
        """The request, its text filled in where it was persisted; its answer is one, so nothing is subscribed to."""
        data = await super().parse_http_body(request)
        assert not isinstance(data, list)  # noqa: S101  # decode_json refuses lists: one operation a request
        return replace(data, query=self._persisted.text(data.query, data.extensions), protocol="http")

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Whether a browser wants the page; who sends a hash wants an answer."""
        return super().should_render_graphql_ide(request) and "extensions" not in request.query_params

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """This request's view, pinned to the newest moment."""
        context = self._service.context(
            request_id=request.scope["request_id"],
            caller=request.scope.get("caller", NOBODY),
            answer_headers=response.headers if isinstance(response, Response) else MutableHeaders(),
        )
        request.scope["graph_reads"] = count_reads()
        request.scope["context"] = context
        return context

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer over HTTP; one that was put off says so by its status too."""
        if "retry-after" in sub_response.headers:
            sub_response.status_code = 429
        return super().create_response(response_data, sub_response)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer, its errors told by the one table."""
        context: Context = request.scope["context"]
        if request.method == "GET" and context.is_lasting and not result.errors:
            whose = "private" if context.caller.is_known else "public"
            context.answer_headers.update(
                {"cache-control": f"{whose}, max-age={LASTS_SECONDS}", "vary": "authorization"}
            )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [told(error) for error in result.errors]
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer  # type: ignore[return-value]

    async def render_graphql_ide(self, request: Request) -> Response:
        """GraphiQL."""
        return shown(self._ide, request, key=self._service.access.development_key)
