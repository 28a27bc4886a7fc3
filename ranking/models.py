"""Simple models of what goes with a basket: popularity, item cosine, EASE and RP3β."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, decay, decayed_counts
from ranking.gram import gram, inverse
from ranking.pruning import others, strongest, strongest_of_dense

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
BLOCK = 2_000
"""Products whose pairs are counted at once."""
EASE_CAP = 25_000
"""The most sold products EASE is fitted on: its weights are a dense square over them."""


class BasketScorer(Protocol):
    """Scores every product for baskets."""

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Scores `[num_baskets, num_products]`, higher is better, for baskets `[num_baskets, num_products]`."""


class ShopperScorer(BasketScorer, Protocol):
    """Scores one shopper's basket without a matrix too."""

    def of_one(self, held: npt.NDArray[np.integer], weights: Floats) -> Floats:
        """Scores `[num_products]` for one basket: what it holds, and how much each counts; both `[num_held]`."""


class Entries(NamedTuple):
    """What some rows of sparse weights hold, row after row: `[num_entries]` each.

    Attributes:
        rows: the row's place among those asked for.
        columns: the product that the weight leads to.
    """

    rows: Rows
    columns: npt.NDArray[np.integer]
    weights: Floats


@dataclass(frozen=True)
class FixedScores:
    """The same score for a product whatever the basket."""

    scores: Floats

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """The scores, once a basket `[num_baskets, num_products]`."""
        return np.tile(self.scores, (baskets.shape[0], 1))


@dataclass(frozen=True)
class ItemWeights:
    """Scores as sums of item-to-item weights over a basket.

    Attributes:
        weights: `[num_products, num_products]` from a held product to a scored one; dense or sparse.
    """

    weights: Floats | sp.csr_matrix

    def between(self, held: npt.NDArray[np.integer], items: Rows) -> Floats:
        """Weights from some products to others `[len(held), len(items)]`, dense."""
        return between(self.weights, held, items)

    @property
    def is_sparse(self) -> bool:
        """Whether few weights a product are kept."""
        return bool(sp.issparse(self.weights))

    def entries(self, held: npt.NDArray[np.integer]) -> Entries:
        """The weights of some products, which must be kept sparse."""
        own = cast(sp.csr_matrix, self.weights)
        starts, stops = own.indptr[held], own.indptr[held + 1]
        parts = [slice(*ends) for ends in zip(starts.tolist(), stops.tolist(), strict=True)]
        return Entries(
            np.repeat(np.arange(len(held)), stops - starts),
            np.concatenate([own.indices[:0], *(own.indices[part] for part in parts)]),
            np.concatenate([own.data[:0], *(own.data[part] for part in parts)]),
        )

    def of_one(self, held: npt.NDArray[np.integer], weights: Floats) -> Floats:
        """Sums of weights `[num_products]`: a basket's few rows are added faster than matrices are made."""
        if not self.is_sparse:
            return np.asarray(weights @ self.weights[held], dtype=np.float32)
        rows, columns, own = self.entries(held)
        return np.bincount(columns, own * weights[rows], minlength=self.weights.shape[1]).astype(np.float32)

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Sums of weights `[num_baskets, num_products]`."""
        if baskets.shape[0] == 1:
            return self.of_one(baskets.indices, baskets.data)[None, :]
        scores = baskets @ self.weights
        return np.asarray(scores.todense() if sp.issparse(scores) else scores, dtype=np.float32)


def between(weights: Floats | sp.csr_matrix, held: npt.NDArray[np.integer], items: Rows) -> Floats:
    """Weights from some products to others `[len(held), len(items)]`, dense; sparse rows' columns are ascending."""
    if not sp.issparse(weights):
        return np.asarray(weights[np.ix_(held, items)])
    found = np.zeros((len(held), len(items)), np.float32)
    for at, row in enumerate(held):
        part = slice(weights.indptr[row], weights.indptr[row + 1])
        columns, told = weights.indices[part], weights.data[part]
        places = np.searchsorted(columns, items)
        inside = np.flatnonzero(places < len(columns))
        inside = inside[columns[places[inside]] == items[inside]]
        found[at, inside] = told[places[inside]]
    return found


def fit_popularity(baskets: BasketMatrix, *, until: float, half_life_days: float | None = None) -> FixedScores:
    """How many baskets hold each product, each weighted by its age; None weighs all alike."""
    return FixedScores(decayed_counts(baskets, until=until, half_life_days=half_life_days))


def light_baskets(held: sp.csr_matrix, heaviest: int | None) -> sp.csr_matrix:
    """The same baskets with the pull of those of more than `heaviest` products capped.

    A basket of n > heaviest products counts heaviest/n for each of its pairs, so that none outweighs the rest.
    """
    sizes = np.diff(held.indptr)
    if heaviest is None:
        return held
    weights = np.sqrt(np.minimum(1.0, heaviest / np.maximum(sizes, 1))).astype(np.float32)
    return sp.csr_matrix(sp.diags(weights) @ held, dtype=np.float32)


def fit_item_cosine(
    baskets: BasketMatrix, *, heaviest: int | None = 30, shrinkage: float = 10.0, keep: int | None = None
) -> ItemWeights:
    """Shrunk cosine between products' baskets, heavy baskets capped.

    Args:
        keep: strongest of each product's kept; None keeps all.

    Source: Sarwar et al. 2001, equation 1, with the shrinkage of Bell and Koren 2007.
    """
    light = light_baskets(baskets.held, heaviest)
    lengths = np.sqrt(np.asarray(light.multiply(light).sum(axis=0)).ravel())
    of_product, blocks = sp.csr_matrix(light.T), []
    for at in range(0, light.shape[1], BLOCK):
        pairs = sp.coo_matrix(of_product[at : at + BLOCK] @ light)
        pairs.data = pairs.data / (lengths[pairs.row + at] * lengths[pairs.col] + shrinkage)
        block = others(pairs, at)
        blocks.append(block if keep is None else strongest(block, keep))
    weights = sp.csr_matrix(sp.vstack(blocks), dtype=np.float32)
    weights.sort_indices()
    return ItemWeights(weights)


def fit_ease(
    baskets: BasketMatrix,
    *,
    ridge: float = 100.0,
    until: float = 0.0,
    half_life_days: float | None = None,
    heaviest: int | None = None,
    keep: int | None = None,
) -> ItemWeights:
    """Linear item-to-item weights with zero diagonal by ridge regression of every basket on itself.

    Args:
        ridge: λ, added to the Gram matrix's diagonal.
        until: day the ages of baskets are counted from, where `half_life_days` is given.
        keep: highest weights of each product kept, those above 0; None keeps all.

    Raises:
        ValueError: if there are more than EASE_CAP products.

    Source: Steck 2019, equation 8.
    """
    if baskets.held.shape[1] > EASE_CAP:
        raise ValueError(f"EASE takes at most {EASE_CAP} products, not {baskets.held.shape[1]}")
    ages = np.sqrt(decay(baskets.days, until=until, half_life_days=half_life_days))
    together = gram(sp.csr_matrix(sp.diags(ages) @ light_baskets(baskets.held, heaviest), dtype=np.float64))
    together[np.diag_indices_from(together)] += ridge
    weights = inverse(together)
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0.0)
    if keep is None:
        return ItemWeights(weights)
    kept = strongest_of_dense(np.array_split(weights, len(weights) // BLOCK + 1), keep)
    np.maximum(kept.data, 0.0, out=kept.data)
    kept.eliminate_zeros()
    return ItemWeights(kept)


def fit_rp3beta(
    baskets: BasketMatrix, *, alpha: float = 1.0, beta: float = 0.5, heaviest: int | None = None, keep: int = 400
) -> ItemWeights:
    """Two-step random walk from product over baskets to product, popular ends damped.

    Args:
        alpha: power of the step probabilities.
        beta: power of the end's popularity that is divided out.
        keep: strongest ends kept for each start.

    Source: Paudel et al. 2017, RP3β, section 4.
    """
    held = light_baskets(baskets.held, heaviest)
    popularity = np.maximum(np.asarray(held.sum(axis=0)).ravel(), 1e-9)
    sizes = np.maximum(np.asarray(held.sum(axis=1)).ravel(), 1e-9)
    to_basket = sp.csr_matrix((sp.diags(1.0 / popularity) @ held.T).power(alpha))
    to_product = sp.csr_matrix((sp.diags(1.0 / sizes) @ held).power(alpha))
    damping = sp.diags(popularity**-beta)
    walks = [
        strongest(others(sp.coo_matrix(to_basket[at : at + BLOCK] @ to_product @ damping), at), keep)
        for at in range(0, held.shape[1], BLOCK)
    ]
    return ItemWeights(sp.csr_matrix(sp.vstack(walks), dtype=np.float32))
