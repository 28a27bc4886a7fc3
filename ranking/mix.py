"""A weighted sum of what several models think of candidates, for shops too small to learn an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.rerank import Pool

Floats = npt.NDArray[np.float32]
WEIGHTS: Final = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Weights that are tried for each score."""

MIXED_ON: Final = 800
"""Queries, the first, that weights are chosen on."""


@dataclass(frozen=True)
class Mix:
    """A weighted sum of features; those without a weight do not count.

    Attributes:
        weights: `[num_features]`.
    """

    weights: Floats

    def __call__(self, pool: Pool) -> Floats:
        """Score of each candidate `[num_candidates]`."""
        chosen = np.flatnonzero(self.weights)
        return np.asarray(pool.features[:, chosen] @ self.weights[chosen], dtype=np.float32)


def fit_mix(pool: Pool, wanted: sp.csr_matrix, *, scores: Sequence[int], at: int) -> Mix:
    """The weights with the highest recall, found from equal ones by going along one score at a time.

    Args:
        pool: candidates; the features named by `scores` are from 0 to 1 and comparable within a query.
        wanted: `[num_queries, num_items]`; queries that want nothing do not count.
        at: places of the list that recall is taken at.
    """
    pool = pool.part(pool.queries < MIXED_ON)
    number = np.asarray(wanted.sum(axis=1)).ravel()
    relevance = pool.wanted_in(wanted) / np.maximum(number, 1)[pool.queries]
    starts = np.searchsorted(pool.queries, pool.queries)

    def recall(weights: Floats) -> float:
        order = np.lexsort((pool.items, -Mix(weights)(pool), pool.queries))
        return float(relevance[order][np.arange(len(order)) - starts < at].sum())

    weights = np.zeros(pool.features.shape[1], np.float32)
    weights[list(scores)] = 1.0
    best, before = recall(weights), -np.inf
    while best > before:
        before = best
        for column in scores:
            for value in WEIGHTS:
                trial = weights.copy()
                trial[column] = value
                worth = recall(trial)
                if worth > best:
                    best, weights = worth, trial
    return Mix(weights)
