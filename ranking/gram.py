"""Gram matrices of products and their inverses, in single precision: half the memory and time of double."""

import numpy as np
import numpy.typing as npt
import scipy.linalg.lapack
import scipy.sparse as sp

Squares = npt.NDArray[np.float32]
BLOCK = 512


def gram(rows: sp.csr_matrix) -> Squares:
    """XᵀX `[num_columns, num_columns]` of sparse rows X, dense."""
    return np.asarray((rows.T @ rows).astype(np.float32).toarray())


def inverse(of: Squares) -> Squares:
    """The inverse of a symmetric positive definite matrix, by Cholesky; `of` is overwritten.

    Raises:
        numpy.linalg.LinAlgError: if the matrix is not positive definite in single precision.
    """
    # A symmetric matrix in C order is its own transpose in the order that LAPACK works on in place.
    factor, is_not_definite = scipy.linalg.lapack.spotrf(of.T, lower=0, clean=1, overwrite_a=1)
    half, is_singular = scipy.linalg.lapack.spotri(factor, lower=0, overwrite_c=1)
    if is_not_definite or is_singular:
        raise np.linalg.LinAlgError(
            "a Gram matrix is not positive definite in single precision: its ridge is too small"
        )
    found = half.T
    for start in range(0, len(found), BLOCK):
        rows, after = slice(start, start + BLOCK), slice(start + BLOCK, None)
        corner = found[rows, rows]
        corner += np.tril(corner, -1).T
        found[rows, after] = found[after, rows].T
    return found
