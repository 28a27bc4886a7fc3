"""Shelfgraph's root: the wiring of every part by the settings, and the command line's entry."""

import gc
import os
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

from commands.application import application
from commands.console import explain
from commands.context import Shop
from commands.parts import Parts
from commands.settings import Settings
from registry.provenance import code_commit
from schema.errors import ShelfgraphError


def wire(settings: Settings) -> Shop:
    """The shop that these settings describe."""
    parts = Parts(settings, clock=clock)
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
        projector=parts.projector,
        keys=lambda: parts.keys,
        jobs=lambda: parts.jobs,
        models=lambda: parts.models,
        erasures=lambda: parts.erasures,
        audit=lambda: parts.audit,
        audit_days=settings.audit_days,
        load_sources=settings.load_sources,
        runs_jobs=settings.runs_jobs,
        access_policy=settings.access_policy,
        memory_mib=settings.memory_mib,
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
    # GNU OpenMP's threads spin for milliseconds while they wait for each other: beside other work a fit takes several
    # times its own processor time. So many turns are enough where every thread has a core to itself.
    os.environ.setdefault("GOMP_SPINCOUNT", "500")
    if sys.argv[1:2] == ["serve"]:
        # Requests come side by side: threads of one small product of matrices would only fight with the others'.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        # Serving is installed without scikit-learn; where it is there, LightGBM would import it for nothing.
        sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # what Python takes for "not there"
        # What is made before it listens stays: looks for cycles meanwhile are a sixth of the start.
        gc.disable()
    try:
        application(obj=wire(Settings()))
    except ShelfgraphError as error:
        explain(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
