"""What the command line is given: the wired workshops, each made when first asked for."""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

import typer

from schema.access import AccessPolicy
from schema.errors import Busy

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from decisions.live import LiveFacts
    from decisions.replay import Replayer
    from graph.connection import Graph
    from graph.server import LocalServer
    from jobs.models import Models
    from jobs.project import Projector
    from journal.audit import AuditLog
    from journal.erasure_log import ErasureLog
    from journal.job_log import JobLog
    from journal.keys import Keys
    from journal.ledger import Ledger
    from journal.store import Journal
    from lake.store import Lake
    from registry.store import Registry
    from schema.load_sources import LoadSource


class GraphMemory(TypedDict):
    """The local graph server's memory, MiB: Java's heap, and the store's pages beside it."""

    heap_mib: int
    page_cache_mib: int


@dataclass(frozen=True)
class Shop:
    """One shop's parts. Calling a part makes it; making it opens nothing but what it must.

    Attributes:
        home: the folder that holds lake, journal, registry and the local graph server.
        jars: the cache that Neo4j's jars are kept in.
        graph_memory: of a local graph server.
        server: the local graph server, or None where `NEO4J_URI` names one.
        graph: connects; raises Unavailable or WrongCredentials.
        live: the newest facts; raises NotFound where nothing was loaded.
        ledger: where decisions are kept as they are made; whoever opens it closes it.
        ledger_days: for how long.
        replayer: makes them again; raises NotFound where nothing was loaded.
        app: the web application on the champion, with a development key or none, and with more of `create_app`'s
            settings; raises NotTrained or Unavailable.
        projector: brings changes to the graph; whoever asks for it closes it.
        keys: who may use the service.
        jobs: what was asked for and takes its time.
        models: the versions, and which is served.
        erasures: customers who were erased.
        audit: who changed what.
        audit_days: for how long that is kept.
        load_sources: what callers may have loaded, by name.
        runs_jobs: whether `serve` starts the process that runs jobs.
        access_policy: what the settings say of who may.
        memory_mib: what a training may hold; None: what there is.
        clock: the instant now, aware; the only source of it.
        code_commit: what the code is, for manifests.
    """

    home: Path
    jars: Path
    graph_uri: str
    graph_memory: GraphMemory
    api_host: str
    api_port: int
    lake: Callable[[], "Lake"]
    registry: Callable[[], "Registry"]
    journal: Callable[[], "Journal"]
    server: Callable[[], "LocalServer | None"]
    graph: Callable[[], "Graph"]
    live: Callable[[], "LiveFacts"]
    ledger: Callable[[], "Ledger"]
    ledger_days: int
    replayer: Callable[[], "Replayer"]
    app: Callable[..., "Starlette"]
    projector: Callable[[], "Projector"]
    keys: Callable[[], "Keys"]
    jobs: Callable[[], "JobLog"]
    models: Callable[[], "Models"]
    erasures: Callable[[], "ErasureLog"]
    audit: Callable[[], "AuditLog"]
    audit_days: int
    load_sources: Mapping[str, "LoadSource"]
    runs_jobs: bool
    access_policy: AccessPolicy
    memory_mib: int | None
    clock: Callable[[], datetime]
    code_commit: str

    @property
    def graphiql_url(self) -> str:
        """Where GraphiQL is when `serve` runs."""
        return f"http://{self.api_host}:{self.api_port}/graphql"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else loads into this shop or trains it meanwhile; the lock of a process that dies goes with it.

        Raises:
            Busy: if somebody does.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "writer.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(
                    f"Another command is writing to the shop in {self.home}.",
                    remedy="Wait for it to end, then try again.",
                ) from error
            yield


def shop_of(ctx: typer.Context) -> Shop:
    """The shop that `shelfgraph.py` wired into typer's context."""
    return cast(Shop, ctx.find_object(Shop))
