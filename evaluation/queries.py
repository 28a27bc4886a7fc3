"""Basket-completion queries: later baskets with one product hidden."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix


@dataclass(frozen=True)
class Queries:
    """Baskets with one product hidden.

    Attributes:
        basket_ids: `[num_queries]` ascending.
        customer_ids: `[num_queries]`; None where unknown.
        visible: `[num_queries, num_products]` float32, the products left in the basket.
        hidden: `[num_queries]` int64 row of the hidden product.
    """

    basket_ids: tuple[str, ...]
    customer_ids: tuple[str | None, ...]
    visible: sp.csr_matrix
    hidden: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.hidden)

    def part(self, rows: npt.NDArray[np.int64]) -> "Queries":
        """The queries at the given rows."""
        return Queries(
            basket_ids=tuple(self.basket_ids[row] for row in rows),
            customer_ids=tuple(self.customer_ids[row] for row in rows),
            visible=self.visible[rows],
            hidden=self.hidden[rows],
        )


def hidden_place(basket_id: str, num_products: int, seed: int) -> int:
    """Which of a basket's sorted products is hidden: sha256 of `seed:basket_id`, modulo their number."""
    return int(hashlib.sha256(f"{seed}:{basket_id}".encode()).hexdigest(), 16) % num_products


def complete_baskets(baskets: BasketMatrix, *, seed: int, least: int = 2, most: int | None = 60) -> Queries:
    """Queries from the baskets with `least` to `most` distinct known products; None sets no upper bound."""
    held = sp.csr_matrix(baskets.held)
    held.sort_indices()
    sizes = np.diff(held.indptr)
    rows = np.flatnonzero((sizes >= least) & (sizes <= (most if most is not None else sizes.max(initial=0))))
    ids = [baskets.basket_ids[row] for row in rows]
    places = [hidden_place(basket_id, int(size), seed) for basket_id, size in zip(ids, sizes[rows], strict=True)]
    flat = held.indptr[rows] + np.array(places, np.int64)
    visible = held.copy()
    visible.data[flat] = 0.0
    visible.eliminate_zeros()
    return Queries(
        basket_ids=tuple(ids),
        customer_ids=tuple(baskets.customer_ids[row] for row in rows),
        visible=sp.csr_matrix(visible[rows]),
        hidden=held.indices[flat].astype(np.int64),
    )
