"""Shelfgraph's root: settings from the environment, the wiring of every part, and the command line's entry."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from commands.application import application
from commands.console import explain
from commands.context import Shop
from schema.errors import NotFound, ShelfgraphError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from graph.connection import Graph
    from graph.server import LocalServer
    from journal.store import Journal
    from lake.store import Lake
    from registry.store import Registry
    from schema.facts import ShopFacts


class Settings(BaseSettings):
    """Every setting, read once from the environment (`SHELFGRAPH_…`, and Neo4j's own three names)."""

    model_config = SettingsConfigDict(env_prefix="SHELFGRAPH_", extra="ignore", populate_by_name=True)

    home: Path = Field(Path(".shelfgraph"), description="Where lake, journal, registry and the local graph live.")
    lake: str = Field("", description="The lake's address: a folder or an object store; empty: `lake` in the home.")
    journal: str = Field("", description="The journal's SQLAlchemy address; empty: SQLite in the home.")
    neo4j_uri: str = Field("", alias="NEO4J_URI", description="A Neo4j server; empty: the local one.")
    neo4j_user: str = Field("neo4j", alias="NEO4J_USER", description="Its user name.")
    neo4j_password: str = Field("", alias="NEO4J_PASSWORD", description="Its password; the local one has its own.")
    neo4j_database: str = Field("neo4j", alias="NEO4J_DATABASE", description="Its database.")
    bolt_port: int = Field(7687, description="The local graph server's Bolt port.")
    http_port: int = Field(7474, description="The local graph server's Browser port.")
    graph_heap_mib: int = Field(1024, description="The local graph server's heap, MiB.")
    graph_page_cache_mib: int = Field(512, description="The local graph server's page cache, MiB.")
    jars: Path = Field(Path("~/.cache/shelfgraph/jars"), description="Where Neo4j's jars are kept for every checkout.")
    api_host: str = Field("127.0.0.1", description="The address that `serve` listens on.")
    api_port: int = Field(8000, description="The port that `serve` listens on.")

    @property
    def lake_root(self) -> str:
        """The lake's address."""
        return self.lake or str(self.home / "lake")

    @property
    def journal_address(self) -> str:
        """The journal's SQLAlchemy address."""
        return self.journal or f"sqlite:///{self.home / 'journal.db'}"

    @property
    def graph_uri(self) -> str:
        """The graph's Bolt address."""
        return self.neo4j_uri or f"bolt://127.0.0.1:{self.bolt_port}"


def wire(settings: Settings) -> Shop:
    """The shop that these settings describe; parts are made when first asked for."""
    server = cache(partial(_server, settings))
    lake, registry, journal = (cache(partial(make, settings)) for make in (_lake, _registry, _journal))
    graph = cache(partial(_graph, settings, server))
    return Shop(
        home=settings.home,
        graph_uri=settings.graph_uri,
        api_host=settings.api_host,
        api_port=settings.api_port,
        lake=lake,
        registry=registry,
        journal=journal,
        server=server,
        graph=graph,
        app=partial(_app, settings, server, lake, registry, journal),
        clock=_now,
        code_commit=_code_commit(),
    )


def _lake(settings: Settings) -> "Lake":
    from lake.store import Lake  # noqa: PLC0415  # duckdb and deltalake take seconds to import

    return Lake(settings.lake_root)


def _registry(settings: Settings) -> "Registry":
    from registry.store import Registry  # noqa: PLC0415

    return Registry(settings.home / "registry")


def _journal(settings: Settings) -> "Journal":
    from journal.store import Journal  # noqa: PLC0415

    settings.home.mkdir(parents=True, exist_ok=True)
    return Journal(settings.journal_address)


def _server(settings: Settings) -> "LocalServer | None":
    from graph.jars import folder  # noqa: PLC0415
    from graph.server import LocalServer  # noqa: PLC0415

    if settings.neo4j_uri:
        return None
    return LocalServer(
        home=settings.home / "neo4j",
        jars=folder(settings.jars.expanduser()),
        bolt_port=settings.bolt_port,
        http_port=settings.http_port,
        heap_mib=settings.graph_heap_mib,
        page_cache_mib=settings.graph_page_cache_mib,
    )


def _password(settings: Settings, server: "LocalServer | None") -> str:
    return settings.neo4j_password or (server.password() if server else "")


def _graph(settings: Settings, server: Callable[[], "LocalServer | None"]) -> "Graph":
    from graph.connection import connect  # noqa: PLC0415

    return connect(
        settings.graph_uri,
        user=settings.neo4j_user,
        password=_password(settings, server()),
        database=settings.neo4j_database,
    )


def _app(
    settings: Settings,
    server: Callable[[], "LocalServer | None"],
    lake: Callable[[], "Lake"],
    registry: Callable[[], "Registry"],
    journal: Callable[[], "Journal"],
) -> "Starlette":
    from api.app import create_app  # noqa: PLC0415
    from decisions.advisor import Advisor  # noqa: PLC0415
    from decisions.live import LiveFacts  # noqa: PLC0415
    from graph.connection_async import connect_async  # noqa: PLC0415
    from graph.paths import CustomerHistory, EvidencePaths  # noqa: PLC0415

    newest = lake().latest()
    if newest is None:
        raise NotFound("lake version", "to serve", remedy="Run `shelfgraph load SOURCE PATH` first.")
    graph = connect_async(
        settings.graph_uri,
        user=settings.neo4j_user,
        password=_password(settings, server()),
        database=settings.neo4j_database,
    )
    facts = partial(_facts, lake())
    advisor = Advisor(
        live=LiveFacts(facts(newest), journal=journal(), read_facts=facts),
        artefact=registry().load() if registry().champion() else None,
        history=CustomerHistory(graph.read),
        paths=EvidencePaths(graph.read),
        today=lambda: _now().date(),
    )
    return create_app(advisor=advisor, graph=graph, journal=journal(), clock=_now)


def _facts(lake: "Lake", version: int) -> "ShopFacts":
    from lake.facts import read_facts  # noqa: PLC0415

    return read_facts(lake, version=version, as_of=lake.default_as_of(version))


def _now() -> datetime:
    return datetime.now(UTC)


def _code_commit() -> str:
    """The checkout's commit, marked where files differ from it; the installed version outside a checkout."""
    folder = Path(__file__).parent
    if not (folder / ".git").exists():
        return version("shelfgraph")
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or version("shelfgraph")


def main() -> None:
    """Run the command line; a diagnosis ends it with its own exit code and no traceback."""
    try:
        application(obj=wire(Settings()))
    except ShelfgraphError as error:
        explain(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
