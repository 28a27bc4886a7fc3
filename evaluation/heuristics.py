"""Simple scores of pairs, each from one thing that is counted or written."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from measures.ranking import top_rows
from measures.text import name_vectors
from schema.snapshot import GraphSnapshot

Rows = npt.NDArray[np.int64]
BLOCK = 512


@dataclass(frozen=True)
class PairScore:
    """A score of every pair as the product of two thin matrices, higher for related, 0 for nothing known.

    Attributes:
        left, right: `[num_products, k]`; the score of (i, j) is left[i] · right[j].
    """

    left: sp.csr_matrix
    right: sp.csr_matrix

    def of(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """Scores of pairs `[num_pairs]`, the mean of both directions."""
        there = self.left[left].multiply(self.right[right]).sum(axis=1)
        back = self.left[right].multiply(self.right[left]).sum(axis=1)
        return (np.asarray(there).ravel() + np.asarray(back).ravel()) / 2

    def first(self, anchors: Rows, k: int) -> Rows:
        """The k highest rows of each anchor `[num_anchors, k]`, -1 where no more score above 0; never itself."""
        lists = np.full((len(anchors), k), -1, np.int64)
        for start in range(0, len(anchors), BLOCK):
            rows = anchors[start : start + BLOCK]
            block = (self.left[rows] @ self.right.T).toarray().astype(np.float32)
            block[np.arange(len(rows)), rows] = 0.0
            block[block <= 0] = -np.inf
            best = top_rows(block, k)
            lists[start : start + BLOCK, : best.shape[1]] = best
        return lists


def heuristics(snapshot: GraphSnapshot) -> dict[str, PairScore]:
    """The scores by name."""
    size = snapshot.num_products
    itself = sp.csr_matrix(sp.identity(size, dtype=np.float32))
    lift, ppmi = (_both_ways(snapshot, "BOUGHT_WITH", name) for name in ("lift", "ppmi"))
    member, category = snapshot.edge_index("IN_CATEGORY")
    width = max(snapshot.nodes["Category"].num_rows, 1)
    filed = sp.csr_matrix((np.ones(len(member), np.float32), (member, category)), shape=(size, width))
    names = name_vectors(snapshot.nodes["Product"].column("name").to_pylist())
    linked = (ppmi > 0).astype(np.float32)
    return {
        "lift": PairScore(lift, itself),
        "ppmi": PairScore(ppmi, itself),
        "Adamic–Adar": _adamic_adar(linked),
        "RP3β": _walk(_both_ways(snapshot, "BOUGHT_WITH", "num_baskets")),
        "RP3β of switches": _walk(_both_ways(snapshot, "SWITCHED_TO", "num_switches")),
        "same category": PairScore(filed, filed),
        "name cosine": PairScore(names, names),
    }


TELL_SUBSTITUTES = ("same category", "name cosine", "RP3β of switches")
"""The heuristics whose high scores mean substitutes rather than complements."""


def _both_ways(snapshot: GraphSnapshot, name: str, column: str) -> sp.csr_matrix:
    ends, size = tuple(snapshot.edge_index(name)), snapshot.num_products
    half = sp.csr_matrix((snapshot.edge_values(name, column), ends), shape=(size, size))
    return sp.csr_matrix(half + half.T)


def _adamic_adar(linked: sp.csr_matrix) -> PairScore:
    """Common neighbours of each pair, rare ones counting more.

    Source: Adamic and Adar 2003, section 3.
    """
    degree = np.asarray(linked.sum(axis=1)).ravel()
    return PairScore(
        sp.csr_matrix(linked @ sp.diags((1.0 / np.log(np.maximum(degree, 2.0))).astype(np.float32))), linked
    )


def _walk(weights: sp.csr_matrix, beta: float = 0.4) -> PairScore:
    """Chance of one step from product to product, over the target's degree to the power beta.

    Source: Paudel et al. 2017, equation 5, on the graph of products.
    """
    degree = np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-9).astype(np.float32)
    step = sp.csr_matrix(sp.diags(1.0 / degree) @ weights @ sp.diags(np.maximum(degree, 1.0) ** -beta))
    return PairScore(step, sp.csr_matrix(sp.identity(len(degree), dtype=np.float32)))
