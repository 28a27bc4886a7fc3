"""From two heads' vectors to probabilities: substitute, complement or neither, for each pair."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from gnn.content import Content
from gnn.heads import HeadVectors
from gnn.targets import Pairs

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
SUBSTITUTE, COMPLEMENT, NONE = 0, 1, 2
SAMPLE = 20_000
"""Pairs of each kind that the decoder is fitted on at most."""
NONE_SHARE = 0.5
"""Share of the fitting pairs that are neither: half of them drawn anywhere, half within a category."""


@dataclass(frozen=True)
class Decoder:
    """Three-way probabilities out of scores and gates.

    Attributes:
        substitute, complement: what each head learnt.
        content: of the products, for the gates.
        log_counts: `[num_products]` log(1 + baskets), for the share of popularity taken off complement scores.
        affinity: `[num_categories + 1, num_categories + 1]` log of how much more often than by chance a category's
            products go with another's; row and column 0 stand for no category.
        weights: `[3, num_gates + 1]` of the gates and, last, the constant; None leaves the plain softmax of scores.
    """

    substitute: HeadVectors
    complement: HeadVectors
    content: Content
    log_counts: Floats
    affinity: Floats
    weights: npt.NDArray[np.float64] | None = None

    def gates(self, anchors: Rows, candidates: Rows) -> npt.NDArray[np.float64]:
        """What a pair is judged by `[num_pairs, 6]`."""
        category = self.content.category
        same = (category[anchors] == category[candidates]) & (category[anchors] >= 0)
        text = np.einsum("ij,ij->i", self.content.text[anchors], self.content.text[candidates])
        tier = np.abs(self.content.price[anchors] - self.content.price[candidates])
        columns = [
            self._log_lift(self.substitute, anchors, candidates),
            self._log_lift(self.complement, anchors, candidates),
            same.astype(np.float64),
            text,
            tier * same,
            self.affinity[category[anchors] + 1, category[candidates] + 1],
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    def _log_lift(self, head: HeadVectors, anchors: Rows, candidates: Rows) -> Floats:
        inner = np.einsum("ij,ij->i", head.anchors[anchors], head.candidates[candidates])
        uniform = np.log(max(len(self.log_counts) - 1, 1))
        return np.clip(inner + head.priors[candidates] - head.normalisers[anchors] + uniform, -12, 12)

    def probabilities(self, anchors: Rows, candidates: Rows) -> npt.NDArray[np.float64]:
        """P(substitute), P(complement), P(none) of each pair `[num_pairs, 3]`, rows summing to 1."""
        gates = self.gates(anchors, candidates)
        if self.weights is None:
            plain = np.concatenate([gates[:, :2] - 5.0, np.zeros((len(gates), 1))], axis=1)
            return softmax(plain, axis=1)
        return softmax(gates @ self.weights[:, :-1].T + self.weights[:, -1], axis=1)


def category_affinity(pairs: Pairs, category: Rows) -> Floats:
    """Log of observed over expected weight between categories `[k + 1, k + 1]`, shrunk to 0; row 0 is no category.

    Shops of more than 5,000 categories get zeros: pairs are then too thin to count.
    """
    size = int(category.max(initial=-1)) + 2
    if size > 5000 or not len(pairs):
        return np.zeros((size, size), np.float32)
    flow = np.zeros((size, size))
    np.add.at(flow, (category[pairs.anchors] + 1, category[pairs.candidates] + 1), pairs.weights)
    flow /= flow.sum()
    chance = np.outer(flow.sum(axis=1), flow.sum(axis=0))
    damp = 1.0 / len(pairs)
    return np.log((flow + damp) / (chance + damp)).astype(np.float32)


def fit_weights(
    decoder: Decoder, substitutes: Pairs, complements: Pairs, *, seed: int
) -> npt.NDArray[np.float64] | None:
    """Weights of the gates by three-way cross-entropy on weak labels `[3, num_gates + 1]`; None without any label.

    A pair that is labelled both ways is left out; pairs of neither kind are drawn at random.
    """
    generator, size = np.random.default_rng(seed), len(decoder.log_counts)
    sub, comp = _keys(substitutes, size), _keys(complements, size)
    both = np.intersect1d(sub, comp)
    sub, comp = (np.setdiff1d(kind, both) for kind in (sub, comp))
    sub, comp = (generator.choice(kind, min(SAMPLE, len(kind)), replace=False) for kind in (sub, comp))
    none = _unrelated(
        np.union1d(np.union1d(sub, comp), both), len(sub) + len(comp), decoder.content.category, generator
    )
    labels = np.repeat([SUBSTITUTE, COMPLEMENT, NONE], [len(sub), len(comp), len(none)])
    if len(np.unique(labels)) < 2:
        return None
    keys = np.concatenate([sub, comp, none])
    gates = decoder.gates(keys // size, keys % size)
    return _logistic(gates, labels)


def _logistic(gates: npt.NDArray[np.float64], labels: Rows) -> npt.NDArray[np.float64]:
    """Multinomial weights on the gates' own scale; a class without labels keeps a far negative constant."""
    mean, spread = gates.mean(axis=0), np.maximum(gates.std(axis=0), 1e-6)
    model = LogisticRegression(C=1.0, max_iter=200).fit((gates - mean) / spread, labels)
    slopes, constants = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        slopes, constants = np.concatenate([0 * slopes, slopes]), np.concatenate([[0.0], constants])
    weights = np.zeros((3, gates.shape[1] + 1))
    weights[:, -1] = -30.0
    scaled = slopes / spread
    weights[model.classes_, :-1] = scaled
    weights[model.classes_, -1] = constants - scaled @ mean
    return weights


def _keys(pairs: Pairs, size: int) -> Rows:
    return np.unique(pairs.anchors * size + pairs.candidates)


def _unrelated(related: Rows, number: int, category: Rows, generator: np.random.Generator) -> Rows:
    """Keys of random pairs that are not related: half drawn anywhere, half within the anchor's category."""
    size = len(category)
    left, right = generator.integers(0, size, number), generator.integers(0, size, number)
    order = np.argsort(category, kind="stable")
    starts, stops = (np.searchsorted(category[order], category, side=side) for side in ("left", "right"))
    inside = order[starts[left] + (generator.random(number) * (stops - starts)[left]).astype(np.int64)]
    right = np.where(np.arange(number) % 2 == 0, right, inside)
    keys = (left * size + right)[left != right]
    return np.setdiff1d(keys, related)


def log_probabilities(vectors: HeadVectors, anchors: Rows) -> Floats:
    """Log P(candidate | anchor) of every candidate `[num_anchors, num_products]`."""
    return log_softmax(vectors.anchors[anchors] @ vectors.candidates.T + vectors.priors, axis=1)
