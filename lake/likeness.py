"""Which product names are alike, for shops that have no categories."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

MIN_LIKENESS: Final = 0.4
MAX_ALIKE: Final = 20
"""How many names each product is compared with, the most alike first."""
COMMON_SHARE: Final = 0.05
MAX_SHARING: Final = 1000
"""A word in more of the names than these (and in more than twenty) says nothing about need."""
_CHUNK: Final = 2048


def alike_pairs(names: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of places whose names are alike, both directions, sorted: cosine of TF-IDF words of MIN_LIKENESS at least.

    A name without words is like none. Each name lists its MAX_ALIKE most alike; a pair stands when either lists it.
    """
    vectors = word_vectors(names)
    found = []
    for begin in range(0, len(names), _CHUNK):
        scores = (vectors[begin : begin + _CHUNK] @ vectors.T).tocoo()
        source, target = scores.row.astype(np.int64) + begin, scores.col.astype(np.int64)
        is_alike = (scores.data >= MIN_LIKENESS) & (source != target)
        found.append(_most_alike(source[is_alike], target[is_alike], scores.data[is_alike]))
    pairs = np.concatenate(found, axis=1) if found else np.empty((2, 0), np.int64)
    both = np.unique(np.concatenate([pairs, pairs[::-1]], axis=1), axis=1)
    return both[0], both[1]


def word_vectors(names: Sequence[str]) -> sp.csr_matrix:
    """TF-IDF weights of the words of each name `[num_names, num_words]`, rows of length 1 or 0."""
    words = [sorted(set(re.findall(r"[^\W\d_]{2,}", name.casefold()))) for name in names]
    places = {word: place for place, word in enumerate(sorted({word for each in words for word in each}))}
    column = np.array([places[word] for each in words for word in each], np.int64)
    begins = np.concatenate([[0], np.cumsum([len(each) for each in words])]).astype(np.int64)
    frequency = np.bincount(column, minlength=len(places))
    idf = np.log((1 + len(names)) / (1 + frequency)) + 1
    idf[frequency > np.clip(COMMON_SHARE * len(names), 20, MAX_SHARING)] = 0.0
    weights = sp.csr_matrix((idf[column], column, begins), shape=(len(names), len(places)))
    length = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    scale = sp.diags(np.divide(1.0, length, out=np.zeros_like(length), where=length > 0))
    return sp.csr_matrix(scale @ weights)


def _most_alike(
    source: npt.NDArray[np.int64], target: npt.NDArray[np.int64], scores: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    # Rounded, so that the order in which a product of matrices adds up cannot break ties.
    order = np.lexsort((target, -np.round(scores, 9), source))
    source, target = source[order], target[order]
    place = np.arange(len(source)) - np.searchsorted(source, source, side="left")
    return np.stack([source[place < MAX_ALIKE], target[place < MAX_ALIKE]])
