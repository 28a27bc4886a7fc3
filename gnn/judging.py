"""A judge of pairs taught by people's labels: trees and a small network over what names and behaviour say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.special import softmax
from sklearn.linear_model import SGDClassifier

from gnn.calibration import temperature
from gnn.labels import KINDS, Folds, PairLabels, folds_by_product
from gnn.likeness import Likeness
from gnn.neighbours import carried_far, nearest_labelled, neighbours_say
from gnn.pair_network import PairNetwork, ProductInputs, fit_network, network_says, product_inputs
from schema.progress import Progress, silent

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Gates = Callable[[Rows, Rows], Floats]
NUM_FOLDS = 5
LEAST_LABELS = 40
"""Fewer labels, or labels of one kind alone, teach no judge."""
TREES = 150
BLOCK = 16_384


@dataclass(frozen=True)
class PairInputs:
    """What a judge looks at, without any label.

    Attributes:
        gates: of pairs `[num_pairs, num_gates]`, from heads that have not seen the labels; None without behaviour.
    """

    likeness: Likeness
    products: ProductInputs
    nearest: sp.csr_matrix
    gates: Gates | None

    def columns(self, left: Rows, right: Rows) -> npt.NDArray[np.float32]:
        """What is compared of each pair, the same both ways."""
        compared = self.likeness.columns(left, right)
        if self.gates is None:
            return compared
        there, back = self.gates(left, right), self.gates(right, left)
        return np.concatenate([compared, (there + back) / 2, np.abs(there - back)[:, :2]], axis=1).astype(np.float32)

    def read(self, left: Rows, right: Rows) -> "Read":
        """Everything that experts read of pairs, once for all of them."""
        return Read(self.columns(left, right), self.likeness.unlike(left, right))


@dataclass(frozen=True)
class Read:
    """What is read of some pairs.

    Attributes:
        columns: `[num_pairs, num_columns]` of `PairInputs.columns`.
        unlike: `[num_pairs, num_grams]` of `Likeness.unlike`.
    """

    columns: npt.NDArray[np.float32]
    unlike: sp.csr_matrix

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Read":
        """The pairs chosen by a mask `[num_pairs]`."""
        return Read(self.columns[chosen], self.unlike[chosen])


@dataclass(frozen=True)
class Expert:
    """Models taught by the labels of all folds but one."""

    taught: PairLabels
    words: SGDClassifier
    trees: Any
    network: PairNetwork
    centre: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]

    def says(self, inputs: PairInputs, pairs: tuple[Rows, Rows], read: Read) -> Floats:
        """Log probabilities of trees and of the network `[2, num_pairs, 3]`."""
        columns, (left, right) = read.columns, pairs
        heard = neighbours_say(inputs.nearest, self.taught, left, right)
        stage = _word_scores(self.words, read.unlike)
        whole = np.concatenate([columns, heard, stage], axis=1)
        trees = _complete(self.trees.predict_proba(whole), self.trees.classes_)
        scaled = np.clip((np.concatenate([columns, heard], axis=1) - self.centre) / self.spread, -5, 5)
        network = network_says(self.network, inputs.products, left, right, scaled)
        return np.log(np.maximum(np.stack([trees, network]), 1e-6))


@dataclass(frozen=True)
class Judge:
    """Experts of all folds, their mixture and its calibration.

    Attributes:
        network_share: what the networks count; the trees count the rest.
        scale, constants: of the mixed log probabilities, fitted on pairs no expert had seen.
        metrics: sizes and validated figures.
    """

    inputs: PairInputs
    labels: PairLabels
    experts: tuple[Expert, ...]
    network_share: float
    scale: float
    constants: Floats
    metrics: dict[str, Any]

    def probabilities(self, left: Rows, right: Rows) -> Floats:
        """P(substitute), P(complement), P(none) `[num_pairs, 3]`, the same both ways."""
        parts = [np.empty((0, len(KINDS)))]
        for start in range(0, len(left), BLOCK):
            ends = left[start : start + BLOCK], right[start : start + BLOCK]
            read = self.inputs.read(*ends)
            said = np.mean([expert.says(self.inputs, ends, read) for expert in self.experts], axis=0)
            parts.append(softmax(_mixed(said, self.network_share) * self.scale + self.constants, axis=1))
        return np.concatenate(parts)

    def carried(self, kind: int) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        """Two matrices whose product ranks candidates by what is said of products like them: see `carried_far`."""
        return carried_far(self.inputs.nearest, self.labels, kind)


def teach(
    likeness: Likeness, gates: Gates | None, labels: PairLabels, *, seed: int, progress: Progress = silent
) -> Judge | None:
    """A judge taught by labels; None where they are too few or of one kind."""
    if len(labels) < LEAST_LABELS or len(np.unique(labels.kinds)) < 2:
        return None
    content = likeness.content
    spaces = np.concatenate([content.text, likeness.meaning], axis=1)
    labelled = np.unique(np.concatenate([labels.left, labels.right]))
    inputs = PairInputs(
        likeness,
        product_inputs(likeness.common, spaces),
        nearest_labelled(spaces / np.sqrt(2).astype(np.float32), labelled),
        gates,
    )
    folds = folds_by_product(labels, len(spaces), NUM_FOLDS, seed)
    experts, said = [], np.zeros((2, len(labels), len(KINDS)))
    read = inputs.read(labels.left, labels.right)
    for fold, (learnt, held_out) in enumerate(zip(folds.learnt, folds.held_out, strict=True)):
        if len(np.unique(labels.kinds[learnt])) < 2:
            continue
        expert = _expert(inputs, labels, learnt, read, folds, seed + fold)
        experts.append(expert)
        progress("learning from people's labels", fold + 1, NUM_FOLDS)
        if held_out.any():
            said[:, held_out] = expert.says(
                inputs, (labels.left[held_out], labels.right[held_out]), read.part(held_out)
            )
    seen = folds.held_out.any(axis=0)
    return _calibrated(inputs, labels, tuple(experts), said[:, seen], labels.kinds[seen])


def _expert(
    inputs: PairInputs,
    labels: PairLabels,
    learnt: npt.NDArray[np.bool_],
    read: Read,
    folds: Folds,
    seed: int,
) -> Expert:
    """Models of the learnt pairs; trees see what the model of words says of pairs that it has not seen."""
    columns, unlike, taught, kinds = (
        read.columns[learnt],
        read.unlike[learnt],
        labels.part(learnt),
        labels.kinds[learnt],
    )
    heard = neighbours_say(inputs.nearest, taught, taught.left, taught.right)
    words = _word_model(unlike, kinds, seed)
    stage = _word_scores(words, unlike)
    part = folds.held_out[:, learnt].argmax(axis=0)
    part[~folds.held_out[:, learnt].any(axis=0)] = -1
    for number in np.unique(part):
        inside = part == number
        if len(np.unique(kinds[~inside])) == len(words.classes_):
            stage[inside] = _word_scores(_word_model(unlike[~inside], kinds[~inside], seed), unlike[inside])
    trees = _trees(len(kinds), seed).fit(np.concatenate([columns, heard, stage], axis=1), kinds)
    dense = np.concatenate([columns, heard], axis=1)
    centre, spread = dense.mean(axis=0), np.maximum(dense.std(axis=0), 1e-3)
    scaled = np.clip((dense - centre) / spread, -5, 5)
    network = fit_network(inputs.products, taught.left, taught.right, scaled, kinds, seed=seed)
    return Expert(taught, words, trees, network, centre, spread)


def _word_model(unlike: sp.csr_matrix, kinds: Rows, seed: int) -> SGDClassifier:
    return SGDClassifier(loss="log_loss", alpha=2e-5, max_iter=12, tol=None, average=True, random_state=seed).fit(
        unlike, kinds
    )


def _word_scores(model: SGDClassifier, unlike: sp.csr_matrix) -> npt.NDArray[np.float32]:
    scores = model.decision_function(unlike).reshape(unlike.shape[0], -1)
    return np.clip(scores, -10, 10).astype(np.float32)


def _trees(number: int, seed: int) -> Any:
    return lgb.LGBMClassifier(
        n_estimators=TREES,
        learning_rate=0.06,
        num_leaves=15 if number > 2000 else 7,
        min_child_samples=20 if number > 2000 else 8,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.5,
        reg_lambda=5.0,
        n_jobs=1,
        deterministic=True,
        random_state=seed,
        verbose=-1,
    )


def _complete(probabilities: Floats, classes: Rows) -> Floats:
    result = np.zeros((len(probabilities), len(KINDS)))
    result[:, classes] = probabilities
    return result


def _mixed(said: Floats, network_share: float) -> Floats:
    return (1 - network_share) * said[0] + network_share * said[1]


def _calibrated(
    inputs: PairInputs, labels: PairLabels, experts: tuple[Expert, ...], said: Floats, kinds: Rows
) -> Judge:
    """The mixture that validates best, with temperature and constants."""
    tried = []
    weights = np.ones(len(kinds))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        scale, constants = temperature(_mixed(said, share), kinds, weights)
        logs = _mixed(said, share) * scale + constants
        logs -= np.logaddexp.reduce(logs, axis=1)[:, None]
        tried.append((-float(logs[np.arange(len(kinds)), kinds].mean()), share, scale, constants))
    loss, share, scale, constants = min(tried, key=lambda one: one[0])
    metrics = {"num_validated": len(kinds), "validated_loss": loss, "network_share": share}
    return Judge(inputs, labels, experts, share, scale, constants, metrics)
