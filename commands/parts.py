"""Parts: what a shop consists of, each wired by the settings."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from commands.journal_parts import JournalParts
from commands.settings import Settings
from schema.errors import NotFound, ShelfgraphError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from api.access import Access
    from decisions.advisor import Advisor
    from decisions.live import LiveFacts
    from decisions.replay import Replayer
    from graph.connection import Graph
    from graph.connection_async import AsyncGraph
    from graph.server import LocalServer
    from jobs.models import Models
    from jobs.project import Projector
    from lake.store import Lake
    from registry.store import Registry
    from schema.artefact import Artefact
    from schema.facts import ShopFacts
    from schema.listings import Listings
    from schema.prices import PriceBook

T = TypeVar("T")


class Parts(JournalParts):
    """Every part of a shop, made when first asked for; what is heavy to import is imported then."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock

    @cached_property
    def lake(self) -> "Lake":
        """The versioned tables."""
        from lake.spark_session import room_at  # noqa: PLC0415
        from lake.store import Lake  # noqa: PLC0415

        return Lake(self._settings.lake_root, room=room_at(self._settings.spark))

    @cached_property
    def registry(self) -> "Registry":
        """The model versions."""
        from registry.store import Registry  # noqa: PLC0415

        return Registry(self._settings.home / "registry")

    def replayer(self, live: "LiveFacts | None" = None) -> "Replayer":
        """What makes decisions again."""
        from decisions.replay import Replayer  # noqa: PLC0415
        from ranking.saved import open_ranker  # noqa: PLC0415

        return Replayer((live or self.live()).at, self.registry.load, open_ranker)

    @cached_property
    def models(self) -> "Models":
        """The model versions, and which is served."""
        from jobs.models import Models  # noqa: PLC0415
        from journal.approval_log import ApprovalLog  # noqa: PLC0415

        return Models(self.registry, ApprovalLog(self._journal_address))

    @cached_property
    def server(self) -> "LocalServer | None":
        """The local graph server; None where the settings name another."""
        from graph.jars import folder  # noqa: PLC0415
        from graph.server import LocalServer  # noqa: PLC0415

        settings = self._settings
        if settings.neo4j_uri:
            return None
        return LocalServer(
            home=settings.home / "neo4j",
            jars=folder(settings.jars_folder),
            bolt_port=settings.bolt_port,
            http_port=settings.http_port,
            **settings.graph_memory,
        )

    @cached_property
    def graph(self) -> "Graph":
        """The graph for loads and checks, connected."""
        from graph.connection import connect  # noqa: PLC0415

        return connect(self._settings.graph_uri, **self._graph_login())

    def app(self, development_key: str | None, **settings: Any) -> "Starlette":
        """The web application on the newest lake version and the champion.

        Args:
            development_key: an admin's key beside those of the journal; None for none.
            settings: more of `create_app`'s.

        Raises:
            NotFound: if nothing has been loaded.
        """
        Thread(target=self._warm_up, daemon=True).start()
        with ThreadPoolExecutor(max_workers=2) as beside:  # hashing and reading go on while the rest is imported
            champion = beside.submit(self._newer_model, None)
            live = beside.submit(self.live)
            from api.app import create_app  # noqa: PLC0415
            from api.operations import Operations  # noqa: PLC0415
            from api.search_desk import SearchDesk  # noqa: PLC0415
            from graph.connection_async import connect_async  # noqa: PLC0415
            from search.synonyms import SynonymsFile  # noqa: PLC0415

            graph = connect_async(self._settings.graph_uri, **self._graph_login())
            advisor = self._advisor(graph, live, champion)
        return create_app(
            advisor=advisor,
            graph=graph,
            journal=self.journal,
            search=SearchDesk(self._listings, read_synonyms=SynonymsFile(self._settings.synonyms_file).read),
            access=self._access(development_key),
            clock=self._clock,
            newer_model=self._newer_model,
            ledger=self.ledger(),
            replayer=self.replayer(live.result()),
            catalogue_seconds=self._settings.catalogue_seconds,
            projector=self.projector(),
            read_prices=self._price_book,
            operations=Operations(self.jobs, self._settings.load_sources, self.models, self.erasures),
            **settings,
        )

    def _advisor(
        self, graph: "AsyncGraph", live: "Future[LiveFacts]", champion: "Future[Artefact | None]"
    ) -> "Advisor":
        from decisions.advisor import Advisor  # noqa: PLC0415
        from graph.customer_history import CustomerHistory  # noqa: PLC0415
        from graph.paths import EvidencePaths  # noqa: PLC0415
        from ranking.saved import open_ranker  # noqa: PLC0415

        return Advisor(
            live=live.result(),
            artefact=champion.result(),
            history=CustomerHistory(graph.read, seconds=self._settings.history_seconds),
            paths=EvidencePaths(graph.read),
            today=lambda: self._clock().date(),
            open_ranker=open_ranker,
        )

    def _warm_up(self) -> None:
        """Have the graph plan its statements while this process still imports: a server just started takes long."""
        from graph.connection_async import connect_async  # noqa: PLC0415
        from graph.warm_up import warm_up  # noqa: PLC0415

        async def once() -> None:
            async with connect_async(self._settings.graph_uri, **self._graph_login(), deadline_seconds=30) as graph:
                await warm_up(graph.read)

        with suppress(ShelfgraphError):  # who asks is told
            asyncio.run(once())

    def projector(self) -> "Projector":
        """What brings changes to the graph; closing it is its caller's."""
        from graph.connection import connect  # noqa: PLC0415
        from jobs.project import Projector, this_process  # noqa: PLC0415

        return Projector(
            journal=self.journal,
            lake=self.lake,
            connect=lambda: connect(self._settings.graph_uri, **self._graph_login()),
            holder=this_process(),
            clock=self._clock,
        )

    def _access(self, development_key: str | None) -> "Access":
        from api.access import Access  # noqa: PLC0415
        from api.buckets import Buckets  # noqa: PLC0415

        return Access(
            self._settings.access_policy,
            keys=self.keys,
            development_key=development_key,
            audit=self.audit,
            buckets=Buckets(self._settings.home / "budgets"),
        )

    def live(self) -> "LiveFacts":
        """The newest lake version's facts, kept up with the journal; raises NotFound where nothing was loaded."""
        from decisions.live import LiveFacts  # noqa: PLC0415

        return LiveFacts(self._facts(self._newest_version()), journal=self.journal, read_facts=self._facts)

    def _newer_model(self, served: str | None) -> "Artefact | None":
        from measures.memory import page_in  # noqa: PLC0415

        champion = self.registry.champion()
        if champion in (None, served):
            return None
        newer = self.registry.load(champion)
        page_in([*newer.embeddings.spaces.values(), *(() if newer.ranker is None else newer.ranker.arrays.values())])
        return newer

    def _newest_version(self) -> int:
        newest = self.lake.latest()
        if newest is None:
            raise NotFound("lake version", "to serve", remedy="Run `shelfgraph load SOURCE PATH` first.")
        return newest

    def _facts(self, version: int) -> "ShopFacts":
        from lake.facts import read_facts  # noqa: PLC0415
        from lake.supply import read_supply  # noqa: PLC0415

        as_of = self.lake.default_as_of(version)
        base = read_facts(self.lake, version=version, as_of=as_of)
        return replace(base, supply=_once(partial(read_supply, self.lake, base, as_of=as_of)))

    def _price_book(self, version: int) -> "PriceBook":
        from lake.price_book import read_price_book  # noqa: PLC0415

        return read_price_book(self.lake.at(version))

    def _listings(self, version: int) -> "Listings":
        from lake.listings import read_listings  # noqa: PLC0415

        return read_listings(self.lake.at(version))

    def _graph_login(self) -> dict[str, Any]:
        settings = self._settings
        password = settings.neo4j_password or (self.server.password() if self.server else "")
        return {"user": settings.neo4j_user, "password": password, "database": settings.neo4j_database}


def _once(read: Callable[[], T]) -> Callable[[], T]:
    """What is read when it is first asked for, and by nobody else meanwhile; kept unless that fails."""
    lock, kept = Lock(), list[T]()

    def held() -> T:
        with lock:
            if not kept:
                kept.append(read())
            return kept[0]

    return held
