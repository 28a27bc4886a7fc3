"""Fixtures that several test files share: the real Neo4j and the folder of real rows."""

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import service_shop as shop
from hypothesis import settings
from postgres_server import PostgresServer, postgres_server

from graph.connection import Graph, connect
from graph.jars import fetch
from graph.projection import project
from graph.server import BRIEF, USER, LocalServer
from journal.store import Journal

if TYPE_CHECKING:
    from service_client import Service

# A machine that is busy with something else is no fault of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
# Of `make check`; in `make test` a law is tried on as many examples as Hypothesis thinks right.
settings.register_profile("quick", deadline=None, max_examples=20)


# What is imported stays: Python need not look through it for what may go, neither now nor later.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on what a test leaves behind is looked for again, and nothing older."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """What is still frozen when Python ends is told as leaked by libraries that look for leaks."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real rows; the test is skipped by name without it."""
    default = Path(__file__).parents[1].parent / "shared"
    folder = Path(os.environ.get("SHELFGRAPH_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real rows at {folder}: set SHELFGRAPH_SHARED")
    return folder


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def brief_server(home: Path, jars: Path) -> LocalServer:
    """A Neo4j on free ports, not started, for which it is not worth while to optimise what it runs: half the work."""
    sizes = {"heap_mib": 512, "page_cache_mib": 128}
    options = (BRIEF, "-XX:+UseSerialGC")
    return LocalServer(home, jars=jars, bolt_port=free_port(), http_port=free_port(), java_options=options, **sizes)


@pytest.fixture(scope="session")
def neo4j_jars() -> Path:
    """The server's jars, fetched once into the user's cache."""
    return fetch(Path.home() / ".cache" / "shelfgraph" / "jars")


@pytest.fixture(scope="session")
def neo4j_server(neo4j_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A real, running Neo4j of this session's own, on free ports, in a temporary home."""
    server = brief_server(tmp_path_factory.mktemp("neo4j"), neo4j_jars)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def graph(neo4j_server: LocalServer) -> Iterator[Graph]:
    """A connection to the session's Neo4j, emptied; constraints and indexes stay."""
    neo4j_server.start()
    with connect(neo4j_server.uri, user=USER, password=neo4j_server.password()) as connection:
        connection.write_alone("close_everything", batch=5_000)
        yield connection


@pytest.fixture(scope="module")
def loaded(neo4j_server: LocalServer) -> LocalServer:
    """The session's Neo4j with the service shop in it."""
    neo4j_server.start()
    with connect(neo4j_server.uri, user=USER, password=neo4j_server.password()) as connection:
        project(shop.snapshot(), connection, lake_version=1, load_id="l1")
    return neo4j_server


@pytest.fixture(scope="module")
def service(loaded: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Service"]:
    """A trained service that a file's tests share."""
    from service_client import serving

    journal = Journal(str(tmp_path_factory.mktemp("journal") / "journal.db"))
    with serving(loaded, journal, model=shop.artefact()) as running:
        yield running


@pytest.fixture
def fresh(loaded: LocalServer, tmp_path: Path) -> Iterator["Service"]:
    """A trained service of one test's own, which may record what it likes."""
    from service_client import serving

    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=shop.artefact()) as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real, running PostgreSQL of this session's own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def journal_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, empty journal; a test that asks for it runs on both databases."""
    if request.param == "sqlite":
        yield str(tmp_path / "journal.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.new_journal()
    yield address
    server.end_sessions(address)
