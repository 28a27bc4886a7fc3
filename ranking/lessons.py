"""Lessons: baskets of the past with a product hidden, to learn an order of candidates from."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix

Rows = npt.NDArray[np.int64]
HIDDEN_A_BASKET: Final = 2
"""Products of each basket that are hidden in turn."""
MOST_BASKETS: Final = 2_500
"""Baskets that lessons are made of at most; of more a sample is drawn."""
BLOCK: Final = 256
"""Lessons scored at once."""


@dataclass(frozen=True)
class Lessons:
    """Baskets that came after an earlier day, one product of each hidden at a time.

    Attributes:
        baskets: `[num_queries]` number of the basket each query is made of.
        customer_ids: `[num_queries]`; None where unknown.
        visible: `[num_queries, num_products]`.
        hidden: `[num_queries]` row of the hidden product.
    """

    baskets: Rows
    customer_ids: tuple[str | None, ...]
    visible: sp.csr_matrix
    hidden: Rows


def lessons(later: BasketMatrix, *, seed: int, most_items: int = 60) -> Lessons:
    """Up to HIDDEN_A_BASKET queries of each basket of 2 to `most_items` products, of MOST_BASKETS baskets at most."""
    generator, held = np.random.default_rng(seed), sp.csr_matrix(later.held)
    held.sort_indices()
    rows, hidden = [], []
    fitting = np.flatnonzero((np.diff(held.indptr) >= 2) & (np.diff(held.indptr) <= most_items))
    if len(fitting) > MOST_BASKETS:
        fitting = np.sort(generator.permutation(fitting)[:MOST_BASKETS])
    for row in fitting:
        items = held.indices[held.indptr[row] : held.indptr[row + 1]]
        for item in generator.permutation(items)[:HIDDEN_A_BASKET]:
            rows.append(row)
            hidden.append(item)
    numbers, wanted = np.array(rows, np.int64), np.array(hidden, np.int64)
    whole = sp.coo_matrix(held[numbers])
    kept = whole.col != wanted[whole.row] if len(numbers) else np.empty(0, bool)
    visible = sp.csr_matrix((whole.data[kept], (whole.row[kept], whole.col[kept])), shape=(len(numbers), held.shape[1]))
    return Lessons(numbers, tuple(later.customer_ids[row] for row in numbers), visible, wanted)
