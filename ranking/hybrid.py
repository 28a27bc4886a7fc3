"""The hybrid: simple models and the relation network in a learnt order, fitted on what came after an earlier day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.basket_features import Components, basket_pool, feature_names
from ranking.candidates import Blend
from ranking.histories import Histories
from ranking.lessons import BLOCK, Lessons
from ranking.listwise import ListwiseLogit, fit_listwise
from ranking.rerank import LEAST_QUERIES, Growth, Pool, Reranker, fit_reranker
from schema.progress import Progress, silent

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
CHECKED_SHARE: Final = 0.3
"""Share of the later baskets that decide whether the learnt order is taken."""
LEAST_BASKETS: Final = 200
"""Later baskets below which nothing is learnt from them and the leading model orders alone."""
GENTLE: Final = {
    "num_leaves": 8,
    "min_data_in_leaf": 500,
    "lambda_l2": 20.0,
    "feature_fraction": 0.5,
    "learning_rate": 0.1,
}
"""Small trees: candidates are many and wanted ones few."""
BELOW: Final = -1e4
"""What is no candidate stands so far below those that are."""


def leading(pool: Pool) -> Floats:
    """What the leading model, the first feature, says of each candidate `[num_candidates]`."""
    return pool.features[:, 0]


@dataclass(frozen=True)
class Order:
    """A learnt order of candidates: what trees and a smooth model say of each, in equal parts.

    Attributes:
        is_led: whether the leading model says a third part.
    """

    trees: Reranker
    smooth: ListwiseLogit
    is_led: bool = False

    def __call__(self, pool: Pool) -> Floats:
        """Score of each candidate `[num_candidates]`."""
        parts = (self.trees, self.smooth)
        return Blend((*parts, leading) if self.is_led else parts)(pool)


@dataclass(frozen=True)
class Hybrid:
    """Scores for baskets, with or without a customer.

    Attributes:
        components: as of the day it is asked about.
        anonymous, known: the learnt orders; None where the leading model orders alone.
        why: what was chosen, and by which figures.
    """

    components: Components
    anonymous: Order | None
    known: Order | None
    why: str

    def __call__(self, baskets: sp.csr_matrix) -> Floats:
        """Scores `[num_baskets, num_products]` of the baskets alone."""
        return self._ordered(baskets, None, self.anonymous)

    def with_customers(self, baskets: sp.csr_matrix, customer_ids: Sequence[str | None]) -> Floats:
        """Likewise with what their customers are known to have bought; the others' as of the baskets alone."""
        if self.components.customers is None:
            return self(baskets)
        return self.with_histories(baskets, self.components.customers.of(customer_ids))

    def with_histories(self, baskets: sp.csr_matrix, histories: Histories) -> Floats:
        """Likewise with what their customers bought, a row a basket; empty rows get scores of the baskets alone."""
        has = np.flatnonzero(histories.sizes)
        if self.known is None or not len(has):
            return self(baskets)
        if len(has) == baskets.shape[0]:
            return self._ordered(baskets, histories, self.known)
        informed = self._ordered(sp.csr_matrix(baskets[has]), histories.rows(has), self.known)
        scores = self(baskets)
        scores[has] = informed
        return scores

    def _ordered(self, baskets: sp.csr_matrix, history: Histories | None, order: Order | None) -> Floats:
        if order is None:
            lead = self.components.lead(baskets)
            return np.where(lead > 0, lead, lead + BELOW)
        if baskets.shape[0] == 1:  # cutting rows out of a matrix takes as long as scoring one
            return self._block(baskets, history, order)
        pieces = []
        for start in range(0, baskets.shape[0], BLOCK):
            rows = slice(start, start + BLOCK)
            pieces.append(self._block(baskets[rows], None if history is None else history.rows(rows), order))
        return np.concatenate([np.empty((0, baskets.shape[1]), np.float32), *pieces])

    def _block(self, baskets: sp.csr_matrix, history: Histories | None, order: Order) -> Floats:
        pool, lead = basket_pool(self.components, baskets, history)
        scores = lead + BELOW
        scores[pool.queries, pool.items] = order(pool)
        return scores


def fit_hybrid(
    earlier: Components, taught: Lessons, now: Components, *, seed: int = 0, progress: Progress = silent
) -> Hybrid:
    """The order of `earlier`'s candidates learnt on the baskets that came later, put to work on those of `now`.

    Whether it is taken is decided on baskets kept apart: it must complete more of them within ten places than the
    leading model alone.

    Args:
        earlier: fitted before the first of the lessons' baskets.
        taught: made of the baskets from then on.
        now: the same components fitted on everything.
    """
    if len(np.unique(taught.baskets)) < LEAST_BASKETS:
        return Hybrid(now, None, None, f"fewer than {LEAST_BASKETS} later baskets: the leading model orders alone")
    orders: dict[str, Order | None] = {}
    told = []
    histories = None if earlier.customers is None else earlier.customers.of(taught.customer_ids)
    for name, history in (("anonymous", None), ("known", histories)):
        chosen = np.arange(len(taught.hidden)) if history is None else np.flatnonzero(history.sizes)
        part = None if history is None else history.rows(chosen)
        orders[name], why = _fit_order(earlier, taught, chosen, part, seed)
        told.append(f"{name}: {why}")
        progress("learning an order", len(told), 2)
    return Hybrid(now, orders["anonymous"], orders["known"], "; ".join(told))


def _fit_order(
    components: Components, taught: Lessons, chosen: Rows, history: Histories | None, seed: int
) -> tuple[Order | None, str]:
    """An order of the chosen lessons if it beats the leading model on those kept apart, and what the figures were."""
    numbers = np.unique(taught.baskets[chosen])
    if len(numbers) < LEAST_BASKETS:
        return None, f"fewer than {LEAST_BASKETS} baskets"
    generator = np.random.default_rng(seed + 1)
    apart = np.isin(taught.baskets[chosen], generator.permutation(numbers)[: int(CHECKED_SHARE * len(numbers))])
    pool, lead = _pooled(components, sp.csr_matrix(taught.visible[chosen]), history)
    hidden = taught.hidden[chosen]
    relevance = (pool.items == hidden[pool.queries]).astype(np.float32)
    names = feature_names(components, is_known=history is not None)
    kept = apart[pool.queries]

    def fitted(part: npt.NDArray[np.bool_], num_trees: int | None = None) -> Order:
        given, wanted = pool.part(part), relevance[part]
        growth = Growth(GENTLE, num_trees, is_trial=num_trees is None)
        trees = fit_reranker(given, wanted, names=names, seed=seed, growth=growth)
        return Order(trees, fit_listwise(given, wanted))

    if int(relevance[~kept].sum()) < LEAST_QUERIES:
        return None, "too few hidden products are among the candidates"
    order, trial = fitted(~kept), pool.part(kept)
    hits = {is_led: _hits(trial, replace(order, is_led=is_led)(trial), hidden) for is_led in (False, True)}
    is_led = hits[True] > hits[False]
    found = hits[is_led] / apart.sum()
    alone = _hits(trial, lead[kept], hidden) / apart.sum()
    if found <= alone:
        return None, f"recall@10 {found:.3f}, no more than {alone:.3f} of the leading model alone"
    whole = fitted(np.ones(len(pool), bool), order.trees.num_trees)
    led = "led by that too, " if is_led else ""
    return replace(whole, is_led=is_led), f"{led}recall@10 {found:.3f}, {alone:.3f} of the leading model alone"


def _pooled(components: Components, visible: sp.csr_matrix, history: Histories | None) -> tuple[Pool, Floats]:
    """The pool of all lessons, block by block, and the leading model's score of each candidate."""
    pools, leads = [], []
    for start in range(0, visible.shape[0], BLOCK):
        rows = slice(start, start + BLOCK)
        pool, lead = basket_pool(components, visible[rows], None if history is None else history.rows(rows))
        pools.append(Pool(pool.queries + start, pool.items, pool.features))
        leads.append(lead[pool.queries, pool.items])
    queries, items, features = (
        np.concatenate([getattr(pool, name) for pool in pools]) for name in ("queries", "items", "features")
    )
    return Pool(queries, items, features), np.concatenate(leads)


def _hits(pool: Pool, scores: Floats, hidden: Rows) -> int:
    """Hidden products among the first ten candidates of their queries."""
    order = np.lexsort((pool.items, -scores, pool.queries))
    queries = pool.queries[order]
    first = np.arange(len(order)) - np.searchsorted(queries, queries) < 10
    return int((pool.items[order][first] == hidden[queries[first]]).sum())
