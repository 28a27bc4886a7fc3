"""Names as vectors of hashed character n-grams, for any script."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

NUM_BUCKETS = 2**18
_WORD = re.compile(r"\d+(?:[.,]\d+)?|[ァ-ヺー]+|[ぁ-ゖ]+|[㐀-鿿々]+|[^\W\dァ-ヺーぁ-ゖ㐀-鿿々_]+")
"""A number, or a run of one script: words where spaces part them, near enough to words where nothing does."""


def words(name: str) -> list[str]:
    """The words of a name in order, lower case, width and compatibility forms folded, numbers as words of their own."""
    return _WORD.findall(unicodedata.normalize("NFKC", name).lower())


def name_vectors(names: Sequence[str]) -> sp.csr_matrix:
    """TF-IDF weighted n-grams of 2 to 5 characters within words `[num_names, NUM_BUCKETS]`, rows of length 1 or 0.

    Case and accents are folded; a name without letters or digits has an empty row.
    """
    if not names:
        return sp.csr_matrix(np.empty((0, NUM_BUCKETS), np.float32))
    hashing = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        n_features=NUM_BUCKETS,
        alternate_sign=False,
        norm=None,
        strip_accents="unicode",
        dtype=np.float32,
    )
    counts = hashing.transform(name or "" for name in names)
    return sp.csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(counts), dtype=np.float32)


def word_vectors(names: Sequence[str]) -> sp.csr_matrix:
    """Weight log(1 + N/n) of each of a name's distinct words `[num_names, NUM_BUCKETS]`, n names of N holding it."""
    if not names:
        return sp.csr_matrix(np.empty((0, NUM_BUCKETS), np.float32))
    hashing = HashingVectorizer(
        analyzer=words, n_features=NUM_BUCKETS, alternate_sign=False, norm=None, binary=True, dtype=np.float32
    )
    held = sp.csr_matrix(hashing.transform(name or "" for name in names))
    number = np.bincount(held.indices, minlength=NUM_BUCKETS)
    rarity = np.log1p(held.shape[0] / np.maximum(number, 1)).astype(np.float32)
    return sp.csr_matrix((rarity[held.indices], held.indices, held.indptr), shape=held.shape)


def pair_similarity(
    vectors: sp.csr_matrix, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Cosine between the vectors of each pair `[num_pairs]`, 0 to 1 for rows of length 1."""
    pieces = [
        np.asarray(vectors[left[at : at + 65_536]].multiply(vectors[right[at : at + 65_536]]).sum(axis=1)).ravel()
        for at in range(0, len(left), 65_536)
    ]
    return np.concatenate(pieces).astype(np.float32) if pieces else np.empty(0, np.float32)
