"""Retrain: a lake version as of a day → a saved, promoted model version → the graph's relations."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version as library_version
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from graph.connection import Graph
from jobs.demand import transferring
from jobs.labels import people_labels, verdicts_before
from jobs.publish import publish
from jobs.ranker import fit_ranker, popularity_of
from jobs.save_forecast import forecast_to_save
from jobs.training_memory import why_no_order
from lake.baskets import read_baskets
from lake.snapshot import build_snapshot
from lake.store import Lake
from lake.version import LakeVersion
from measures.costs import Costs
from ranking.baskets import basket_matrix
from registry.store import Registry
from schema.artefact import Artefact
from schema.errors import NotFound
from schema.progress import Progress, silent
from schema.relations import Verdict

if TYPE_CHECKING:
    from gnn.settings import TrainSettings
    from gnn.training import Trained
    from schema.snapshot import GraphSnapshot

LIBRARIES = ("lightgbm", "torch", "torch-geometric", "numpy", "scipy", "pyarrow")


@dataclass(frozen=True)
class Retrained:
    """A model version as published.

    Attributes:
        is_new: False where the same data, settings and code had been trained before and were reused.
    """

    artefact: Artefact
    is_new: bool


def retrain(  # noqa: PLR0913  # keywords only: a whole shop's parts
    *,
    lake: Lake,
    registry: Registry,
    graph: Graph,
    settings: "TrainSettings",
    code_commit: str,
    as_of: date | None = None,
    verdicts: Sequence[Verdict] = (),
    promote: Callable[[str], None] | None,
    memory_mib: float | None = None,
    progress: Progress = silent,
) -> Retrained:
    """Train on the newest lake version, promote the result and publish its relations to the graph.

    Args:
        as_of: rows and verdicts at or after its midnight are not looked at; None means the day after the newest row,
            and every verdict.
        verdicts: people's, in the order in which they arrived: they are learnt from like labels.
        promote: makes a version the champion; None leaves it in the registry, for somebody to approve.
        memory_mib: what it may hold; None: what there is.

    Raises:
        NotFound: if nothing has been loaded.
        TooLittleMemory: if there is not enough to learn relations; where there is for these alone no order is learnt.
    """
    newest = lake.latest()
    if newest is None:
        raise NotFound("lake version", "to train on", remedy="Run `shelfgraph load SOURCE PATH` first.")
    source = lake.at(newest)
    told = verdicts if as_of is None else verdicts_before(source, verdicts, as_of=as_of)
    as_of = as_of or lake.default_as_of(newest)
    origin = _origin(source.load_id, as_of=as_of, verdicts=told, settings=settings, code_commit=code_commit)
    artefact, origin, no_order = _trained_before_or_simpler(registry, origin, source, memory_mib)
    is_new = artefact is None
    if artefact is None:
        artefact = fit_and_save(
            source,
            as_of,
            registry=registry,
            settings=settings,
            labels=people_labels(source, told, on=as_of),
            manifest={**origin, "lake_version": newest},
            no_order=no_order,
            progress=progress,
        )
    if promote is not None:
        promote(artefact.model_version)
        publish(artefact, graph, progress=progress)
    return Retrained(artefact=artefact, is_new=is_new)


def purchase_counts(source: LakeVersion, snapshot: "GraphSnapshot") -> pa.Table | None:
    """`sku` and `num_baskets` (decayed to the snapshot's day), most bought first; None where nothing was bought."""
    baskets = read_baskets(source, before=snapshot.as_of)
    if not baskets.num_rows:
        return None
    return popularity_of(basket_matrix(baskets, snapshot.keys("Product").to_pylist()), snapshot.as_of)


def fit_and_save(  # noqa: PLR0913  # keywords only: what is learnt, from what and how
    source: LakeVersion,
    as_of: date,
    *,
    registry: Registry,
    settings: "TrainSettings",
    manifest: dict[str, Any],
    labels: pa.Table | None = None,
    no_order: str = "",
    progress: Progress = silent,
) -> Artefact:
    """Train on a lake version as of a day and save the artefact with its manifest; nothing is promoted.

    Args:
        no_order: why no order for baskets is learnt; empty: one is.
    """
    from gnn.training import fit  # noqa: PLC0415  # torch is imported by training alone

    costs = Costs()
    with costs.of("counting"):
        snapshot = build_snapshot(source, as_of=as_of, progress=progress)
    with costs.of("relations"):
        sold = purchase_counts(source, snapshot)
        trained = fit(snapshot, settings=settings, purchase_counts=sold, labels=labels, progress=progress)
    with costs.of("order"):
        ranker, why = None, no_order
        if not no_order:
            ranker, why = fit_ranker(source, snapshot, trained.embeddings, settings=settings, progress=progress)
    with costs.of("transfer"):
        relations, kept = transferring(source, trained.relations, as_of=as_of)
    with costs.of("forecast"):
        made = forecast_to_save(source, as_of=as_of, relations=relations, progress=progress)
    return registry.save(
        relations=relations,
        embeddings=trained.embeddings,
        popularity=trained.popularity,
        ranker=ranker,
        forecast=made.forecast,
        manifest={**manifest, **_told(trained, costs), **made.told(), "ranker": why, "kept_demand": kept},
    )


def _told(trained: "Trained", costs: Costs) -> dict[str, Any]:
    return {
        "libraries": {name: library_version(name) for name in LIBRARIES},
        "metrics": trained.metrics,
        "fit_seconds": round(trained.fit_seconds, 2),
        "costs": costs.told(),
    }


def _origin(
    load_id: str, *, as_of: date, verdicts: Sequence[Verdict], settings: "TrainSettings", code_commit: str
) -> dict[str, Any]:
    body = {
        "load_id": load_id,
        "as_of": as_of.isoformat(),
        "verdicts": hashlib.sha256("\n".join(verdict.verdict_id for verdict in verdicts).encode()).hexdigest()[:16],
        "settings": asdict(settings),
        "code_commit": code_commit,
    }
    return {**body, "origin": hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:16]}


def _trained_before_or_simpler(
    registry: Registry, origin: dict[str, Any], source: LakeVersion, memory_mib: float | None
) -> tuple[Artefact | None, dict[str, Any], str]:
    """What was trained on the same before, whole or as far as memory goes; its origin; and why it has no order."""
    found = _trained_before(registry, origin)
    no_order = "" if found is not None else why_no_order(source, memory_mib)
    if not no_order:
        return found, origin, ""
    simpler = {**origin, "origin": f"{origin['origin']}-no-order"}
    return _trained_before(registry, simpler), simpler, no_order


def _trained_before(registry: Registry, origin: dict[str, Any]) -> Artefact | None:
    for version in reversed(registry.versions()):
        manifest = registry.manifest(version)
        if manifest.get("origin") == origin["origin"]:
            return registry.load(version)
    return None
