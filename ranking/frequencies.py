"""How often products were bought: by everybody, by the customer, and both."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.customers import CustomerBaskets, Rows
from ranking.models import BasketScorer

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Frequencies:
    """Scores by the customer's own frequencies first, then by everybody's.

    Attributes:
        own: `[num_customers, num_products]`, not negative.
        shared: `[num_products]` 0 to 1, what orders products that the customer never bought and equal own ones.
    """

    own: sp.csr_matrix
    shared: Floats

    def __call__(self, rows: Rows) -> Floats:
        """Scores `[num_rows, num_products]`."""
        own = np.asarray(self.own[rows].todense(), dtype=np.float32)
        own /= np.maximum(own.max(axis=1, keepdims=True, initial=0.0), 1e-12)
        return np.where(own > 0, 1 + own, 0.0).astype(np.float32) + self.shared * np.where(own > 0, 1e-4, 1.0)


def fit_global_top(history: CustomerBaskets) -> Frequencies:
    """Products by the number of baskets that held them, alike for all customers."""
    return Frequencies(history.weighted(np.zeros(len(history.owners))), shares_of_baskets(history))


def fit_personal_top(history: CustomerBaskets, *, rate: float = 1.0) -> Frequencies:
    """Products by the number of the customer's own baskets, each counting `rate` times the one after it."""
    return Frequencies(history.weighted(rate**history.back), np.zeros(len(history.skus), np.float32))


def fit_personal_global_top(history: CustomerBaskets, *, rate: float = 1.0) -> Frequencies:
    """The customer's own products as `fit_personal_top` has them, filled up with the global top."""
    return Frequencies(history.weighted(rate**history.back), shares_of_baskets(history))


@dataclass(frozen=True)
class OfPurchases:
    """A model of baskets, asked about all that a customer has bought.

    Attributes:
        bought: `[num_customers, num_products]`, 1 for products bought.
    """

    model: BasketScorer
    bought: sp.csr_matrix

    def __call__(self, rows: Rows) -> Floats:
        """Scores `[num_rows, num_products]`."""
        return self.model(self.bought[rows])


def shares_of_baskets(history: CustomerBaskets) -> Floats:
    """Popularity of each product `[num_products]`, 0 to below 1."""
    return history.popularity / np.float32(1 + history.popularity.max(initial=0.0))
