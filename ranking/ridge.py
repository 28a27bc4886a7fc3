"""Linear item weights out of baskets, customers, names and the relation network together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, decay
from ranking.gram import Squares, gram, inverse
from ranking.models import ItemWeights
from ranking.personal import customer_sets
from ranking.receipt_lines import line_windows

Floats = npt.NDArray[np.float32]
RIDGE_CAP = 8_000
"""The most products this is fitted on: several dense squares over them are held at once."""
LARGEST_CUSTOMER = 20
"""Products from which a customer's set counts no more than one of this size."""
TYPICAL_BASKET = 20
"""Products of a basket that counts once; one of four times as many counts half for each of its pairs."""


@dataclass(frozen=True)
class RidgeSettings:
    """What the sources weigh beside the baskets; chosen on Online Retail before 2011-06-06.

    Attributes:
        half_life_days: after which a basket counts half.
        customers: weight of each customer's set of products, as if it were one more basket.
        names: weight of the products' names: alike names stand as if they were bought together so often.
        ridge: how strongly weights are held to what they are shrunk towards.
        doubt: what is added to that for each product, as a share of how often it was bought: weights that do without
            any one product of a basket (a linear autoencoder's dropout).
        trust: share of the network's own weights that they are shrunk towards; 0 shrinks to nothing.
        lines: how much the weights of neighbouring lines count beside these, in units of their deviation.
    """

    half_life_days: float = 120.0
    customers: float = 0.3
    names: float = 10.0
    ridge: float = 30.0
    doubt: float = 0.3
    trust: float = 0.4
    lines: float = 0.5

    def neighbours(self) -> Iterator["RidgeSettings"]:
        """Settings that differ in one thing, to choose among by validation."""
        yield self
        yield replace(self, trust=0.0)
        yield replace(self, lines=0.0)
        yield replace(self, names=0.0)
        yield replace(self, ridge=self.ridge / 2)
        yield replace(self, ridge=self.ridge * 2)
        yield replace(self, customers=1.0)


LINES: Final = RidgeSettings(names=5.0, ridge=20.0)
"""What the weights of neighbouring lines are fitted with; chosen on the same baskets."""


@dataclass(frozen=True)
class RidgeSources:
    """What the weights are fitted to, each source `[num_products, num_products]`.

    Attributes:
        baskets, customers, names, lines: Gram matrices; zeros where a shop has no such source.
        network: weights from a held product to a scored one, rows summing to 1 or 0.
    """

    baskets: Squares
    customers: Squares
    names: Squares
    lines: Squares
    network: Squares = field(repr=False)

    def fitted(self, settings: RidgeSettings) -> ItemWeights:
        """The weights of baskets, customers and names, and of neighbouring lines beside them."""
        return next(self.each([settings]))

    def each(self, settings: Iterable[RidgeSettings]) -> Iterator[ItemWeights]:
        """The weights of each setting; neighbours that differ in `trust` and `lines` alone share what costs most."""
        sources: tuple[float, ...] | None = None
        for one in settings:
            if sources != (sources := (one.customers, one.names, one.ridge, one.doubt)):
                solver = _Solver(
                    self.baskets + one.customers * self.customers + one.names * self.names, one, self.network
                )
            weights = solver.weights(one.trust)
            if one.lines:
                beside = np.asarray(self.of_lines.weights)
                weights += one.lines * weights.std() / max(float(beside.std()), 1e-9) * beside
            yield ItemWeights(weights)

    @cached_property
    def of_lines(self) -> ItemWeights:
        """Weights fitted to neighbouring lines and names."""
        return ItemWeights(_Solver(self.lines + LINES.names * self.names, LINES, self.network).weights(LINES.trust))

    def of_customers(self, settings: RidgeSettings) -> ItemWeights:
        """Weights fitted to the customers' sets of products alone."""
        return ItemWeights(_Solver(self.customers.copy(), settings, self.network).weights(0.0))


class _Solver:
    """The weights W, diagonal 0, of least |X − XW|² + |√Λ (W − trust · network)|², whatever the trust.

    Λ is diagonal: ridge, and doubt times what stands on the diagonal of XᵀX.

    Args:
        together: XᵀX of all sources X; overwritten.

    Source: Steck 2019, equation 8, with a prior mean; dropout as Λ after Steck 2020; side information as in Jeunen et
        al. 2020, section 3.
    """

    def __init__(self, together: Squares, settings: RidgeSettings, network: Squares) -> None:
        self._penalty = np.float32(settings.ridge) + np.float32(settings.doubt) * np.diag(together)
        together[np.diag_indices_from(together)] += self._penalty
        self._inverse, self._network = inverse(together), network

    @cached_property
    def _pulled(self) -> Squares:
        return self._inverse @ (self._penalty[:, None] * self._network)

    def weights(self, trust: float) -> Squares:
        """The weights `[num_products, num_products]`, a new array."""
        weights: Squares = self._inverse * -self._penalty
        if trust:
            weights += np.float32(trust) * self._pulled
        excess = np.divide(np.float32(1.0) + np.diag(weights), np.diag(self._inverse))
        weights -= self._inverse * excess
        np.fill_diagonal(weights, 0.0)
        return weights


def ridge_sources(
    baskets: BasketMatrix, *, until: float, half_life_days: float, names: sp.csr_matrix | None, network: Floats | None
) -> RidgeSources:
    """The sources of a shop as of a day.

    Args:
        until: the day ages are counted from, in days since 1970-01-01.
        names: `[num_products, num_terms]` rows of length 1 or 0; None where there are none.
        network: `[num_products, num_products]` how much each product (row) calls for each other, not negative.
    """
    nothing = np.zeros((len(baskets.skus),) * 2, np.float32)
    ages = decay(baskets.days, until=until, half_life_days=half_life_days)
    weights = np.sqrt(ages * np.sqrt(TYPICAL_BASKET / np.maximum(np.diff(baskets.held.indptr), 1))).astype(np.float32)
    owned = customer_sets(baskets)
    sizes = np.maximum(np.diff(owned.indptr), 1)
    windows, of_basket = line_windows(baskets)
    capped = sp.diags(np.sqrt(np.minimum(1.0, LARGEST_CUSTOMER / sizes))) @ owned
    return RidgeSources(
        baskets=gram(sp.csr_matrix(sp.diags(weights) @ baskets.held)),
        customers=gram(sp.csr_matrix(capped)) if owned.shape[0] else nothing,
        names=nothing if names is None else gram(sp.csr_matrix(names.T)),
        lines=gram(sp.csr_matrix(sp.diags(weights[of_basket]) @ windows)),
        network=nothing if network is None else _shares(network),
    )


def _shares(weights: Floats) -> Squares:
    others = weights.copy()
    np.fill_diagonal(others, 0.0)
    others /= np.maximum(others.sum(axis=1, keepdims=True), 1e-9)
    return others
