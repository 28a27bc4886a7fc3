"""The service as one ASGI application: GraphQL, GraphiQL, health and readiness."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from api.access import Access
from api.cards import KEPT_SECONDS, Cards
from api.context import Context, GraphReader
from api.contract import contract
from api.endpoint import Endpoint, Service
from api.filling import keep_filled
from api.follower import EVERY_SECONDS, Follower, NewerModel
from api.graphiql import assets, page
from api.headers import around
from api.health import Readiness, alive
from api.operations import Operations
from api.price_desk import PriceDesk, ReadPrices
from api.projecting import Projecting, Projector, running
from api.search_desk import SearchDesk
from api.sockets import Sockets
from api.warming import WarmGraph
from decisions.advisor import Advisor
from decisions.ports import ChangeLog
from decisions.replay import Replayer
from journal.ledger import Ledger

PATIENCE_SECONDS: Final = 1.0
"""How long the search's building, which takes a whole core, lets the graph plan first."""


def create_app(  # noqa: PLR0913  # keywords only: this is where the service is wired
    *,
    advisor: Advisor,
    graph: GraphReader,
    journal: ChangeLog,
    search: SearchDesk,
    access: Access,
    clock: Callable[[], datetime],
    deadline_seconds: float = 5.0,
    catalogue_seconds: float = KEPT_SECONDS,
    refresh_seconds: float = EVERY_SECONDS,
    newer_model: NewerModel = lambda _served: None,
    on_context: Callable[[Context], None] = lambda _context: None,
    ledger: Ledger | None = None,
    replayer: Replayer | None = None,
    projector: Projector | None = None,
    read_prices: ReadPrices | None = None,
    operations: Operations | None = None,
) -> Starlette:
    """The application; it follows the journal while it is up, and leaves closing graph and journal to its caller.

    Args:
        advisor: decisions by live facts and one model version.
        graph: an asynchronous connection to read names, joins and paths from.
        journal: where mutations are recorded.
        search: words, facets and completion; it follows the lake while the application is up.
        access: who may.
        clock: the present instant, aware.
        deadline_seconds: when an operation is given up, here and in the graph; later while that has just started.
        catalogue_seconds: how long names and joins that the graph told are kept; 0 asks it every time.
        refresh_seconds: how often the journal and the champion are looked at.
        newer_model: how a newly promoted model version is had; by default none ever is.
        on_context: told each request's context as it begins; for tests and counters.
        ledger: where decisions are kept, closed when the application ends; None keeps none.
        replayer: makes them again.
        projector: brings changes to the graph while the application is up; None leaves that to others.
        read_prices: the price windows of a lake version, asked for when somebody wants a product's history.
        operations: what those who run the shop may have done; None offers none.
    """
    projecting = None if projector is None else Projecting(projector)
    service = Service(
        advisor=advisor,
        graph=WarmGraph(graph),
        journal=journal,
        search=search,
        access=access,
        cards=Cards(seconds=catalogue_seconds),
        clock=clock,
        deadline_seconds=deadline_seconds,
        on_context=on_context,
        ledger=ledger,
        replayer=replayer,
        prices=None if read_prices is None else PriceDesk(read_prices),
        operations=operations,
    )
    follower = Follower(advisor, newer_model=newer_model, every_seconds=refresh_seconds)

    lifespan = partial(_alive, service, follower, projecting, refresh_seconds)
    return Starlette(routes=_routes(service, follower, projecting), lifespan=lifespan, middleware=around(access.policy))


@asynccontextmanager
async def _alive(
    service: Service, follower: Follower, projecting: Projecting | None, every_seconds: float, _app: Starlette
) -> AsyncIterator[None]:
    """What goes on beside answering, from the first request to the last."""
    await follower.start()
    warming, searching = service.graph.keep_warm(), _search(service, every_seconds)
    filling = keep_filled(service, every_seconds=every_seconds)
    try:
        async with _beside(warming, searching, filling), service.access.following(), running(projecting):
            yield
    finally:
        await follower.stop()
        if service.ledger is not None:
            await asyncio.to_thread(service.ledger.close)


def _routes(service: Service, follower: Follower, projecting: Projecting | None) -> list[BaseRoute]:
    schema = contract()
    return [
        Route("/graphql", Endpoint(service, contract=schema, ide=page(service.advisor.moment().facts.base))),
        WebSocketRoute("/graphql", Sockets(service, contract=schema)),
        Mount("/graphiql", assets()),
        Route("/healthz", alive),
        Route("/readyz", Readiness(service, follower, projecting).look),
    ]


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _search(service: Service, every_seconds: float) -> None:
    await service.graph.looked_at(within_seconds=PATIENCE_SECONDS)
    await service.search.follow(service.advisor.moment, every_seconds=every_seconds)
