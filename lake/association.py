"""Which counted pairs are more than chance: lift, positive PMI, false discovery rate, and the strongest of each end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import pdtrc

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FALSE_DISCOVERY_RATE: Final = 0.05
PMI_SHRINKAGE: Final = 5.0
"""A pair in n baskets keeps n / (n + 5) of its PMI: rare pairs are not strong by chance."""


@dataclass(frozen=True)
class PairCounts:
    """Pairs of products bought together, and how often either was bought at all.

    Attributes:
        source, target: `[num_pairs]` product rows, source < target.
        num_baskets: `[num_pairs]` baskets that hold both.
        product_baskets: `[num_products]` baskets that hold the product.
        total: baskets counted.
    """

    source: Counts
    target: Counts
    num_baskets: Counts
    product_baskets: Counts
    total: int

    @property
    def expected(self) -> Floats:
        """Baskets that would hold both if neither drew the other `[num_pairs]`."""
        either = self.product_baskets[self.source].astype(np.float64) * self.product_baskets[self.target]
        return either / max(self.total, 1)

    def lift(self) -> Floats:
        """How many times the expected number of baskets hold both `[num_pairs]`; 1.0 means independent.

        Source: Brin, Motwani, Ullman and Tsur 1997, where lift is called interest.
        """
        return self.num_baskets / self.expected

    def ppmi(self) -> Floats:
        """Shrunk positive pointwise mutual information `[num_pairs]`, in nats, 0 and up.

        Source: Church and Hanks 1990; the shrinkage is Pantel and Lin's discount (2002) with its constant at 5.
        """
        kept = self.num_baskets / (self.num_baskets + PMI_SHRINKAGE)
        return np.asarray(np.maximum(np.log(self.lift()), 0.0) * kept, np.float64)

    def p_values(self) -> Floats:
        """Chance of at least so many common baskets if independent `[num_pairs]`: a Poisson tail.

        It bounds the exact hypergeometric tail from above where counts exceed what is expected.
        """
        return np.asarray(pdtrc(self.num_baskets - 1, self.expected), np.float64)


def discoveries(p_values: Floats, *, num_tests: int, rate: float = FALSE_DISCOVERY_RATE) -> Mask:
    """Which p-values stand when at most `rate` of those that stand may be false.

    Args:
        num_tests: size of the whole family; the tests not listed count as p = 1.

    Source: Benjamini and Hochberg 1995, the step-up procedure of theorem 1.
    """
    if len(p_values) == 0:
        return np.zeros(0, np.bool_)
    ascending = np.sort(p_values)
    passes = ascending <= rate * np.arange(1, len(ascending) + 1) / max(num_tests, len(ascending))
    if not passes.any():
        return np.zeros(len(p_values), np.bool_)
    return p_values <= ascending[np.flatnonzero(passes)[-1]]


def strongest_of_either_end(source: Counts, target: Counts, strength: Floats, cap: int) -> Mask:
    """Which pairs are among the `cap` strongest of their source or of their target; ties by the lower partner row."""
    ends = np.concatenate([source, target])
    partners = np.concatenate([target, source])
    pairs = np.tile(np.arange(len(source)), 2)
    kept = np.zeros(len(source), np.bool_)
    kept[pairs[strongest(ends, [-np.tile(strength, 2), partners], cap)]] = True
    return kept


def strongest(ends: Counts, order: Sequence[npt.NDArray[Any]], cap: int) -> Counts:
    """Places of the first `cap` rows of each end, in ascending `order` (most important first)."""
    ranked = np.lexsort([*reversed(order), ends])
    sorted_ends = ends[ranked]
    begins = np.searchsorted(sorted_ends, sorted_ends, side="left")
    return ranked[np.arange(len(ranked)) - begins < cap]
