"""Customers and products as a graph that is filtered: pruned neighbourhoods, the normalised walk and its low-pass."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.models import ItemWeights
from ranking.pruning import others, strongest

Floats = npt.NDArray[np.float32]
_BLOCK = 2_000


def fit_neighbours(bought: sp.csr_matrix, *, shrinkage: float = 10.0, keep: int = 200) -> ItemWeights:
    """Shrunk cosine between products' customers (or baskets), the `keep` nearest of each product.

    Source: Sarwar et al. 2001, equation 1, with the shrinkage of Bell and Koren 2007.
    """
    lengths = np.sqrt(_degrees(bought, axis=0))
    blocks = []
    for start, together in _meetings(bought, bought):
        together.data = together.data / (lengths[together.row + start] * lengths[together.col] + shrinkage)
        blocks.append(strongest(others(together, start), keep))
    return ItemWeights(sp.csr_matrix(sp.vstack(blocks), dtype=np.float32))


def fit_sequels(
    earlier: sp.csr_matrix, later: sp.csr_matrix, *, shrinkage: float = 5.0, keep: int = 100
) -> ItemWeights:
    """Shrunk chance that a product is in the next basket given each product of the one before, itself included.

    Args:
        earlier, later: `[num_pairs, num_products]` baskets that followed one another.
        keep: likeliest products kept for each.
    """
    number, blocks = _degrees(earlier, axis=0), []
    for start, together in _meetings(earlier, later):
        together.data = together.data / (number[together.row + start] + shrinkage)
        blocks.append(strongest(sp.csr_matrix(together), keep))
    return ItemWeights(sp.csr_matrix(sp.vstack(blocks), dtype=np.float32))


def _meetings(left: sp.csr_matrix, right: sp.csr_matrix) -> Iterator[tuple[int, sp.coo_matrix]]:
    """Rows in which a product of `left` meets one of `right`, in blocks of products with each block's first."""
    by_product = sp.csr_matrix(left.T)
    for start in range(0, left.shape[1], _BLOCK):
        yield start, sp.coo_matrix(by_product[start : start + _BLOCK] @ right)


@dataclass(frozen=True)
class GraphFilter:
    """Purchases smoothed over the graph of customers and products.

    Attributes:
        normal: `[num_customers, num_products]` purchases over the roots of both degrees.
        roots: `[num_products]` root of each product's degree.
        basis: `[num_products, rank]` leading right singular vectors of `normal`, strongest first.
        alpha: weight of the ideal low-pass beside the linear filter.
        rank: leading vectors that pass.
    """

    normal: sp.csr_matrix
    roots: Floats
    basis: Floats
    alpha: float
    rank: int

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Scores `[num_rows, num_products]` of purchases `[num_rows, num_products]`."""
        return self.linear(baskets) + np.float32(self.alpha) * self.low_pass(baskets)

    def linear(self, bought: sp.csr_matrix) -> Floats:
        """One step over the normalised co-purchases `[num_rows, num_products]`."""
        return np.asarray(((bought @ self.normal.T) @ self.normal).todense(), dtype=np.float32)

    def low_pass(self, bought: sp.csr_matrix, rank: int | None = None) -> Floats:
        """What the first `rank` leading vectors (None: the filter's own) let through `[num_rows, num_products]`."""
        basis = self.basis[:, : rank or self.rank]
        scaled = sp.csr_matrix(bought @ sp.diags(1.0 / self.roots))
        return np.asarray((scaled @ basis) @ basis.T * self.roots, dtype=np.float32)


def fit_graph_filter(
    bought: sp.csr_matrix, *, alpha: float = 0.3, rank: int = 256, basis: Floats | None = None
) -> GraphFilter:
    """GF-CF: a linear filter of the normalised co-purchases and an ideal low-pass.

    Args:
        basis: what `singular_vectors` found for the same purchases, of at least `rank` columns; None finds them.

    Source: Shen et al. 2021, "How Powerful is Graph Convolution for Recommendation?", section 5.
    """
    normal = normalised(bought)
    if basis is None:
        basis = singular_vectors(normal, rank)
    roots = np.sqrt(np.maximum(_degrees(bought, axis=0), 1.0))
    return GraphFilter(normal, roots.astype(np.float32), basis, alpha, rank)


def normalised(bought: sp.csr_matrix) -> sp.csr_matrix:
    """Purchases over the roots of the customer's and the product's number of them `[num_customers, num_products]`."""
    left, right = (1.0 / np.sqrt(np.maximum(_degrees(bought, axis=axis), 1.0)) for axis in (1, 0))
    return sp.csr_matrix(sp.diags(left) @ bought @ sp.diags(right), dtype=np.float32)


def singular_vectors(normal: sp.csr_matrix, rank: int) -> Floats:
    """Leading right singular vectors `[num_products, at most rank]`, strongest first.

    Source: Halko, Martinsson and Tropp 2011, randomised range finder with power iterations.
    """
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 seconds to import, and of the train extra

    rank = min(rank, *normal.shape)
    return np.asarray(randomized_svd(normal, rank, n_iter=5, random_state=0)[2].T, dtype=np.float32)


def _degrees(bought: sp.csr_matrix, *, axis: int) -> Floats:
    return np.asarray(bought.count_nonzero(axis=axis), dtype=np.float32)
