"""What each product of a basket has to do with each candidate, told in a few numbers."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.models import between

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def reach(weights: Floats | sp.csr_matrix, visible: sp.csr_matrix, queries: Rows, items: Rows) -> list[Floats]:
    """The highest and the second highest weight from a basket's products to each candidate.

    Args:
        weights: `[num_products, num_products]` from a held product to a candidate.
        visible: the baskets `[num_queries, num_products]`.
        queries, items: `[num_candidates]`, by query ascending.

    Returns:
        Two arrays `[num_candidates]`; 0 where the basket holds too few.
    """
    highest, second = np.zeros(len(items), np.float32), np.zeros(len(items), np.float32)
    for part, held in _baskets(visible, queries):
        pairs = between(weights, held, items[part])
        highest[part] = pairs.max(axis=0)
        if len(held) > 1:
            second[part] = np.partition(pairs, len(held) - 2, axis=0)[-2]
    return [highest, second]


def likeness(alike: sp.csr_matrix, visible: sp.csr_matrix, queries: Rows, items: Rows) -> list[Floats]:
    """The highest and the mean likeness of each candidate's name to the basket's, two arrays `[num_candidates]`."""
    most, mean = np.zeros(len(items), np.float32), np.zeros(len(items), np.float32)
    for part, held in _baskets(visible, queries):
        pairs = between(alike, held, items[part])
        most[part], mean[part] = pairs.max(axis=0), pairs.mean(axis=0)
    return [most, mean]


def _baskets(visible: sp.csr_matrix, queries: Rows) -> Iterator[tuple[slice, Rows]]:
    """The candidates of each basket that has any, and the products it holds, one at least."""
    bounds = np.searchsorted(queries, np.arange(visible.shape[0] + 1))
    for row, (begin, end) in enumerate(pairwise(bounds)):
        held = visible.indices[visible.indptr[row] : visible.indptr[row + 1]].astype(np.int64)
        if len(held) and end > begin:
            yield slice(begin, end), held
