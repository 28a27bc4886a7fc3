"""Candidates among the products a customer never bought, from neighbourhoods, walks, filters and linear weights."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.candidates import shares_and_ranks, union
from ranking.customers import CustomerBaskets, Rows, as_baskets
from ranking.filters import GraphFilter, fit_graph_filter, fit_neighbours
from ranking.frequencies import OfPurchases, shares_of_baskets
from ranking.models import BasketScorer, ItemWeights, fit_ease, fit_rp3beta
from ranking.rerank import Pool
from ranking.tifuknn import nearest

Floats = npt.NDArray[np.float32]
DEPTH: Final = 100
"""First places of each component that become candidates."""
EASE_PART: Final = 8_000
"""The most bought products that the linear weights among the candidates' components are fitted on."""
NARROW: Final = 32
"""Rank of the second, narrow low-pass."""
_SCORES = ("neighbours", "walk", "step", "low_pass", "narrow_pass", "linear", "like_customers", "popular")
_MORE = ("nearest", "num_near", "share_near", "log_buyers", "log_products", "log_buyers_of_own")


@dataclass(frozen=True)
class PartialWeights:
    """Item-to-item weights among some products; the others score 0.

    Attributes:
        columns: `[num_part]` the products.
        weights: `[num_part, num_part]`.
    """

    columns: Rows
    weights: ItemWeights

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Sums of weights `[num_baskets, num_products]`."""
        scores = np.zeros(baskets.shape, np.float32)
        scores[:, self.columns] = self.weights(sp.csr_matrix(baskets[:, self.columns]))
        return scores


def fit_partial_ease(history: CustomerBaskets, *, ridge: float = 100.0, most: int = EASE_PART) -> PartialWeights:
    """EASE among the `most` most bought products, each customer's products being one basket."""
    columns = np.sort(np.argsort(-history.popularity, kind="stable")[:most])
    sets = as_baskets(history)
    part = replace(sets, skus=(), held=sp.csr_matrix(sets.held[:, columns]))
    return PartialWeights(columns, fit_ease(part, ridge=ridge))


@dataclass(frozen=True)
class NewProductCandidates:
    """Components fitted on what customers bought, which name products new to a customer.

    Attributes:
        neighbours, walk: sparse item-to-item weights, cosine and RP3β.
        filters: the linear filter and the low-pass.
        linear: EASE among the most bought products.
        num_like: customers whose purchases are looked at for their likeness.
    """

    history: CustomerBaskets
    neighbours: ItemWeights
    walk: ItemWeights
    filters: GraphFilter
    linear: PartialWeights
    num_like: int = 100

    @property
    def score_names(self) -> tuple[str, ...]:
        """The components."""
        return _SCORES

    @property
    def names(self) -> tuple[str, ...]:
        """The features in order."""
        raw = (f"{name}_score" for name in _SCORES[:-1])
        return (*_SCORES, *(f"{name}_rank" for name in _SCORES), *raw, *_MORE)

    @cached_property
    def shared(self) -> Floats:
        """Popularity of every product `[num_products]`, 0 to below 1."""
        return shares_of_baskets(self.history)

    def pool(self, rows: Rows) -> Pool:
        """Candidates of the customers at `rows`, queries being places in `rows`."""
        bought = sp.csr_matrix(self._bought[rows])
        like = nearest(self.filters.normal, rows, among=self._buying, num=self.num_like, is_cosine=True)
        scores = [
            self.neighbours(bought),
            self.walk(bought),
            self.filters.linear(bought),
            self.filters.low_pass(bought),
            self.filters.low_pass(bought, rank=NARROW),
            self.linear(bought),
            np.asarray((like @ self._bought).todense(), dtype=np.float32),
            np.tile(self.shared, (len(rows), 1)),
        ]
        seen = bought.nonzero()
        for one in scores:
            one[seen] = -np.inf
        queries, items = union(scores, DEPTH)
        raw = [one[queries, items] for one in scores[:-1]]
        more = self._more(bought, queries, items)
        features = [*shares_and_ranks(scores, queries, items), *raw, *more]
        return Pool(queries, items, np.column_stack(features).astype(np.float32))

    def _more(self, bought: sp.csr_matrix, queries: Rows, items: Rows) -> list[npt.NDArray[Any]]:
        own = np.asarray(bought.sum(axis=1)).ravel()
        typical = np.asarray((bought @ self._log_buyers) / np.maximum(own, 1))
        near = np.asarray((bought @ self._links).todense())[queries, items]
        strongest = _highest_weight(sp.csr_matrix(self.neighbours.weights), bought)[queries, items]
        return [
            strongest,
            near,
            near / np.maximum(own, 1)[queries],
            self._log_buyers[items],
            np.log1p(own)[queries],
            typical[queries],
        ]

    @cached_property
    def _bought(self) -> sp.csr_matrix:
        return as_baskets(self.history).held

    @cached_property
    def _buying(self) -> Rows:
        return np.flatnonzero(np.diff(self._bought.indptr))

    @cached_property
    def _log_buyers(self) -> Floats:
        return np.log1p(np.asarray(self._bought.sum(axis=0), dtype=np.float32).ravel())

    @cached_property
    def _links(self) -> sp.csr_matrix:
        links = sp.csr_matrix(self.neighbours.weights, copy=True)
        links.data[:] = 1.0
        return links


def fit_new_products(history: CustomerBaskets, *, settings: Mapping[str, Mapping[str, Any]]) -> NewProductCandidates:
    """Components of what is new to customers, fitted on all of a history.

    Args:
        settings: by `neighbours`, `walk`, `filters` and `linear`, keywords of the functions that fit them.
    """
    sets = as_baskets(history)
    return NewProductCandidates(
        history=history,
        neighbours=fit_neighbours(sets.held, **settings.get("neighbours", {})),
        walk=fit_rp3beta(sets, **settings.get("walk", {})),
        filters=fit_graph_filter(sets.held, **settings.get("filters", {})),
        linear=fit_partial_ease(history, **settings.get("linear", {})),
    )


def of_purchases(history: CustomerBaskets, model: BasketScorer) -> OfPurchases:
    """A model of baskets, asked about all that each customer has bought."""
    return OfPurchases(model, as_baskets(history).held)


def _highest_weight(weights: sp.csr_matrix, bought: sp.csr_matrix) -> Floats:
    """The strongest weight from any of a customer's products to each product `[num_rows, num_products]`, at least 0."""
    found = np.zeros(bought.shape, np.float32)
    for row in range(bought.shape[0]):
        own = bought.indices[bought.indptr[row] : bought.indptr[row + 1]]
        links = weights[own]
        np.maximum.at(found[row], links.indices, links.data)
    return found
