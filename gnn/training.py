"""One fit: a graph snapshot to vectors, relations and what is popular."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.calibration import WeakLabels
from gnn.content import read_content
from gnn.decoding import Decoder
from gnn.heads import HeadVectors
from gnn.judging import Judge, teach
from gnn.labels import PairLabels, read_labels
from gnn.learning import Lessons, heads_of, learn, lessons_of, told_by_people, weak_labels
from gnn.likeness import read_likeness
from gnn.relating import relate
from gnn.settings import TrainSettings
from gnn.steady import steady_torch
from gnn.targets import Pairs
from schema.embeddings import EmbeddingTable
from schema.errors import EmptyWindow
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.snapshot import GraphSnapshot

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Trained:
    """What one fit has learnt.

    Attributes:
        embeddings: `complement_anchor` · `complement_candidate` is log P(candidate bought with anchor) plus
            `mass_power` of the anchor's log mass less `prior_power` of the candidate's log popularity, so that the sum
            of its exp over a basket scores what completes it; the substitute pair is log P alone.
        popularity: `sku` and `num_baskets` (float32), most bought first.
        metrics: sizes of what was learnt from, and which simpler model stands in where something was missing.
        fit_seconds: wall clock.
        decoder: what judges pairs that are not among the relations, where people taught no judge.
        pair_judge: what people's labels taught.
    """

    embeddings: EmbeddingTable
    relations: Relations
    popularity: pa.Table
    metrics: Mapping[str, Any]
    fit_seconds: float
    decoder: Decoder
    pair_judge: Judge | None = None

    def judge(self, skus: Sequence[str], other_skus: Sequence[str]) -> npt.NDArray[np.float64]:
        """P(substitute), P(complement), P(none) of each pair `[num_pairs, 3]`, the mean of both directions.

        Raises:
            NotFound: if a product is not in the model.
        """
        left = np.array([self.embeddings.row(sku) for sku in skus], np.int64)
        right = np.array([self.embeddings.row(sku) for sku in other_skus], np.int64)
        if self.pair_judge is not None:
            return self.pair_judge.probabilities(left, right)
        return (self.decoder.probabilities(left, right) + self.decoder.probabilities(right, left)) / 2


def fit(
    snapshot: GraphSnapshot,
    *,
    settings: TrainSettings | None = None,
    purchase_counts: pa.Table | None = None,
    labels: pa.Table | None = None,
    progress: Progress = silent,
) -> Trained:
    """Learn which products substitute for and complement which, from the graph as of a day.

    Without BOUGHT_WITH edges complements rest on those of categories (GOES_WITH), and without these none are kept;
    without SWITCHED_TO edges substitutes rest on names and categories. Either is told in `metrics["stands_on"]`.

    Args:
        purchase_counts: `sku` and `num_baskets`, decayed baskets before the cut-off; None takes the capped counts of
            BOUGHT, or of BOUGHT_WITH where no customers are known.
        labels: what people say of pairs (`sku`, `other_sku`, `relation`); rows that cannot be used are counted in
            `metrics["labels"]`.

    Raises:
        EmptyWindow: if the snapshot holds no product.
    """
    began, settings = time.perf_counter(), settings or TrainSettings()
    with steady_torch(settings):
        lessons, weak = _material(snapshot, purchase_counts, settings, progress)
        decoder = learn(lessons, weak)
        people, judge = _taught(snapshot, decoder, labels, settings, progress)
        told = weak
        if people is not None and people.says_anything:
            told = told_by_people(weak, people, snapshot.num_products, settings)
        heads = decoder if told is weak else heads_of(lessons, told, "with people's labels: ")
        fetching = replace(decoder, substitute=heads.substitute, complement=heads.complement)
        counts = lessons.counts
        del lessons  # the propagated features are the largest thing held, and nothing more is learnt from them
        relations = relate(snapshot, fetching, judge, settings=settings, progress=progress)
    return Trained(
        embeddings=_embeddings(snapshot, heads, told.complements, settings),
        relations=relations,
        popularity=_popularity(snapshot, counts),
        metrics={**_metrics(snapshot, told, relations), **_told_by(people, judge)},
        fit_seconds=time.perf_counter() - began,
        decoder=decoder,
        pair_judge=judge,
    )


def fit_vectors(
    snapshot: GraphSnapshot,
    *,
    settings: TrainSettings | None = None,
    purchase_counts: pa.Table | None = None,
    progress: Progress = silent,
) -> EmbeddingTable:
    """The vectors of `fit` without people's labels, at less than half its cost: nothing judges or lists pairs.

    Raises:
        EmptyWindow: if the snapshot holds no product.
    """
    settings = settings or TrainSettings()
    with steady_torch(settings):
        lessons, weak = _material(snapshot, purchase_counts, settings, progress)
        return _embeddings(snapshot, heads_of(lessons, weak, ""), weak.complements, settings)


def _material(
    snapshot: GraphSnapshot, purchase_counts: pa.Table | None, settings: TrainSettings, progress: Progress
) -> tuple[Lessons, WeakLabels]:
    """What heads are taught with, and what behaviour and names say of pairs."""
    if snapshot.num_products == 0:
        raise EmptyWindow(f"The snapshot as of {snapshot.as_of} holds no product.", remedy="Load products first.")
    counts = product_counts(snapshot, purchase_counts)
    content = read_content(snapshot, settings)
    weak = weak_labels(snapshot, content, counts, settings)
    return lessons_of(snapshot, content, counts, settings, progress), weak


def _taught(
    snapshot: GraphSnapshot,
    decoder: Decoder,
    labels: pa.Table | None,
    settings: TrainSettings,
    progress: Progress,
) -> tuple[PairLabels | None, Judge | None]:
    """The usable labels, None where there are none, and the judge they teach, None where they are too few."""
    if labels is None:
        return None, None
    people = read_labels(labels, snapshot.keys("Product"))
    likeness = read_likeness(snapshot, decoder.content, settings)
    gates = decoder.gates if decoder.weights is not None else None
    return people, teach(likeness, gates, people, seed=settings.seed, progress=progress)


def _told_by(people: PairLabels | None, judge: Judge | None) -> dict[str, Any]:
    if people is None:
        return {}
    taught = judge.metrics if judge else {"judge": "none: the labels are too few or of one kind"}
    said = {"num_labels": len(people), "num_denied": len(people.denied), "left_out": dict(people.left_out)}
    return {"labels": {**said, **taught}}


def product_counts(snapshot: GraphSnapshot, purchase_counts: pa.Table | None) -> Floats:
    """Baskets holding each product `[num_products]` float32, 0 where it was never bought."""
    counts = np.zeros(snapshot.num_products, np.float32)
    if purchase_counts is not None:
        rows = pc.fill_null(snapshot.index_of("Product", purchase_counts.column("sku").combine_chunks()), -1).to_numpy()
        values = purchase_counts.column("num_baskets").to_numpy()
        counts[rows[rows >= 0]] = values[rows >= 0]
        return counts
    bought = snapshot.edge_index("BOUGHT")[1]
    np.add.at(counts, bought, snapshot.edge_values("BOUGHT", "num_baskets"))
    if not len(bought):
        for end in snapshot.edge_index("BOUGHT_WITH"):
            np.maximum.at(counts, end, snapshot.edge_values("BOUGHT_WITH", "num_baskets"))
    return counts


def _embeddings(
    snapshot: GraphSnapshot, decoder: Decoder, complements: Pairs, settings: TrainSettings
) -> EmbeddingTable:
    """The heads' vectors with prior, normaliser and anchor's mass folded into two more numbers."""
    flat = np.zeros(snapshot.num_products, np.float32)
    mass = np.float32(settings.mass_power) * np.log(complements.masses(snapshot.num_products))
    sub_anchor, sub_candidate = _folded(decoder.substitute, flat, flat)
    comp_anchor, comp_candidate = _folded(decoder.complement, mass, settings.prior_power * decoder.log_counts)
    return EmbeddingTable(
        skus=tuple(snapshot.keys("Product").to_pylist()),
        spaces={
            "substitute_anchor": sub_anchor,
            "substitute_candidate": sub_candidate,
            "complement_anchor": comp_anchor,
            "complement_candidate": comp_candidate,
        },
    )


def _folded(head: HeadVectors, mass: Floats, taken_off: Floats) -> tuple[Floats, Floats]:
    ones = np.ones(len(head.priors), np.float32)
    anchors = np.column_stack([head.anchors, ones, mass - head.normalisers])
    candidates = np.column_stack([head.candidates, head.priors - taken_off, ones])
    return anchors.astype(np.float32), candidates.astype(np.float32)


def _popularity(snapshot: GraphSnapshot, counts: Floats) -> pa.Table:
    order = np.lexsort((np.arange(len(counts)), -counts))
    return pa.table({"sku": snapshot.keys("Product").take(pa.array(order)), "num_baskets": counts[order]})


def _metrics(snapshot: GraphSnapshot, labels: WeakLabels, relations: Relations) -> dict[str, Any]:
    substitutes, complements = labels.substitutes, labels.complements
    switched = snapshot.edges["SWITCHED_TO"].num_rows
    return {
        "num_products": snapshot.num_products,
        "num_substitute_pairs": len(substitutes),
        "num_complement_pairs": len(complements),
        "num_relations": relations.table.num_rows,
        "stands_on": {
            "substitutes": "switches and names" if switched else "names" if len(substitutes) else "nothing",
            "complements": _complements_stand_on(snapshot) if len(complements) else "nothing",
        },
    }


def _complements_stand_on(snapshot: GraphSnapshot) -> str:
    if snapshot.edges["BOUGHT_WITH"].num_rows:
        return "co-purchase"
    return "co-purchase of categories" if snapshot.edges["GOES_WITH"].num_rows else "people's labels"
