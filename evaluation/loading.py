"""How long a load takes from raw files to the graph, step by step, beside the bare driver writing the same rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from evaluation.report import peak_mib
from graph.benchmark import ProjectionSpeed, measure_projection
from graph.connection import connect
from graph.server import USER, LocalServer
from lake.snapshot import build_snapshot
from lake.store import Lake
from loaders.staging import LoadOptions, stage
from schema.progress import Progress, silent

T = TypeVar("T")


@dataclass
class Loading:
    """One measured load into an empty lake and an empty graph.

    Attributes:
        rows: raw rows read, all tables together.
        seconds: by step: check, publish, count, project.
        client_mib, server_mib: the most memory each process held.
    """

    rows: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    speed: ProjectionSpeed | None = None
    client_mib: float = 0.0
    server_mib: float = 0.0

    def timed(self, step: str, work: Callable[[], T]) -> T:
        """What `work` returns, its seconds noted."""
        began = time.monotonic()
        done = work()
        self.seconds[step] = time.monotonic() - began
        return done


def run(
    source: str, path: Path, *, folder: Path, server: LocalServer, now: datetime, progress: Progress = silent
) -> Loading:
    """Load a source into `folder` and into a server of the benchmark's own, started and stopped here."""
    loading = Loading()
    tables = loading.timed(
        "check", lambda: stage(source, path, into=folder / "staged", options=LoadOptions(), progress=progress)
    )
    loading.rows = sum(tally.read for tally in tables.tallies.values())
    lake = Lake(str(folder / "lake"))
    version = loading.timed("publish", lambda: lake.publish(tables, published_at=now, progress=progress)).version
    as_of = lake.default_as_of(version)
    snapshot = loading.timed(
        "count", lambda: build_snapshot(lake.at(version), as_of=as_of, windows="all", progress=progress)
    )
    server.start(progress=progress)
    try:
        password = server.password()
        with connect(server.uri, user=USER, password=password) as graph:
            loading.speed = measure_projection(snapshot, graph, auth=(USER, password), progress=progress)
        loading.seconds["project"] = loading.speed.report.seconds
        loading.server_mib = _most_held_mib(server.pid())
    finally:
        server.stop()
    loading.client_mib = peak_mib()
    return loading


def _most_held_mib(pid: int | None) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def markdown(loading: Loading) -> str:
    """Steps with seconds and rows a second, and the projection beside the bare driver."""
    lines = ["| step | seconds | raw rows a second |", "| --- | ---: | ---: |"]
    lines += [f"| {step} | {took:.1f} | {loading.rows / took:,.0f} |" for step, took in loading.seconds.items()]
    total = sum(loading.seconds.values())
    lines.append(f"| all of {loading.rows:,} raw rows | {total:.1f} | {loading.rows / total:,.0f} |")
    lines.append("")
    speed = loading.speed
    if speed is not None:
        lines.append(
            f"{speed.report.num_written:,} nodes and relationships, {speed.rows_per_second:,.0f} a second; "
            f"{speed.edge_type} {speed.edges_per_second:,.0f} a second, {speed.bare_edges_per_second:,.0f} by the bare "
            f"driver ({speed.edges_per_second / speed.bare_edges_per_second:.2f} of it)."
        )
    lines.append(f"Peak memory: {loading.client_mib:,.0f} MiB here, {loading.server_mib:,.0f} MiB in Neo4j.")
    return "\n".join(lines)
