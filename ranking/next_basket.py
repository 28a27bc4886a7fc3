"""Candidates for a customer's next basket, from habit, likeness and what goes with the last basket."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.candidates import shares_and_ranks, union
from ranking.customers import CustomerBaskets, Rows, as_baskets
from ranking.filters import fit_neighbours, fit_sequels
from ranking.frequencies import shares_of_baskets
from ranking.models import ItemWeights, fit_rp3beta
from ranking.purchase_pairs import PAIR_NAMES, PurchasePairs, purchase_pairs
from ranking.rerank import Pool
from ranking.tifuknn import Tifuknn, fit_tifuknn

Floats = npt.NDArray[np.float32]
DEPTH: Final = 60
"""First places of each component that become candidates."""
RECENT_DAYS: Final = 30.0
"""Half-life of recent popularity, counted back from the last purchase of all."""
_SCORES = ("habit", "tifuknn", "like_customers", "like_products", "beside_last", "after_last", "popular", "popular_now")
_ITEM_NAMES = ("log_baskets", "baskets_per_buyer", "share_who_return", "rise_in_last_baskets", "rise_of_late")
_CUSTOMER_NAMES = ("num_baskets", "mean_size", "last_size", "num_products", "share_of_repeats", "mean_days_between")


@dataclass(frozen=True)
class NextBasketCandidates:
    """Components fitted on customers' baskets, which name candidates for the next one.

    Attributes:
        tifuknn: the customer's rhythm and the like of them.
        like_products: from all that a customer bought to what others bought besides.
        beside: from the last basket to what is in baskets with it.
        after: from the last basket to what is in the basket after.
        last: `[num_customers, num_products]` the last basket.
    """

    history: CustomerBaskets
    tifuknn: Tifuknn
    like_products: ItemWeights
    beside: ItemWeights
    after: ItemWeights
    last: sp.csr_matrix
    pairs: PurchasePairs

    @property
    def score_names(self) -> tuple[str, ...]:
        """The components."""
        return _SCORES

    @property
    def names(self) -> tuple[str, ...]:
        """The features in order."""
        ranks = (f"{name}_rank" for name in _SCORES)
        return (*_SCORES, *ranks, "tifuknn_score", *PAIR_NAMES, *_ITEM_NAMES, *_CUSTOMER_NAMES)

    @cached_property
    def shared(self) -> Floats:
        """Popularity of every product `[num_products]`, 0 to below 1."""
        return shares_of_baskets(self.history)

    def pool(self, rows: Rows) -> Pool:
        """Candidates of the customers at `rows`, queries being places in `rows`."""
        own = np.asarray(self.tifuknn.vectors[rows].todense(), dtype=np.float32)
        near = self.tifuknn.neighbours_mean(rows)
        mixed = self.tifuknn.alpha * own + (1 - self.tifuknn.alpha) * near
        last, everybody = self.last[rows], np.ones((len(rows), 1), np.float32)
        scores = [own, mixed, near, self.like_products(self._bought[rows]), self.beside(last), self.after(last)]
        scores += [everybody * self.shared, everybody * self._now]
        queries, items = union(scores, DEPTH)
        columns = [*shares_and_ranks(scores, queries, items), mixed[queries, items]]
        known = (self.pairs.of(rows[queries], items), self._of_items[items], self._of_customers[rows[queries]])
        return Pool(queries, items, np.column_stack([*columns, *known]).astype(np.float32))

    @cached_property
    def _bought(self) -> sp.csr_matrix:
        return as_baskets(self.history).held

    @cached_property
    def _now(self) -> Floats:
        """Baskets of late that hold each product `[num_products]`, 0 to 1."""
        days = self.history.days
        counts = self.history.held.T @ np.exp2((days - days.max(initial=0.0)) / RECENT_DAYS)
        return np.asarray(counts / max(counts.max(initial=0.0), 1e-12), dtype=np.float32)

    @cached_property
    def _of_items(self) -> Floats:
        baskets = self.history.popularity
        buyers = np.asarray(self._bought.sum(axis=0)).ravel()
        returning = np.asarray((self.history.bought > 1).sum(axis=0)).ravel()
        in_last = np.asarray(self.last.sum(axis=0)).ravel()
        ratio = in_last / max(in_last.sum(), 1) / np.maximum(baskets / max(baskets.sum(), 1), 1e-9)
        columns = [
            np.log1p(baskets),
            baskets / np.maximum(buyers, 1),
            returning / (buyers + 5.0),
            np.log(0.1 + ratio),
            np.log(0.1 + self._now / np.maximum(self.shared, 1e-9)),
        ]
        return np.column_stack(columns).astype(np.float32)

    @cached_property
    def _of_customers(self) -> Floats:
        history = self.history
        number = np.maximum(history.num_baskets, 1)
        lines = np.asarray(history.bought.sum(axis=1)).ravel()
        distinct = np.diff(self._bought.indptr)
        first, last = np.full(history.num_customers, np.inf), np.full(history.num_customers, -np.inf)
        np.minimum.at(first, history.owners, history.days)
        np.maximum.at(last, history.owners, history.days)
        tenure = np.where(history.num_baskets > 1, last - first, np.nan)
        sizes = np.asarray(self.last.sum(axis=1)).ravel()
        repeats = 1 - distinct / np.maximum(lines, 1)
        return np.column_stack([number, lines / number, sizes, distinct, repeats, tenure / number]).astype(np.float32)


def fit_next_basket(history: CustomerBaskets, *, tifuknn: Mapping[str, Any]) -> NextBasketCandidates:
    """Components of the next basket, fitted on all of a history.

    Args:
        tifuknn: settings of `fit_tifuknn`.
    """
    followed = np.flatnonzero(history.back > 0)
    return NextBasketCandidates(
        history=history,
        tifuknn=fit_tifuknn(history, **tifuknn),
        like_products=fit_rp3beta(as_baskets(history), alpha=1.0, beta=0.3, keep=200),
        beside=fit_neighbours(history.held, shrinkage=10.0, keep=100),
        after=fit_sequels(history.held[followed], history.held[followed + 1]),
        last=history.weighted(history.back == 0),
        pairs=purchase_pairs(history),
    )
