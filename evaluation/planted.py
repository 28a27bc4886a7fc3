"""Protocol planted: the synthetic shop's own truths, found again or not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from evaluation.heuristics import TELL_SUBSTITUTES, PairScore, heuristics
from evaluation.report import OURS, Report, peak_mib
from gnn.settings import TrainSettings
from gnn.training import Trained, fit
from lake.baskets import read_baskets
from lake.snapshot import build_snapshot
from loaders.staging import LoadOptions, stage
from loaders.synthetic import make_shop
from loaders.synthetic_truths import Truths, read_truths
from measures.bootstrap import paired_difference
from measures.pairs import auc, brier, calibration_error, macro_f1
from ranking.baskets import basket_matrix, popularity_table
from schema.edges import RelationName
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot
from schema.tables import RetailTables

Floats = npt.NDArray[np.float64]
Lists = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]]
KINDS = ("substitute", "complement", "none")
RELATIONS: dict[str, RelationName] = {"substitute": "SUBSTITUTES_FOR", "complement": "COMPLEMENTS"}
K = 10


@dataclass(frozen=True)
class Labelled:
    """The truths over a snapshot's products.

    Attributes:
        left, right: `[num_pairs]` product rows of the judged pairs.
        kind: `[num_pairs]` 0 substitute, 1 complement, 2 none.
        anchors: rows of the products all of whose partners are judged.
        is_cold: `[num_products]` whether a product had no purchase.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    anchors: npt.NDArray[np.int64]
    is_cold: npt.NDArray[np.bool_]

    def partners(self, kind: int) -> sp.csr_matrix:
        """Which products are an anchor's true partners `[num_products, num_products]`."""
        chosen = self.kind == kind
        ends = (self.left[chosen], self.right[chosen])
        half = sp.csr_matrix((np.ones(int(chosen.sum()), np.float32), ends), shape=(len(self.is_cold),) * 2)
        return sp.csr_matrix(half + half.T)


@contextmanager
def planted_shop(
    scale: str, *, seed: int, params: Path | None, progress: Progress
) -> Iterator[tuple[Truths, RetailTables]]:
    """A synthetic shop's truths and its staged tables, which are gone afterwards.

    Args:
        scale: `small`, `medium` or `large`.
        params: a file of the generator's parameters; None takes its own.
    """
    with TemporaryDirectory() as folder:
        shop = make_shop(scale, seed=seed, into=Path(folder) / "shop", params=params, progress=progress)
        tables = stage("retail-tables", shop, into=Path(folder) / "staged", options=LoadOptions(), progress=progress)
        yield read_truths(shop), tables


def run(
    scale: str = "small",
    *,
    seed: int = 0,
    params: Path | None = None,
    settings: TrainSettings | None = None,
    progress: Progress = silent,
) -> Report:
    """Make the shop, learn from its tables alone, and compare with what was planted.

    Args:
        scale: `small`, `medium` or `large`.
        params: a file of the generator's parameters; None takes its own.
    """
    with planted_shop(scale, seed=seed, params=params, progress=progress) as (truths, tables):
        return compare_with(truths, tables, scale=scale, seed=seed, settings=settings, progress=progress)


@dataclass(frozen=True)
class Prepared:
    """A staged synthetic shop, ready to be learnt from and compared with its truths.

    Attributes:
        counts: `sku` and `num_baskets`, as `fit` takes them.
    """

    snapshot: GraphSnapshot
    counts: pa.Table
    labelled: Labelled


def prepared(truths: Truths, tables: RetailTables, progress: Progress = silent) -> Prepared:
    """The whole of a staged synthetic shop, with its truths."""
    baskets = read_baskets(tables)
    as_of = pc.max(baskets.column("bought_at")).as_py().date() + timedelta(days=1)
    snapshot = build_snapshot(tables, as_of=as_of, progress=progress)
    past = basket_matrix(baskets, snapshot.keys("Product").to_pylist())
    labelled = labelled_pairs(truths, snapshot, np.asarray(past.held.sum(axis=0)).ravel() == 0)
    return Prepared(snapshot, popularity_table(past, until=float(past.days.max())), labelled)


def compare_with(
    truths: Truths,
    tables: RetailTables,
    *,
    scale: str,
    seed: int,
    settings: TrainSettings | None = None,
    progress: Progress = silent,
) -> Report:
    """Fit on the whole of a staged synthetic shop and report against its truths."""
    shop = prepared(truths, tables, progress)
    snapshot, labelled = shop.snapshot, shop.labelled
    settings = replace(settings or TrainSettings(), seed=seed)
    trained = fit(snapshot, settings=settings, purchase_counts=shop.counts, progress=progress)
    results, hits = _figures(snapshot, trained, labelled)
    return Report(
        protocol="planted",
        tables=f"synthetic {scale}",
        data_hash=tables.load_id,
        as_of=snapshot.as_of,
        seed=seed,
        fit_seconds=trained.fit_seconds,
        peak_mib=peak_mib(),
        results=results,
        differences=_differences(hits, results, seed),
        predictions=_predictions(trained, labelled),
        notes=(
            f"{len(labelled.kind)} judged pairs, {len(labelled.anchors)} anchors, {snapshot.num_products} products.",
        ),
    )


def labelled_pairs(truths: Truths, snapshot: GraphSnapshot, is_cold: npt.NDArray[np.bool_]) -> Labelled:
    """The judged pairs whose two products are in the snapshot."""
    rows = [
        pc.fill_null(snapshot.index_of("Product", truths.labels.column(name).combine_chunks()), -1).to_numpy()
        for name in ("sku", "other_sku")
    ]
    kind = pc.index_in(truths.labels.column("relation"), value_set=pa.array(KINDS)).to_numpy()
    known = (rows[0] >= 0) & (rows[1] >= 0)
    anchors = pc.drop_null(snapshot.index_of("Product", pa.array(sorted(truths.anchors), pa.string()))).to_numpy()
    left, right, kind = (one[known].astype(np.int64) for one in (*rows, kind))
    return Labelled(left, right, kind, anchors.astype(np.int64), is_cold)


def _figures(
    snapshot: GraphSnapshot, trained: Trained, labelled: Labelled
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, Floats]]]:
    """Figures by model, and hits by model and metric, one an anchor that has such a partner."""
    results, hits = {}, {}
    judged, related = labelled.kind < 2, labelled.kind[labelled.kind < 2] == 0
    for name, score in heuristics(snapshot).items():
        own = score.of(labelled.left[judged], labelled.right[judged])

        def lists(anchors: npt.NDArray[np.int64], score: PairScore = score) -> npt.NDArray[np.int64]:
            return score.first(anchors, K)

        hits[name] = _hits({"substitute": lists, "complement": lists}, labelled)
        figure = auc(own if name in TELL_SUBSTITUTES else -own, related)
        results[name] = {"auc_sub_vs_comp": figure, **_means(hits[name], labelled)}
    results[OURS], hits[OURS] = our_figures(trained, labelled)
    return results, hits


def our_figures(trained: Trained, labelled: Labelled) -> tuple[dict[str, float], dict[str, Floats]]:
    """What is learnt beside the truths: figures, and hits by metric, one an anchor that has such a partner."""
    skus = np.array(trained.embeddings.skus)
    judged, related = labelled.kind < 2, labelled.kind[labelled.kind < 2] == 0
    chances = trained.judge(skus[labelled.left].tolist(), skus[labelled.right].tolist())
    hits = _hits({kind: _related_lists(trained, RELATIONS[kind]) for kind in KINDS[:2]}, labelled)
    figures = {
        "auc_sub_vs_comp": auc(chances[judged, 0] / np.maximum(chances[judged, :2].sum(axis=1), 1e-12), related),
        **_means(hits, labelled),
        "ece": float(np.mean([calibration_error(chances[:, kind], labelled.kind == kind) for kind in range(3)])),
        "brier": brier(chances, labelled.kind),
        "macro_f1": macro_f1(labelled.kind, chances.argmax(axis=1), num_classes=3),
    }
    return figures, hits


def _related_lists(trained: Trained, relation: RelationName) -> Lists:
    table = trained.relations.table.filter(pc.equal(trained.relations.table.column("relation"), relation))
    table = table.filter(pc.less_equal(table.column("rank"), K))
    places = np.full((len(trained.embeddings.skus), K), -1, np.int64)
    keys = pa.array(trained.embeddings.skus, pa.string())
    anchors, candidates = (pc.index_in(table.column(name), value_set=keys).to_numpy() for name in ("other_sku", "sku"))
    places[anchors, table.column("rank").to_numpy() - 1] = candidates
    return lambda rows: places[rows]


def _hits(lists: dict[str, Lists], labelled: Labelled) -> dict[str, Floats]:
    """Whether a true partner is among an anchor's first K `[num_anchors]`, NaN where it has none."""
    found = {}
    for kind, name in enumerate(KINDS[:2]):
        partners = labelled.partners(kind)[labelled.anchors].toarray() > 0
        rows = lists[name](labelled.anchors)
        hit = (np.take_along_axis(partners, np.maximum(rows, 0), axis=1) & (rows >= 0)).any(axis=1)
        found[f"{name}_hit@10"] = np.where(partners.any(axis=1), hit, np.nan)
    return found


def _means(hits: dict[str, Floats], labelled: Labelled) -> dict[str, float]:
    both, cold = np.concatenate(list(hits.values())), np.tile(labelled.is_cold[labelled.anchors], len(hits))
    means = {"hit@10": both, "cold_hit@10": both[cold], "warm_hit@10": both[~cold], **hits}
    return {name: float(np.nanmean(one)) for name, one in means.items() if np.isfinite(one).any()}


def _differences(
    hits: dict[str, dict[str, Floats]], results: dict[str, dict[str, float]], seed: int
) -> dict[str, dict[str, object]]:
    """Ours minus the best heuristic, paired by anchor."""
    gaps = {}
    for metric in hits[OURS]:
        rival = max((name for name in hits if name != OURS), key=lambda name: results[name].get(metric, 0.0))
        ours, theirs = hits[OURS][metric], hits[rival][metric]
        told = np.isfinite(ours)
        if told.any():
            gaps[metric] = {"against": rival, **vars(paired_difference(ours[told], theirs[told], seed=seed))}
    return gaps


def _predictions(trained: Trained, labelled: Labelled) -> pa.Table:
    skus = np.array(trained.embeddings.skus)
    left, right = skus[labelled.left].tolist(), skus[labelled.right].tolist()
    columns = dict(zip(("p_substitute", "p_complement", "p_none"), trained.judge(left, right).T, strict=True))
    return pa.table({"sku": left, "other_sku": right, **columns})
