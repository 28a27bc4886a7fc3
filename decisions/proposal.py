"""Proposal: a product that may be offered, before anybody asked whether it may."""

from typing import NamedTuple


class Proposal(NamedTuple):
    """One product proposed: hundreds stand behind a page, so it is a tuple.

    Attributes:
        row: of the product.
        score: comparable within one answer, falling.
        source: how it came: relation, repeat, popular or pinned.
        because_of: the anchor's row; None where there is none.
        probability: of the relation that it came by; None without one.
        num_baskets: how often it was bought together with the anchor; 0 or NaN where unknown.
    """

    row: int
    score: float
    source: str
    because_of: int | None = None
    probability: float | None = None
    num_baskets: float = 0.0

    def scored(self, score: float) -> "Proposal":
        """The same product with another score."""
        row, _, source, because_of, probability, num_baskets = self
        return Proposal(row, score, source, because_of, probability, num_baskets)
