"""From weak and people's labels to heads, and to what judges pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from gnn.calibration import WeakLabels, fit_weights
from gnn.content import Content
from gnn.decoding import Decoder, category_affinity
from gnn.heads import Course, fit_head
from gnn.hetero import hetero_data
from gnn.labels import PairLabels
from gnn.propagation import METAPATHS, fold_views
from gnn.settings import TrainSettings
from gnn.targets import complement_pairs, sorted_pairs, substitute_pairs, switches
from schema.progress import Progress
from schema.snapshot import GraphSnapshot

Floats = npt.NDArray[np.float32]
HELD_OUT = 0
"""The fold of pairs that the decoder's weights are fitted on."""
LABEL_WEIGHT = 3.0
"""What a person's word on a pair counts beside the mean weak label."""


@dataclass(frozen=True)
class Lessons:
    """Everything that heads are taught with.

    Attributes:
        counts: `[num_products]` baskets holding each product.
        views: features for each fold, and last those over every edge.
    """

    content: Content
    counts: Floats
    views: Sequence[torch.Tensor]
    course: Course

    @property
    def settings(self) -> TrainSettings:
        """What the fit was told."""
        return self.course.settings

    def named(self, stage: str) -> Course:
        """The course under another name."""
        return replace(self.course, stage=stage)


def lessons_of(
    snapshot: GraphSnapshot, content: Content, counts: Floats, settings: TrainSettings, progress: Progress
) -> Lessons:
    """What the heads of one fit are taught with."""
    views = _views(snapshot, content, settings, progress)
    return Lessons(content, counts, views, Course(settings, content.category, progress, ""))


def weak_labels(snapshot: GraphSnapshot, content: Content, counts: Floats, settings: TrainSettings) -> WeakLabels:
    """What behaviour and names say of pairs."""
    avoided = switches(snapshot, by_lift="switch lift" not in settings.without)[1].tocoo()
    return WeakLabels(
        substitutes=substitute_pairs(snapshot, content, settings),
        complements=complement_pairs(
            snapshot, content.category, counts, num_folds=settings.num_folds, seed=settings.seed
        ),
        avoided=np.unique(avoided.row.astype(np.int64) * snapshot.num_products + avoided.col),
    )


def learn(lessons: Lessons, labels: WeakLabels) -> Decoder:
    """A decoder over heads that learnt from all labels; its weights rest on heads that had to do without one fold."""
    decoder, seed = heads_of(lessons, labels, ""), lessons.settings.seed
    held_out = labels.of_fold(HELD_OUT, held_out=True)
    if not held_out.is_enough or "held out" in lessons.settings.without:
        return replace(decoder, weights=fit_weights(decoder, labels, labels, seed=seed))
    blind = replace(lessons, views=[*lessons.views[:-1], lessons.views[HELD_OUT]])
    rehearsal = heads_of(blind, labels.of_fold(HELD_OUT, held_out=False), "rehearsing ")
    return replace(decoder, weights=fit_weights(rehearsal, held_out, labels, seed=seed))


def heads_of(lessons: Lessons, labels: WeakLabels, called: str) -> Decoder:
    """Both heads, with plain weights."""
    logs = np.log1p(lessons.counts).astype(np.float32)
    views, flat = lessons.views, np.zeros(len(logs), np.float32)
    course = lessons.named(f"{called}substitutes")
    substitute = fit_head(labels.substitutes, views, priors=flat, course=course)
    course = lessons.named(f"{called}complements")
    complement = fit_head(labels.complements, views, priors=logs - logs.mean(), course=course)
    affinity = category_affinity(labels.complements, lessons.content.category)
    if "affinity" in lessons.settings.without:
        affinity = np.zeros_like(affinity)
    return Decoder(substitute, complement, lessons.content, logs, affinity)


def told_by_people(labels: WeakLabels, people: PairLabels, size: int, settings: TrainSettings) -> WeakLabels:
    """Weak labels with people's beside them: what people say is of a kind is of no other, and what they deny is not.

    Args:
        size: how many products there are.
    """
    ends = np.concatenate([people.left, people.right]), np.concatenate([people.right, people.left])
    judged, kinds = ends[0] * size + ends[1], np.tile(people.kinds, 2)
    kept = []
    for kind, pairs in enumerate((labels.substitutes, labels.complements)):
        denied = (people.denied.anchors * size + people.denied.candidates)[people.denied.kinds == kind]
        weak = pairs.part(~np.isin(pairs.anchors * size + pairs.candidates, np.concatenate([judged, denied])))
        chosen = kinds == kind
        mean = float(weak.weights.mean()) if len(weak) else 1.0
        weights = np.full(int(chosen.sum()), LABEL_WEIGHT * mean, np.float32)
        kept.append(
            sorted_pairs(
                np.concatenate([weak.anchors, ends[0][chosen]]),
                np.concatenate([weak.candidates, ends[1][chosen]]),
                np.concatenate([weak.weights, weights]),
                settings.num_folds,
                settings.seed,
            )
        )
    return WeakLabels(kept[0], kept[1], np.setdiff1d(labels.avoided, judged))


def _views(
    snapshot: GraphSnapshot, content: Content, settings: TrainSettings, progress: Progress
) -> list[torch.Tensor]:
    """Propagated features for each fold, and last over every edge."""
    data = hetero_data(snapshot)
    generator = np.random.default_rng(settings.seed)
    signature = generator.standard_normal((snapshot.num_products, settings.signature_width)).astype(np.float32)
    if "signature" in settings.without:
        signature *= 0
    features = torch.from_numpy(np.concatenate([content.features, signature], axis=1))
    num_folds = 0 if "folds" in settings.without else settings.num_folds
    views: list[torch.Tensor] = []
    for view in fold_views(data, features, num_folds=num_folds, seed=settings.seed):
        views.append(_without_paths(view, features.shape[1], settings.without))
        progress("propagating features", len(views), num_folds + 1)
    views = views if num_folds else views * (settings.num_folds + 1)
    return views


def _without_paths(view: torch.Tensor, width: int, without: Sequence[str]) -> torch.Tensor:
    """The view with the blocks of the metapaths left out set to 0."""
    for place, path in enumerate(METAPATHS, start=1):
        if path in without:
            view[:, place * width : (place + 1) * width] = 0
    return view
