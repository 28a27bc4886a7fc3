"""The service as callers meet it: the real HTTP application on the session's Neo4j, for tests of the API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import service_shop as shop
from starlette.testclient import TestClient

from api.app import create_app
from api.context import Context
from api.search_desk import SearchDesk
from decisions.advisor import Advisor
from decisions.live import LiveFacts
from decisions.replay import Replayer
from graph.connection_async import connect_async
from graph.paths import CustomerHistory, EvidencePaths
from graph.server import USER, LocalServer
from journal.store import Journal
from schema.artefact import Artefact
from schema.facts import ShopFacts
from schema.listings import Listings


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
        """How many round trips to the graph an operation takes."""
        self.data(query, **variables)
        return self.contexts[-1].reader.num_reads


@contextmanager
def serving(
    server: LocalServer,
    journal: Journal,
    *,
    facts: ShopFacts | None = None,
    model: Artefact | None = None,
    read_facts: Callable[[int], ShopFacts] = lambda version: shop.facts(lake_version=version),
    read_listings: Callable[[int], Listings] = shop.listings,
    **settings: Any,
) -> Iterator[Service]:
    """A running service of the service shop."""
    contexts: list[Context] = []
    graph = connect_async(server.uri, user=USER, password=server.password(), deadline_seconds=20)
    live = LiveFacts(facts or shop.facts(), journal=journal, read_facts=read_facts)
    history, paths = CustomerHistory(graph.read), EvidencePaths(graph.read)
    advisor = Advisor(live=live, artefact=model, history=history, paths=paths, today=lambda: shop.TODAY)
    wiring = {
        "clock": lambda: shop.NOON,
        "on_context": contexts.append,
        "refresh_seconds": 0.02,
        "deadline_seconds": 20.0,
        "replayer": Replayer(live.at, {model.model_version: model}.__getitem__) if model else None,
        "search": SearchDesk(read_listings),
        **settings,
    }
    app = create_app(advisor=advisor, graph=graph, journal=journal, **wiring)
    with TestClient(app) as http:
        yield Service(http, journal, contexts)
        assert http.portal is not None
        http.portal.call(graph.close)
