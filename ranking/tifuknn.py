"""Temporal item frequency and nearest customers: what a customer buys how often of late, and what the like buy."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.customers import CustomerBaskets, Rows

Floats = npt.NDArray[np.float32]
NEIGHBOUR_CAP = 40_000
"""Customers among whom neighbours are sought; of more, those with the most baskets."""


def basket_weights(
    history: CustomerBaskets, *, group_size: int, within_rate: float, group_rate: float
) -> npt.NDArray[np.float64]:
    """Weight of each basket in its customer's vector `[num_baskets]`.

    Baskets are grouped by `group_size` from the last one back, so that the oldest group may be short. A basket counts
    within_rate ** (baskets after it in its group), averaged over the group, times group_rate ** (groups after it),
    averaged over the groups.

    Source: Hu et al. 2020, equations 1 and 2.
    """
    group, place = np.divmod(history.back, group_size)
    total = history.num_baskets[history.owners]
    num_groups = -(-total // group_size)
    size = np.minimum(group_size, total - group * group_size)
    return within_rate**place / size * group_rate**group / num_groups


@dataclass(frozen=True)
class Tifuknn:
    """Scores as a mix of a customer's own vector and the mean of the nearest customers' vectors.

    Attributes:
        vectors: `[num_customers, num_products]` temporal frequencies.
        alpha: weight of the own vector, 0 to 1.
        num_neighbours: nearest customers whose vectors are averaged.
    """

    vectors: sp.csr_matrix
    alpha: float
    num_neighbours: int

    def __call__(self, rows: Rows) -> Floats:
        """Scores `[num_rows, num_products]`; a customer without a basket gets everybody's mean."""
        own = np.asarray(self.vectors[rows].todense(), dtype=np.float32)
        return self.alpha * own + (1 - self.alpha) * self.neighbours_mean(rows)

    def neighbours_mean(self, rows: Rows) -> Floats:
        """Mean vector of each customer's nearest others `[num_rows, num_products]`."""
        near = nearest(self.vectors, rows, among=self.among, num=self.num_neighbours)
        return np.asarray((near @ self.vectors).todense(), dtype=np.float32)

    @cached_property
    def among(self) -> Rows:
        """Customers among whom neighbours are sought, ascending: at most NEIGHBOUR_CAP, the fullest vectors."""
        filled = np.diff(self.vectors.indptr)
        return np.sort(np.argsort(-filled, kind="stable")[: min(NEIGHBOUR_CAP, int((filled > 0).sum()))])


def fit_tifuknn(
    history: CustomerBaskets,
    *,
    group_size: int = 7,
    within_rate: float = 0.9,
    group_rate: float = 0.7,
    alpha: float = 0.7,
    num_neighbours: int = 300,
) -> Tifuknn:
    """The customers' vectors, ready to be mixed with their neighbours'.

    Source: Hu, He, Gao and Zhang 2020, "Modeling Personalized Item Frequency Information for Next-basket
    Recommendation", section 4.
    """
    weights = basket_weights(history, group_size=group_size, within_rate=within_rate, group_rate=group_rate)
    return Tifuknn(history.weighted(weights), alpha, num_neighbours)


def nearest(vectors: sp.csr_matrix, rows: Rows, *, among: Rows, num: int, is_cosine: bool = False) -> sp.csr_matrix:
    """Weights that average or sum over each row's nearest others `[num_rows, num_customers]`.

    Args:
        vectors: `[num_customers, num_products]`.
        among: customers who may be neighbours; nobody is one's own.
        is_cosine: nearest by cosine, each weighing its cosine; otherwise by Euclidean distance, all weighing alike.
    """
    squares = np.asarray(vectors.multiply(vectors).sum(axis=1), dtype=np.float32).ravel()
    candidates = sp.csr_matrix(vectors[among].T)
    pieces = []
    for part in np.array_split(rows, len(rows) // 512 + 1):
        likeness = np.asarray((vectors[part] @ candidates).todense(), dtype=np.float32)
        if is_cosine:
            likeness /= np.maximum(np.sqrt(squares[part])[:, None] * np.sqrt(squares[among])[None, :], 1e-12)
        else:
            likeness = 2 * likeness - squares[among][None, :]
        likeness[part[:, None] == among[None, :]] = -np.inf
        pieces.append(_highest(likeness, among, min(num, len(among)), len(squares), is_cosine))
    return sp.csr_matrix(sp.vstack(pieces))


def _highest(likeness: Floats, among: Rows, num: int, num_customers: int, is_cosine: bool) -> sp.csr_matrix:
    if not num:
        return sp.csr_matrix(np.zeros((len(likeness), num_customers), np.float32))
    places = np.argpartition(-likeness, num - 1, axis=1)[:, :num]
    chosen = np.take_along_axis(likeness, places, axis=1)
    found = np.isfinite(chosen)
    share = 1.0 / np.maximum(found.sum(axis=1, keepdims=True), 1)
    weights = np.where(found, chosen if is_cosine else share, 0.0).astype(np.float32)
    ends = (np.repeat(np.arange(len(places)), num), among[places].ravel())
    return sp.csr_matrix((weights.ravel(), ends), shape=(len(likeness), num_customers))
