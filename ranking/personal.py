"""A customer's own history, mixed into any basket scorer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, decay

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HistoryMix:
    """How much a customer's history counts beside the basket; both 0 leave the anonymous scores.

    Attributes:
        context: share of the scores that the history, held as one more basket, adds.
        repeat: weight of having bought the product itself, in units of the scores' deviation.
    """

    context: float = 0.0
    repeat: float = 0.0


def customer_sets(baskets: BasketMatrix) -> sp.csr_matrix:
    """What each known customer has ever bought `[num_customers, num_products]`, 1 where bought."""
    ids = np.array([one or "" for one in baskets.customer_ids])
    names, owner = np.unique(ids, return_inverse=True)
    belongs = sp.csr_matrix((np.ones(len(ids), np.float32), (owner, np.arange(len(ids)))), shape=(len(names), len(ids)))
    owned = sp.csr_matrix(belongs @ baskets.held)[np.flatnonzero(names != "")]
    owned.data[:] = 1.0
    return sp.csr_matrix(owned)


def customer_histories(baskets: BasketMatrix, *, until: float, half_life_days: float) -> dict[str, sp.csr_matrix]:
    """Decayed baskets of each product by customer, `[1, num_products]` each, for customers with a purchase."""
    weights = decay(baskets.days, until=until, half_life_days=half_life_days)
    ids = np.array([one or "" for one in baskets.customer_ids])
    names, owner = np.unique(ids, return_inverse=True)
    by_customer = sp.csr_matrix((weights, (owner, np.arange(len(ids)))), shape=(len(names), len(ids)))
    summed = sp.csr_matrix(by_customer @ baskets.held)
    return {str(name): summed[row] for row, name in enumerate(names) if name and summed[row].nnz}


def histories_of(
    customer_ids: Sequence[str | None], histories: dict[str, sp.csr_matrix], num_products: int
) -> sp.csr_matrix:
    """The history of each query's customer `[num_queries, num_products]`; empty rows where there is none."""
    nothing = sp.csr_matrix(np.zeros((1, num_products), np.float32))
    return sp.csr_matrix(sp.vstack([histories.get(one or "", nothing) for one in customer_ids]), dtype=np.float32)


def mixed_scores(anonymous: Floats, context: Floats, history: sp.csr_matrix, mix: HistoryMix) -> Floats:
    """Scores with history `[num_queries, num_products]`; rows without history keep their anonymous scores.

    Args:
        anonymous: `[num_queries, num_products]` of the basket alone.
        context: likewise, of the history alone.
    """
    scale = np.maximum(anonymous.std(axis=1, keepdims=True), 1e-9)
    reach = scale / np.maximum(context.std(axis=1, keepdims=True), 1e-9)
    personal = np.log1p(np.asarray(history.todense()))
    added = mix.context * reach * context + mix.repeat * scale * personal
    known = np.diff(history.indptr)[:, None] > 0
    return np.where(known, anonymous + added, anonymous).astype(np.float32)
