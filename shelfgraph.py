"""Shelfgraph's root: the wiring of every part by the settings, and the command line's entry."""

import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.application import application
from commands.console import explain
from commands.context import Shop
from commands.settings import Settings
from registry.provenance import code_commit
from schema.errors import NotFound, ShelfgraphError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from decisions.live import LiveFacts
    from decisions.replay import Replayer
    from graph.connection import Graph
    from graph.server import LocalServer
    from journal.decision_log import DecisionLog
    from journal.keys import Keys
    from journal.ledger import Ledger
    from journal.store import Journal
    from lake.store import Lake
    from registry.store import Registry
    from schema.artefact import Artefact
    from schema.facts import ShopFacts


class Parts:
    """Every part of a shop, made when first asked for; what is heavy to import is imported then."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

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

    @cached_property
    def journal(self) -> "Journal":
        """Changes and verdicts."""
        from journal.store import Journal  # noqa: PLC0415

        self._settings.home.mkdir(parents=True, exist_ok=True)
        return Journal(self._settings.journal_address)

    def decision_log(self) -> "DecisionLog":
        """The ledger's entries that have reached the journal's database."""
        from journal.decision_log import DecisionLog  # noqa: PLC0415

        self._settings.home.mkdir(parents=True, exist_ok=True)
        return DecisionLog(self._settings.journal_address)

    def ledger(self) -> "Ledger":
        """Where decisions are kept as they are made; closing it is its caller's."""
        from journal.ledger import Ledger  # noqa: PLC0415

        return Ledger(
            self.decision_log(),
            self._settings.home / "ledger",
            max_bytes=self._settings.ledger_spool_mib << 20,
            is_power_safe=self._settings.ledger_power_safe,
        )

    def replayer(self, live: "LiveFacts | None" = None) -> "Replayer":
        """What makes decisions again."""
        from decisions.replay import Replayer  # noqa: PLC0415
        from ranking.saved import open_ranker  # noqa: PLC0415

        return Replayer((live or self.live()).at, self.registry.load, open_ranker)

    @cached_property
    def keys(self) -> "Keys":
        """Who may use the service."""
        from journal.keys import Keys  # noqa: PLC0415

        self._settings.home.mkdir(parents=True, exist_ok=True)
        return Keys(self._settings.journal_address)

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

    def app(self, development_key: str | None) -> "Starlette":
        """The web application on the newest lake version and the champion.

        Args:
            development_key: an admin's key beside those of the journal; None for none.

        Raises:
            NotFound: if nothing has been loaded.
        """
        with ThreadPoolExecutor(max_workers=2) as beside:  # hashing and reading go on while the rest is imported
            champion = beside.submit(self._newer_model, None)
            live = beside.submit(self.live)
            from api.access import Access  # noqa: PLC0415
            from api.app import create_app  # noqa: PLC0415
            from decisions.advisor import Advisor  # noqa: PLC0415
            from graph.connection_async import connect_async  # noqa: PLC0415
            from graph.paths import CustomerHistory, EvidencePaths  # noqa: PLC0415
            from journal.audit import AuditLog  # noqa: PLC0415
            from ranking.saved import open_ranker  # noqa: PLC0415

            graph = connect_async(self._settings.graph_uri, **self._graph_login())
        advisor = Advisor(
            live=live.result(),
            artefact=champion.result(),
            history=CustomerHistory(graph.read),
            paths=EvidencePaths(graph.read),
            today=lambda: clock().date(),
            open_ranker=open_ranker,
        )
        return create_app(
            advisor=advisor,
            graph=graph,
            journal=self.journal,
            access=Access(
                self._settings.access_policy,
                keys=self.keys,
                development_key=development_key,
                audit=AuditLog(self._settings.journal_address),
            ),
            clock=clock,
            newer_model=self._newer_model,
            ledger=self.ledger(),
            replayer=self.replayer(live.result()),
        )

    def live(self) -> "LiveFacts":
        """The newest lake version's facts, kept up with the journal; raises NotFound where nothing was loaded."""
        from decisions.live import LiveFacts  # noqa: PLC0415

        return LiveFacts(self._facts(self._newest_version()), journal=self.journal, read_facts=self._facts)

    def _newer_model(self, served: str | None) -> "Artefact | None":
        champion = self.registry.champion()
        return self.registry.load(champion) if champion not in (None, served) else None

    def _newest_version(self) -> int:
        newest = self.lake.latest()
        if newest is None:
            raise NotFound("lake version", "to serve", remedy="Run `shelfgraph load SOURCE PATH` first.")
        return newest

    def _facts(self, version: int) -> "ShopFacts":
        from lake.facts import read_facts  # noqa: PLC0415

        return read_facts(self.lake, version=version, as_of=self.lake.default_as_of(version))

    def _graph_login(self) -> dict[str, Any]:
        settings = self._settings
        password = settings.neo4j_password or (self.server.password() if self.server else "")
        return {"user": settings.neo4j_user, "password": password, "database": settings.neo4j_database}


def wire(settings: Settings) -> Shop:
    """The shop that these settings describe."""
    parts = Parts(settings)
    return Shop(
        home=settings.home,
        jars=settings.jars_folder,
        graph_uri=settings.graph_uri,
        graph_memory=settings.graph_memory,
        api_host=settings.api_host,
        api_port=settings.api_port,
        lake=lambda: parts.lake,
        registry=lambda: parts.registry,
        journal=lambda: parts.journal,
        server=lambda: parts.server,
        graph=lambda: parts.graph,
        live=parts.live,
        ledger=parts.ledger,
        ledger_days=settings.ledger_days,
        replayer=parts.replayer,
        app=parts.app,
        keys=lambda: parts.keys,
        access_policy=settings.access_policy,
        clock=clock,
        code_commit=code_commit(Path(__file__).parent),
    )


def clock() -> datetime:
    """The instant now, aware; nothing else in the house asks for it."""
    return datetime.now(UTC)


def main() -> None:
    """Run the command line; a diagnosis ends it with its own exit code and no traceback."""
    # torch_geometric still compiles with what torch means to retire; nobody who runs a command can mend that.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\.")
    # CUDA's matrix products are the same in every run only with a workspace of their own, chosen before it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        application(obj=wire(Settings()))
    except ShelfgraphError as error:
        explain(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
