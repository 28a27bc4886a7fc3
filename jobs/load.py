"""Load: raw files → checked tables → one lake version → the graph rolled forward to it."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from graph.connection import Graph
from graph.projection import ProjectionReport, project
from jobs.carry import Carried, carry
from jobs.project import catch_up
from jobs.tombstones import without_erased
from journal.store import Journal
from lake.snapshot import build_snapshot
from lake.store import Lake
from lake.version import Published
from loaders.staging import LoadOptions, stage
from schema.changes import LoadPublished
from schema.progress import Progress, silent
from schema.relations import verdicts_of
from schema.tables import RetailTables


@dataclass(frozen=True)
class Loaded:
    """What a load did: the checked tables' tallies, the lake's changes and the graph's.

    Attributes:
        rejects: where the rejected rows are told, one CSV a table; None if there were none.
    """

    tables: RetailTables
    published: Published
    projection: ProjectionReport
    rejects: Path | None


@contextmanager
def staged(
    source: str, path: Path, *, home: Path, options: LoadOptions, progress: Progress = silent
) -> Iterator[RetailTables]:
    """The checked tables of a source in a folder of their own, gone afterwards.

    Raises:
        BadInput: if a file cannot be read as what it claims to be, or too many rows break their contract.
    """
    (home / "staging").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{source}-", dir=home / "staging"))
    try:
        yield stage(source, path, into=folder, options=options, progress=progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(
    tables: RetailTables,
    *,
    home: Path,
    lake: Lake,
    journal: Journal,
    graph: Graph,
    now: datetime,
    progress: Progress = silent,
) -> Loaded:
    """Publish checked tables and bring the graph up to them; loading the same twice changes nothing.

    What mutations recorded before comes into the lake first, as a version of its own where there is any.

    Each step is whole or undone, and each is skipped where it is done already: a load that was killed is completed by
    running it again.
    """
    tables = without_erased(tables, journal.tombstones())
    rejects, began = _keep_rejects(tables, home), time.monotonic()
    carried = carry(lake=lake, journal=journal, home=home, now=now, progress=progress)
    published = lake.publish(tables, published_at=now, carried=carried.reached, progress=progress)
    journal.save_verdicts(verdicts_of(tables.read("verdicts"), judged_at=now), recorded_at=now)
    projection = roll_forward(lake=lake, graph=graph, version=published.version, progress=progress)
    # The key makes it once, also where a load was killed between the lake's commit and this line.
    change = LoadPublished(lake_version=published.version)
    journal.record([change], recorded_at=now, idempotency_key=f"load-{published.version}-{tables.load_id}")
    catch_up(journal=journal, lake=lake, graph=graph, clock=_running_from(now, began), progress=progress)
    return Loaded(tables=tables, published=published, projection=projection, rejects=rejects)


def load_told(
    *, home: Path, lake: Lake, journal: Journal, graph: Graph, now: datetime, progress: Progress = silent
) -> Carried:
    """What mutations recorded brought into the lake, and the graph brought up to it; nothing where nothing was told.

    No server reads another load for it: what it holds they had from the journal.
    """
    began = time.monotonic()
    carried = carry(lake=lake, journal=journal, home=home, now=now, progress=progress)
    newest = lake.latest()
    if newest is not None:
        roll_forward(lake=lake, graph=graph, version=newest, progress=progress)
        catch_up(journal=journal, lake=lake, graph=graph, clock=_running_from(now, began), progress=progress)
    return carried


def roll_forward(
    *, lake: Lake, graph: Graph, version: int, is_rebuild: bool = False, progress: Progress = silent
) -> ProjectionReport:
    """The graph at a lake version, every window and promotion known to it included.

    Args:
        is_rebuild: compare every row instead of trusting the graph's own marker; mends what was damaged by hand.
    """
    source = lake.at(version)
    snapshot = build_snapshot(source, as_of=lake.default_as_of(version), windows="all", progress=progress)
    return project(
        snapshot,
        graph,
        lake_version=version,
        load_id=source.load_id,
        is_rebuild=is_rebuild,
        progress=progress,
    )


def _running_from(now: datetime, began: float) -> Callable[[], datetime]:
    return lambda: now + timedelta(seconds=time.monotonic() - began)


def _keep_rejects(tables: RetailTables, home: Path) -> Path | None:
    made = tables.folder / "rejects"
    if not any(tally.rejected or tally.duplicates for tally in tables.tallies.values()) or not made.exists():
        return None
    kept = home / "rejects" / tables.load_id
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(made, kept)
    return kept
