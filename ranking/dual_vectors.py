"""Baskets scored by product vectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.models import ItemWeights
from ranking.pruning import strongest_of_dense
from schema.embeddings import EmbeddingTable

Floats = npt.NDArray[np.float32]
BLOCK: Final = 512
"""Anchors whose pairs are scored at once."""


@dataclass(frozen=True)
class DualVectors:
    """Scores as the sum over a basket of exp(anchor · candidate): the mean chance of each product beside those held.

    Attributes:
        anchors, candidates: `[num_products, width]`, the complement spaces in the baskets' column order.
    """

    anchors: Floats
    candidates: Floats

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Scores `[num_baskets, num_products]`, 0 for baskets that hold nothing."""
        if baskets.shape[0] == 1:
            return self.of_one(baskets.indices, baskets.data)[None, :]
        scores = np.zeros(baskets.shape, np.float32)
        held = np.unique(baskets.indices)
        for rows in np.array_split(held, len(held) // 4096 + 1):
            scores += baskets[:, rows] @ np.exp(self.anchors[rows] @ self.candidates.T)
        return scores

    def of_one(self, held: npt.NDArray[np.integer], weights: Floats) -> Floats:
        """Scores `[num_products]` for one basket: what it holds, and how much each counts; both `[num_held]`."""
        return np.asarray(weights @ np.exp(self.anchors[held] @ self.candidates.T))

    def strongest(self, keep: int) -> sp.csr_matrix:
        """exp(anchor · candidate) `[num_products, num_products]` of each anchor's `keep` highest, itself left out."""
        found = strongest_of_dense(self._blocks(), keep)
        np.exp(found.data, out=found.data)
        found.eliminate_zeros()
        return found

    def _blocks(self) -> Iterator[Floats]:
        for at in range(0, len(self.anchors), BLOCK):
            block = self.anchors[at : at + BLOCK] @ self.candidates.T
            own = np.arange(len(block))
            block[own, own + at] = -np.inf
            yield block

    def weights(self) -> Floats:
        """exp(anchor · candidate) of every pair `[num_products, num_products]`."""
        return np.exp(self.anchors @ self.candidates.T)


@dataclass(frozen=True)
class LogScores:
    """The log of the vectors' scores, so that deviations from their mean tell candidates apart.

    Attributes:
        model: the vectors, or what they say of every pair.
    """

    model: DualVectors | ItemWeights

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Scores `[num_baskets, num_products]`."""
        return np.log(self.model(baskets) + 1e-9)

    def of_one(self, held: npt.NDArray[np.integer], weights: Floats) -> Floats:
        """Scores `[num_products]` for one basket: what it holds, and how much each counts; both `[num_held]`."""
        return np.log(self.model.of_one(held, weights) + 1e-9)


def dual_vectors(embeddings: EmbeddingTable, skus: tuple[str, ...]) -> DualVectors:
    """The complement vectors of the given products, in their order.

    Raises:
        NotFound: if the table lacks one of them.
    """
    rows = np.array([embeddings.row(sku) for sku in skus], np.int64)
    return DualVectors(
        anchors=embeddings.spaces["complement_anchor"][rows],
        candidates=embeddings.spaces["complement_candidate"][rows],
    )
