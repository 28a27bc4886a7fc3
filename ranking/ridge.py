"""Linear item weights out of baskets, customers, names and the relation network together."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, decay
from ranking.models import ItemWeights
from ranking.personal import customer_sets
from ranking.receipt_lines import line_windows

Floats = npt.NDArray[np.float32]
Squares = npt.NDArray[np.float64]
RIDGE_CAP = 8_000
"""The most products this is fitted on: several dense squares over them are held at once."""
LARGEST_CUSTOMER = 20
"""Products from which a customer's set counts no more than one of this size."""


@dataclass(frozen=True)
class RidgeSettings:
    """What the sources weigh beside the baskets; chosen on Online Retail before 2011-06-06.

    Attributes:
        half_life_days: after which a basket counts half.
        customers: weight of each customer's set of products, as if it were one more basket.
        names: weight of the products' names: alike names stand as if they were bought together so often.
        ridge: how strongly weights are held to what they are shrunk towards.
        trust: share of the network's own weights that they are shrunk towards; 0 shrinks to nothing.
        lines: how much the weights of neighbouring lines count beside these, in units of their deviation.
    """

    half_life_days: float = 120.0
    customers: float = 0.3
    names: float = 10.0
    ridge: float = 80.0
    trust: float = 0.5
    lines: float = 0.4

    def neighbours(self) -> Iterator["RidgeSettings"]:
        """Settings that differ in one thing, to choose among by validation."""
        yield self
        yield replace(self, names=0.0)
        yield replace(self, trust=0.0)
        yield replace(self, ridge=self.ridge / 2)
        yield replace(self, ridge=self.ridge * 2)
        yield replace(self, customers=1.0)
        yield replace(self, lines=0.0)


LINES: Final = RidgeSettings(names=5.0, ridge=20.0)
"""What the weights of neighbouring lines are fitted with; chosen on the same baskets."""


@dataclass(frozen=True)
class RidgeSources:
    """What the weights are fitted to, each source `[num_products, num_products]`.

    Attributes:
        baskets, customers, names, lines: Gram matrices, float64; zeros where a shop has no such source.
        network: weights from a held product to a scored one, rows summing to 1 or 0.
    """

    baskets: Squares
    customers: Squares
    names: Squares
    lines: Squares
    network: Squares = field(repr=False)

    def fitted(self, settings: RidgeSettings) -> ItemWeights:
        """The weights of baskets, customers and names, and of neighbouring lines beside them."""
        gram = self.baskets + settings.customers * self.customers + settings.names * self.names
        weights = self._solved(gram, settings.ridge, settings.trust)
        if settings.lines:
            beside = np.asarray(self.of_lines.weights)
            weights += np.float32(settings.lines * weights.std() / max(float(beside.std()), 1e-9)) * beside
        return ItemWeights(weights)

    @cached_property
    def of_lines(self) -> ItemWeights:
        """Weights fitted to neighbouring lines and names."""
        return ItemWeights(self._solved(self.lines + LINES.names * self.names, LINES.ridge, LINES.trust))

    def of_customers(self, settings: RidgeSettings) -> ItemWeights:
        """Weights fitted to the customers' sets of products alone."""
        return ItemWeights(self._solved(self.customers.copy(), settings.ridge, 0.0))

    def _solved(self, gram: Squares, ridge: float, trust: float) -> Floats:
        """The weights W, diagonal 0, of least |X − XW|² + ridge · |W − trust · network|² over all sources X.

        Args:
            gram: of X; overwritten.

        Source: Steck 2019, equation 8, with a prior mean; side information as in Jeunen et al. 2020, section 3.
        """
        size = len(gram)
        gram[np.diag_indices(size)] += ridge
        inverse = scipy.linalg.inv(gram, overwrite_a=True, check_finite=False)
        away = -trust * self.network
        away[np.diag_indices(size)] += 1.0
        weights = -ridge * (inverse @ away)
        weights -= inverse * ((1.0 + np.diag(weights)) / np.diag(inverse))[None, :]
        np.fill_diagonal(weights, 0.0)
        return weights.astype(np.float32)


def ridge_sources(
    baskets: BasketMatrix, *, until: float, half_life_days: float, names: sp.csr_matrix | None, network: Floats | None
) -> RidgeSources:
    """The sources of a shop as of a day.

    Args:
        until: the day ages are counted from, in days since 1970-01-01.
        names: `[num_products, num_terms]` rows of length 1 or 0; None where there are none.
        network: `[num_products, num_products]` how much each product (row) calls for each other, not negative.
    """
    nothing = np.zeros((len(baskets.skus),) * 2)
    weights = np.sqrt(decay(baskets.days, until=until, half_life_days=half_life_days))
    owned = customer_sets(baskets)
    sizes = np.maximum(np.diff(owned.indptr), 1)
    windows, of_basket = line_windows(baskets)
    capped = sp.diags(np.sqrt(np.minimum(1.0, LARGEST_CUSTOMER / sizes))) @ owned
    return RidgeSources(
        baskets=_gram(sp.csr_matrix(sp.diags(weights) @ baskets.held)),
        customers=_gram(sp.csr_matrix(capped)) if owned.shape[0] else nothing,
        names=nothing if names is None else _gram(sp.csr_matrix(names.T)),
        lines=_gram(sp.csr_matrix(sp.diags(weights[of_basket]) @ windows)),
        network=nothing if network is None else _shares(network),
    )


def _gram(rows: sp.csr_matrix) -> Squares:
    return np.asarray((rows.T @ rows).todense(), dtype=np.float64)


def _shares(weights: Floats) -> Squares:
    others = weights.astype(np.float64)
    np.fill_diagonal(others, 0.0)
    return others / np.maximum(others.sum(axis=1, keepdims=True), 1e-9)
