"""Customers' baskets in the order they were bought, and what of them can be held out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, basket_matrix

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


class CustomerScorer(Protocol):
    """Scores every product for customers it was fitted on."""

    def __call__(self, rows: Rows) -> Floats:
        """Scores `[num_rows, num_products]` of the customers at `rows`, higher is better."""


@dataclass(frozen=True)
class CustomerBaskets:
    """Baskets by customer, each customer's oldest first.

    Attributes:
        skus: `[num_products]` ascending, the columns.
        customer_ids: `[num_customers]` ascending; some may have no basket.
        owners: `[num_baskets]` row of the customer, ascending.
        days: `[num_baskets]` days since 1970-01-01 UTC, with fraction.
        held: `[num_baskets, num_products]` float32, 1 where held.
    """

    skus: tuple[str, ...]
    customer_ids: tuple[str, ...]
    owners: Rows
    days: npt.NDArray[np.float64]
    held: sp.csr_matrix

    @property
    def num_customers(self) -> int:
        """Customers, those without a basket too."""
        return len(self.customer_ids)

    @cached_property
    def num_baskets(self) -> Rows:
        """Baskets of each customer `[num_customers]`."""
        return np.bincount(self.owners, minlength=self.num_customers)

    @cached_property
    def back(self) -> Rows:
        """How many baskets of the same customer follow each one `[num_baskets]`: 0 for the last."""
        ends = np.cumsum(self.num_baskets)
        return ends[self.owners] - 1 - np.arange(len(self.owners))

    def weighted(self, weights: npt.NDArray[np.floating]) -> sp.csr_matrix:
        """Sum of each customer's baskets `[num_customers, num_products]`, each basket times its weight."""
        shape = (self.num_customers, len(self.owners))
        by_customer = sp.csr_matrix((weights, (self.owners, np.arange(len(self.owners)))), shape=shape)
        return sp.csr_matrix(by_customer @ self.held, dtype=np.float32)

    @cached_property
    def bought(self) -> sp.csr_matrix:
        """In how many baskets each customer has held each product `[num_customers, num_products]`."""
        return self.weighted(np.ones(len(self.owners)))

    @cached_property
    def popularity(self) -> Floats:
        """Baskets that hold each product `[num_products]`."""
        return np.asarray(self.held.sum(axis=0), dtype=np.float32).ravel()

    def at(self, chosen: npt.NDArray[np.bool_]) -> "CustomerBaskets":
        """The same customers with those baskets alone where `chosen` `[num_baskets]` holds."""
        return replace(self, owners=self.owners[chosen], days=self.days[chosen], held=self.held[chosen])

    def without_last(self) -> tuple["CustomerBaskets", sp.csr_matrix]:
        """What precedes each customer's last basket, and that basket `[num_customers, num_products]`.

        Customers with one basket keep it, and their row of the held-out baskets is empty.
        """
        is_last = (self.back == 0) & (self.num_baskets[self.owners] > 1)
        return self.at(~is_last), self.weighted(is_last.astype(np.float32))


def customer_baskets(baskets: pa.Table, skus: Sequence[str], *, also: Iterable[str] = ()) -> CustomerBaskets:
    """The baskets that have a customer, over the given products.

    Args:
        baskets: `basket_id`, `sku`, `customer_id`, `bought_at`, one row per product in a basket.
        skus: ascending; other products are left out, and so are baskets that hold nothing else.
        also: customers to have a row even without a basket.
    """
    known = pc.is_in(baskets.column("sku"), value_set=pa.array(skus, pa.string()))
    matrix = basket_matrix(baskets.filter(pc.and_(known, pc.is_valid(baskets.column("customer_id")))), skus)
    owners_ids = np.array([one or "" for one in matrix.customer_ids], dtype=object)
    ids = sorted({*owners_ids, *also})
    places = {customer: row for row, customer in enumerate(ids)}
    owners = np.array([places[customer] for customer in owners_ids], np.int64)
    order = np.lexsort((np.arange(len(owners)), matrix.days, owners))
    return CustomerBaskets(tuple(skus), tuple(ids), owners[order], matrix.days[order], matrix.held[order])


def as_baskets(history: CustomerBaskets) -> BasketMatrix:
    """Each customer's products as one basket, for models that learn from baskets."""
    held = sp.csr_matrix(history.bought, copy=True)
    held.data[:] = 1.0
    ids = history.customer_ids
    return BasketMatrix(history.skus, ids, ids, np.zeros(len(ids)), held)


def distinct(history: CustomerBaskets) -> CustomerBaskets:
    """Each customer's products as that customer's only basket, on day 0."""
    return _of_sets(history, as_baskets(history).held)


def hold_out(history: CustomerBaskets, *, share: float, seed: int) -> tuple[CustomerBaskets, sp.csr_matrix]:
    """A random share of each customer's products parted from the rest: what is kept as one basket, and what is not.

    Customers with fewer than three products keep all; of the others at least one product is held out.

    Returns:
        The kept history, and `[num_customers, num_products]` of the products held out.
    """
    pairs = as_baskets(history).held
    pairs.sort_indices()
    sizes = np.diff(pairs.indptr)
    drawn = np.random.default_rng(seed).random(pairs.nnz)
    rows = np.repeat(np.arange(pairs.shape[0]), sizes)
    place = np.empty(pairs.nnz, np.int64)
    place[np.lexsort((drawn, rows))] = np.arange(pairs.nnz) - np.repeat(pairs.indptr[:-1], sizes)
    number = np.where(sizes >= 3, np.maximum(1, np.round(share * sizes)), 0)
    is_out = place < number[rows]
    kept, out = (
        sp.csr_matrix((pairs.data[part], (rows[part], pairs.indices[part])), shape=pairs.shape)
        for part in (~is_out, is_out)
    )
    return _of_sets(history, kept), out


def _of_sets(history: CustomerBaskets, held: sp.csr_matrix) -> CustomerBaskets:
    owners = np.flatnonzero(np.diff(held.indptr))
    return replace(history, owners=owners, days=np.zeros(len(owners)), held=held[owners])
