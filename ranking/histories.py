"""What customers bought before a day, by customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, day_number, decay
from ranking.pruning import strongest
from schema.edges import BOUGHT_HALF_LIFE_DAYS

Floats = npt.NDArray[np.float32]
RECENT_HALF_LIFE_DAYS: Final = 21.0


@dataclass(frozen=True)
class Histories:
    """What customers bought before a day, a row each; the three `[num_customers, num_products]` have the same entries.

    Attributes:
        strength: baskets holding the product, each halved every BOUGHT_HALF_LIFE_DAYS.
        num_baskets: the same, all alike.
        recency: 1 for what was bought on the day itself, halved every RECENT_HALF_LIFE_DAYS since the last purchase.
    """

    strength: sp.csr_matrix
    num_baskets: sp.csr_matrix
    recency: sp.csr_matrix

    def rows(self, chosen: npt.NDArray[np.int64] | slice) -> "Histories":
        """Those of some customers."""
        return Histories(*(sp.csr_matrix(each[chosen]) for each in (self.strength, self.num_baskets, self.recency)))

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Products each has bought `[num_customers]`."""
        return np.diff(self.strength.indptr).astype(np.int64)


@dataclass(frozen=True)
class KnownHistories:
    """Histories by customer.

    Attributes:
        places: row of each known customer in `histories`, whose last row is empty: that of everybody else.
    """

    places: Mapping[str, int]
    histories: Histories

    def of(self, customer_ids: Sequence[str | None]) -> Histories:
        """A row for each; empty for unknown ones."""
        nobody = self.histories.strength.shape[0] - 1
        return self.histories.rows(np.array([self.places.get(one or "", nobody) for one in customer_ids], np.int64))


def known_histories(baskets: BasketMatrix, *, until: float, most: int | None = None) -> KnownHistories:
    """The histories of every customer of the baskets.

    Args:
        until: the day, in days since 1970-01-01.
        most: the strongest products of each that are known; None means all.
    """
    ids = np.array([one or "" for one in baskets.customer_ids], np.str_)
    names, owner = np.unique(ids, return_inverse=True)
    shape = (len(names), len(ids))

    def summed(weights: Floats) -> sp.csr_matrix:
        found = sp.csr_matrix(sp.csr_matrix((weights, (owner, np.arange(len(ids)))), shape=shape) @ baskets.held)
        found.sort_indices()
        nobody = sp.csr_matrix(np.zeros((1, found.shape[1]), np.float32))
        return sp.csr_matrix(sp.vstack([found[np.flatnonzero(names != "")], nobody]), dtype=np.float32)

    strength = summed(decay(baskets.days, until=until, half_life_days=BOUGHT_HALF_LIFE_DAYS))
    if most is not None:
        strength = strongest(strength, most)
    is_kept = sp.csr_matrix(strength > 0, dtype=np.float32)
    histories = Histories(
        strength,
        sp.csr_matrix(is_kept.multiply(summed(np.ones(len(ids), np.float32)))),
        sp.csr_matrix(is_kept.multiply(_recency(baskets, names, owner, until))),
    )
    return KnownHistories({str(name): row for row, name in enumerate(names[names != ""])}, histories)


def recency_of(last_bought_at: datetime | None, until: float) -> float:
    """The recency of one purchase as seen from a day: 1 at it or after, 0 where nobody knows when it was."""
    if last_bought_at is None:
        return 0.0
    return float(2.0 ** min(0.0, (day_number(last_bought_at) - until) / RECENT_HALF_LIFE_DAYS))


def _recency(
    baskets: BasketMatrix, names: npt.NDArray[np.str_], owner: npt.NDArray[np.int64], until: float
) -> sp.csr_matrix:
    """Recency of the last purchase `[num_customers + 1, num_products]`, the last row empty."""
    held = sp.coo_matrix(baskets.held)
    weights = decay(baskets.days, until=until, half_life_days=RECENT_HALF_LIFE_DAYS)[held.row]
    rows, columns = owner[held.row], held.col
    order = np.lexsort((-weights, columns, rows))
    first = np.flatnonzero(np.diff(rows[order] * held.shape[1] + columns[order], prepend=-1))
    kept = order[first]
    found = sp.csr_matrix((weights[kept], (rows[kept], columns[kept])), shape=(len(names), held.shape[1]))
    nobody = sp.csr_matrix(np.zeros((1, held.shape[1]), np.float32))
    return sp.csr_matrix(sp.vstack([found[np.flatnonzero(names != "")], nobody]), dtype=np.float32)
