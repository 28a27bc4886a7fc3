"""A customer's own history, mixed into any basket scorer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix

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
