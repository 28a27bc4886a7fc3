"""Sparse weights cut down to what matters."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp


def strongest(weights: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    """The `keep` largest entries of each row, ties by column."""
    weights.sort_indices()
    starts, kept = weights.indptr, np.ones(weights.nnz, bool)
    for row in np.flatnonzero(np.diff(starts) > keep):
        data = weights.data[starts[row] : starts[row + 1]]
        least = np.partition(data, -keep)[-keep]
        equal = np.flatnonzero(data == least)
        own = data > least
        own[equal[: keep - int(own.sum())]] = True
        kept[starts[row] : starts[row + 1]] = own
    sizes = np.add.reduceat(np.append(kept, False), starts[:-1]) if len(starts) > 1 else np.empty(0, np.int64)
    sizes[np.diff(starts) == 0] = 0
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    return sp.csr_matrix((weights.data[kept], weights.indices[kept], indptr), shape=weights.shape)


def others(weights: sp.coo_matrix, first: int = 0) -> sp.csr_matrix:
    """The weights without those of a product with itself, row 0 being product `first`."""
    chosen = weights.row + first != weights.col
    ends = (weights.row[chosen], weights.col[chosen])
    return sp.csr_matrix((weights.data[chosen], ends), shape=weights.shape)


def strongest_of_dense(blocks: Iterable[npt.NDArray[np.float32]], keep: int) -> sp.csr_matrix:
    """The `keep` largest entries of each row of dense blocks, one below the other; columns ascending."""
    kept = []
    for block in blocks:
        depth = min(keep, block.shape[1])
        columns = np.sort(np.argpartition(-block, depth - 1, axis=1)[:, :depth], axis=1)
        told = np.take_along_axis(block, columns, axis=1)
        starts = np.arange(0, told.size + 1, depth)
        kept.append(sp.csr_matrix((told.ravel(), columns.ravel().astype(np.int32), starts), shape=block.shape))
    return sp.csr_matrix(sp.vstack(kept))
