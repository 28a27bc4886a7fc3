"""What people said of pairs like this one: labels carried to products of like names."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.labels import KINDS, PairLabels

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
NEIGHBOURS = 20
"""Labelled products that speak for another."""
SHARPNESS = 6.0
"""How much more nearer ones count: the cosine's power."""
BLOCK = 1024


def nearest_labelled(spaces: Floats, labelled: Rows) -> sp.csr_matrix:
    """Closeness of each product to the labelled ones nearest by meaning, itself left out.

    Returns:
        `[num_products, num_products]`.

    Args:
        spaces: `[num_products, width]` rows whose inner product is a likeness of 0 to 1.
        labelled: rows of products in labels.
    """
    size, depth = len(spaces), min(NEIGHBOURS, len(labelled))
    place = np.full(size, -1, np.int64)
    place[labelled] = np.arange(len(labelled))
    rows, columns = [labelled[:0]], [labelled[:0]]
    values = [np.empty(0, np.float32)]
    for start in range(0, size if depth else 0, BLOCK):
        block = np.arange(start, min(start + BLOCK, size))
        likeness = spaces[block] @ spaces[labelled].T
        own = np.flatnonzero(place[block] >= 0)
        likeness[own, place[block[own]]] = 0.0
        best = np.argpartition(-likeness, depth - 1, axis=1)[:, :depth]
        rows.append(np.repeat(block, depth))
        columns.append(labelled[best].ravel())
        values.append(np.maximum(np.take_along_axis(likeness, best, axis=1), 0.0).ravel() ** SHARPNESS)
    ends = (np.concatenate(rows), np.concatenate(columns))
    found = sp.csr_matrix((np.concatenate(values), ends), shape=(size, size), dtype=np.float32)
    found.eliminate_zeros()
    return found


def neighbours_say(nearest: sp.csr_matrix, labels: PairLabels, left: Rows, right: Rows) -> Floats:
    """Columns of how like products are labelled `[num_pairs, 3 × len(KINDS)]`, a pair's own label never among them.

    For each kind: how much of it stands between the two products' neighbours, and the least and the greatest of how
    much of it stands at either's. All are shares, with the whole's beside little evidence.

    Source: Ben-Hur and Noble 2005, equation 1, the pairwise kernel, as a kernel average.
    """
    size, whole = nearest.shape[0], np.bincount(labels.kinds, minlength=len(KINDS)) / max(len(labels), 1)
    between, beside = [], []
    own = _at(nearest, left, right) * _at(nearest, right, left)
    for kind in range(len(KINDS)):
        chosen = labels.part(labels.kinds == kind)
        said = sp.csr_matrix((np.ones(len(chosen), np.float32), (chosen.left, chosen.right)), shape=(size, size))
        said = sp.csr_matrix(said + said.T)
        carried = sp.csr_matrix(nearest @ said)
        strength = _dots(carried, nearest, left, right) - own * _at(said, left, right)
        between.append(np.maximum(strength, 0.0))
        beside.append(np.asarray(carried.sum(axis=1)).ravel())
    shares = _shares(np.stack(between, axis=1), whole)
    roles = _shares(np.stack(beside, axis=1), whole)
    return np.concatenate(
        [shares, np.minimum(roles[left], roles[right]), np.maximum(roles[left], roles[right])], axis=1
    ).astype(np.float32)


def carried_far(nearest: sp.csr_matrix, labels: PairLabels, kind: int) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Two matrices `[num_products, num_products]` whose product says how much of a kind stands between neighbours.

    Here a product is its own nearest neighbour.
    """
    size = nearest.shape[0]
    chosen = labels.part(labels.kinds == kind)
    said = sp.csr_matrix((np.ones(len(chosen), np.float32), (chosen.left, chosen.right)), shape=(size, size))
    close = sp.csr_matrix(nearest + sp.identity(size, dtype=np.float32))
    return sp.csr_matrix(close @ (said + said.T)), close


def _shares(strength: npt.NDArray[np.floating], whole: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    damp = 0.05
    return (strength + damp * whole) / (strength.sum(axis=1, keepdims=True) + damp)


def _at(matrix: sp.csr_matrix, rows: Rows, columns: Rows) -> Floats:
    if not len(rows):  # scipy answers an empty index with a matrix
        return np.empty(0, np.float32)
    return np.asarray(matrix[rows, columns]).ravel().astype(np.float32)


def _dots(left: sp.csr_matrix, right: sp.csr_matrix, rows: Rows, columns: Rows) -> Floats:
    pieces = [
        np.asarray(left[rows[at : at + 65_536]].multiply(right[columns[at : at + 65_536]]).sum(axis=1)).ravel()
        for at in range(0, len(rows), 65_536)
    ]
    return np.concatenate(pieces).astype(np.float32) if pieces else np.empty(0, np.float32)
