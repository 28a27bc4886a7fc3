"""From two heads' vectors to probabilities: substitute, complement or neither, for each pair."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from gnn.content import Content
from gnn.heads import HeadVectors
from gnn.targets import Pairs

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
SUBSTITUTE, COMPLEMENT, NONE = 0, 1, 2


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
