"""The service as callers meet it: the real HTTP application on the session's Neo4j, for tests of the API."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import service_shop as shop
from conftest import free_port
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.access import Access
from api.app import create_app
from api.context import Context
from api.search_desk import SearchDesk
from decisions.advisor import Advisor
from decisions.live import LiveFacts
from decisions.replay import Replayer
from graph.connection_async import AsyncGraph, connect_async
from graph.customer_history import CustomerHistory
from graph.paths import EvidencePaths
from graph.server import USER, LocalServer
from journal.audit import AuditLog
from journal.store import Journal
from schema.access import AccessPolicy, Role
from schema.artefact import Artefact
from schema.facts import ShopFacts
from schema.listings import Listings

ADMIN_KEY = "sg_tests_key"
LEAKS = ("Traceback", "MATCH", "UNWIND", "bolt://", "neo4j", "Neo4j", "sqlite", "cypher", 'File "', "password")


def open_to_everybody() -> Access:
    """Access for tests of something else, whose callers show no key."""
    return Access(
        AccessPolicy(anonymous_role=Role.ADMIN, introspection="everyone", points_per_minute={"anonymous": 10**9})
    )


def bearer(token: str) -> dict[str, str]:
    """The header by which a caller shows a key or token."""
    return {"authorization": f"Bearer {token}"}


class Service:
    """A running application, with a handle on what stands behind it.

    Attributes:
        contexts: every request's, newest last.
    """

    def __init__(self, http: TestClient, journal: Journal, contexts: list[Context]) -> None:
        self.http, self.journal, self.contexts = http, journal, contexts

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole answer to an operation."""
        answer = self.http.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def data(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must not fail."""
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def code(self, query: str, /, **variables: Any) -> str:
        """The only error's code."""
        (error,) = self.ask(query, **variables)["errors"]
        code: str = error["extensions"]["code"]
        return code

    def reads(self, query: str, /, **variables: Any) -> int:
        """How many round trips to the graph an operation takes, by what its answer's head tells browsers."""
        answer = self.http.post("/graphql", json={"query": query, "variables": variables})
        assert "errors" not in answer.json(), answer.text
        (told,) = re.findall(r'^graph;dur=\d+\.\d;desc="(\d+) reads"$', answer.headers["server-timing"])
        return int(told)


def posted(service: Service, content: bytes | str, headers: dict[str, str] | None = None, echoed: str = "") -> Any:
    """The answer to a body: in bounded time, and with nothing of what is inside, but for the words it was sent."""
    began = time.monotonic()
    headers = {"content-type": "application/json", **(headers or {})}
    answer = service.http.post("/graphql", content=content, headers=headers)
    assert time.monotonic() - began < 10
    assert not [leak for leak in LEAKS if leak in answer.text.replace(json.dumps(echoed)[1:-1] or "\0", "")]
    return answer


def codes(answer: Any) -> set[str]:
    """The codes of an answer's errors."""
    return {error["extensions"]["code"] for error in answer.json()["errors"]}


def refused(service: Service, query: str, code: str = "BAD_USER_INPUT", **variables: Any) -> str:
    """The first message of an operation that must be refused for this reason alone."""
    # A caller's own words may come back in the message; they are no leak.
    answer = posted(service, json.dumps({"query": query, "variables": variables}), echoed=variables.get("s", ""))
    assert codes(answer) == {code}
    message: str = answer.json()["errors"][0]["message"]
    return message


def skus(connection: dict[str, Any]) -> list[str]:
    """The products of a page, in order."""
    return [edge["node"]["sku"] for edge in connection["edges"]]


def walked(page_at: Callable[[str | None], dict[str, Any]], *, backwards: bool = False) -> list[str]:
    """The products of every page, in order; `page_at` asks for the one from a cursor on."""
    end, more = ("startCursor", "hasPreviousPage") if backwards else ("endCursor", "hasNextPage")
    page = page_at(None)
    found = skus(page)
    while page["pageInfo"][more]:
        page = page_at(page["pageInfo"][end])
        found = skus(page) + found if backwards else found + skus(page)
    return found


def settled(service: Service, *, within: float = 30) -> None:
    """Wait until the graph has planned its first statement: seconds, on a busy machine more."""
    ends = time.monotonic() + within
    while service.http.get("/readyz").status_code != 200:
        assert time.monotonic() < ends
        time.sleep(0.1)


def within_two_seconds(holds: Callable[[], bool]) -> None:
    """Wait until it holds, as is promised of whatever another process records."""
    within(2, holds)


def within(seconds: float, holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"not within {seconds:g} s"
        time.sleep(0.02)


SEARCH = """query($query: String, $filter: ProductFilter, $sort: ProductSort, $first: Int, $after: String, $last: Int,
    $before: String) {
  products(query: $query, filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount didYouMean isFallback
    edges { cursor standsInFor node { sku name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    priceSpan { min { amount } max { amount } }
    facets { field numValues values { value label count } } } }"""


def searched(service: Service, query: str | None = None, **variables: Any) -> dict[str, Any]:
    """A page of products with all that a search tells."""
    page: dict[str, Any] = service.data(SEARCH, query=query, **variables)["products"]
    return page


def address_of(journal: Journal) -> str:
    """Where a journal is."""
    return str(journal._database._engine.url.render_as_string(hide_password=False))


@contextmanager
def serving(
    server: LocalServer,
    journal: Journal,
    **settings: Any,
) -> Iterator[Service]:
    """A running service of the service shop, asked by an admin unless a request shows another key."""
    contexts: list[Context] = []
    app, graph = application(server, journal, on_context=contexts.append, **settings)
    with TestClient(app, headers=bearer(ADMIN_KEY)) as http:
        yield Service(http, journal, contexts)
        assert http.portal is not None
        http.portal.call(graph.close)


def application(
    server: LocalServer,
    journal: Journal,
    *,
    facts: ShopFacts | None = None,
    model: Artefact | None = None,
    read_facts: Callable[[int], ShopFacts] = lambda version: shop.facts(lake_version=version),
    read_listings: Callable[[int], Listings] = shop.listings,
    **settings: Any,
) -> tuple[Starlette, AsyncGraph]:
    """The application of the service shop, and the graph's connection, which is its caller's to close."""
    graph = connect_async(server.uri, user=USER, password=server.password(), deadline_seconds=20)
    live = LiveFacts(facts or shop.facts(), journal=journal, read_facts=read_facts)
    history, paths = CustomerHistory(graph.read), EvidencePaths(graph.read)
    advisor = Advisor(live=live, artefact=model, history=history, paths=paths, today=lambda: shop.TODAY)
    wiring = {
        "clock": lambda: shop.NOON,
        "access": Access(AccessPolicy(), development_key=ADMIN_KEY, audit=AuditLog(address_of(journal))),
        "refresh_seconds": 0.02,
        "deadline_seconds": 20.0,
        "catalogue_seconds": 0.0,
        "replayer": Replayer(live.at, {model.model_version: model}.__getitem__) if model else None,
        "search": SearchDesk(read_listings),
        **settings,
    }
    return create_app(advisor=advisor, graph=graph, journal=journal, **wiring), graph


@contextmanager
def listening_service(server: LocalServer, journal: Journal, **settings: Any) -> Iterator[int]:
    """The service on a real socket, as `serve` runs it; yields its port."""
    import threading

    import uvicorn

    from commands.listening import listening

    app, _ = application(server, journal, **settings)
    port = free_port()
    running = uvicorn.Server(listening(app, host="127.0.0.1", port=port))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.02)
    try:
        yield port
    finally:
        running.should_exit = True
        thread.join(20)


@contextmanager
def open_service(server: LocalServer, journal: Journal) -> Iterator[str]:
    """The same, trained and asked by anybody, for callers that are programs of their own; yields its address."""
    wiring = {"model": shop.artefact(), "access": open_to_everybody(), "refresh_seconds": 0.05}
    with listening_service(server, journal, **wiring) as port:
        yield f"http://127.0.0.1:{port}"
