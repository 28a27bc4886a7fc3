"""What each kind of job does, and the process that does it beside whoever serves."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from commands.context import Shop
from schema.errors import NotFound, ShelfgraphError
from schema.jobs import Job, JobKind
from schema.progress import Progress

if TYPE_CHECKING:
    from journal.job_log import JobLog

LOOK_SECONDS: Final = 1.0
Done = tuple[str, Mapping[str, Any]]


def work_of(shop: Shop) -> Callable[[Job, Progress], Done]:
    """What does a job in this shop: the very functions that the commands run."""
    kinds = {JobKind.LOAD: _load, JobKind.RETRAINING: _retrain, JobKind.PUBLISHING: _publish, JobKind.ERASURE: _erase}
    return lambda job, progress: kinds[job.kind](shop, job.arguments, progress)


def _load(shop: Shop, arguments: Mapping[str, Any], progress: Progress) -> Done:
    from commands.load import load_source  # noqa: PLC0415
    from loaders.staging import LoadOptions  # noqa: PLC0415

    name = arguments["source"]
    if name not in shop.load_sources:
        raise NotFound(
            "source", name, near=shop.load_sources, remedy="SHELFGRAPH_LOADS names those that may be loaded."
        )
    source = shop.load_sources[name]
    options = LoadOptions(
        max_rejects=arguments["max_rejects"],
        create_missing=frozenset(arguments["create_missing"]),
        pseudonymise=arguments["pseudonymise"],
    )
    folder = source.folder(arguments["folder"])
    loaded = load_source(shop, source.loader, folder, options=options, seed=0, progress=progress)
    published, tallies = loaded.published, loaded.tables.tallies.values()
    changed = sum(each.added + each.corrected + each.closed for each in published.changes.values())
    rejected = sum(tally.rejected for tally in tallies)
    told = f"{changed:,} rows changed, {rejected:,} rejected" if published.is_new else "nothing new"
    message = f"Lake version {published.version} (load {published.load_id}): {told}."
    return message, {"lake_version": published.version, "load_id": published.load_id, "num_rejected": rejected}


def _retrain(shop: Shop, arguments: Mapping[str, Any], progress: Progress) -> Done:
    from commands.train import train_shop  # noqa: PLC0415
    from gnn.steady import best_device  # noqa: PLC0415  # torch takes seconds to import

    as_of = arguments["as_of"] and date.fromisoformat(arguments["as_of"])
    retrained = train_shop(
        shop,
        as_of=as_of,
        seed=arguments["seed"],
        device=best_device("auto"),
        is_promoted=arguments["is_promoted"],
        progress=progress,
    )
    version, manifest = retrained.artefact.model_version, retrained.artefact.manifest
    what = "is champion" if arguments["is_promoted"] else "waits to be approved"
    message = f"Model {version} {what} ({'trained' if retrained.is_new else 'trained before, reused'})."
    return message, {"model_version": version, "lake_version": manifest["lake_version"]}


def _publish(shop: Shop, _arguments: Mapping[str, Any], progress: Progress) -> Done:
    with shop.writing():
        champion = shop.models().publish(shop.graph(), progress=progress)
    return f"The graph holds the relations of model {champion}.", {"model_version": champion}


def _erase(shop: Shop, arguments: Mapping[str, Any], progress: Progress) -> Done:
    from jobs.erasure import erase  # noqa: PLC0415

    with shop.writing():
        erasure = erase(
            arguments["erasure"],
            erasures=shop.erasures(),
            graph=shop.graph(),
            lake=shop.lake(),
            audit=shop.audit(),
            home=shop.home,
            now=shop.clock(),
            progress=progress,
        )
    return f"Erased {sum(erasure.counts.values()):,} rows, nodes and relationships.", {}


class Dispatcher:
    """Starts `shelfgraph jobs run`, in a session of its own, whenever a job waits, and outlives what goes wrong.

    The process that it starts goes on when this one ends.

    Args:
        open_jobs: where jobs are kept.
    """

    def __init__(self, shop: Shop, *, open_jobs: Callable[[], "JobLog"], every_seconds: float = LOOK_SECONDS) -> None:
        self._open_jobs, self._clock, self._every = open_jobs, shop.clock, every_seconds
        self._over = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Look for jobs until `stop`."""
        while not self._over.wait(self._every):
            if self._running is not None and self._running.poll() is None:
                continue
            if self._is_wanted():
                self._running = subprocess.Popen(
                    [sys.executable, "-m", "shelfgraph", "jobs", "run"],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )

    def stop(self) -> None:
        """End looking."""
        self._over.set()

    def _is_wanted(self) -> bool:
        try:
            return self._open_jobs().is_wanted(at=self._clock())
        except ShelfgraphError:
            return False  # the journal is away; /readyz says so


@contextmanager
def jobs_beside(shop: Shop) -> Iterator[None]:
    """Jobs are run meanwhile, by a process of their own; not where the settings say that others run them."""
    if not shop.runs_jobs:
        yield
        return
    dispatcher = Dispatcher(shop, open_jobs=shop.jobs)
    thread = threading.Thread(target=dispatcher.run, name="jobs dispatcher", daemon=True)
    thread.start()
    try:
        yield
    finally:
        dispatcher.stop()
        thread.join()
