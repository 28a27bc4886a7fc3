"""What the choices add up to: expected elasticities, lifts and transfers, kept while households choose."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Floats, Ints

Doubles = npt.NDArray[np.float64]


@dataclass
class Tallies:
    """Sums over occasions, in expectation under the model wherever that is known.

    Attributes:
        chosen, response: by product, sum of choice probabilities P, and of beta P (1 − P).
        lifted, unlifted: by covered product of a promotion, sum of P with it, and as it would be without.
        wanted, lost: by place, occasions that wanted it while it was out, and those of them that bought nothing.
        sold: units by place and week.
    """

    chosen: Doubles
    response: Doubles
    lifted: Doubles
    unlifted: Doubles
    wanted: Ints
    lost: Ints
    sold: npt.NDArray[np.int16]
    moved: dict[str, list[npt.NDArray[np.generic]]] = field(
        default_factory=lambda: {"anchor": [], "candidate": [], "expected": [], "seen": []}
    )

    @classmethod
    def empty(cls, products: int, covered: int, places: int, weeks: int) -> "Tallies":
        """Sums of nothing."""
        return cls(
            chosen=np.zeros(products),
            response=np.zeros(products),
            lifted=np.zeros(covered),
            unlifted=np.zeros(covered),
            wanted=np.zeros(places, np.int64),
            lost=np.zeros(places, np.int64),
            sold=np.zeros((places, weeks), np.int16),
        )

    def add_choices(self, product: Ints, chance: Doubles, beta: Floats) -> None:
        """Add each candidate's probability and its response to log price."""
        size = len(self.chosen)
        self.chosen += np.bincount(product, chance, size)
        self.response += np.bincount(product, beta * chance * (1 - chance), size)

    def add_lifts(self, covered: npt.NDArray[np.int32], chance: Doubles, utility: Floats) -> None:
        """Add promoted candidates' probabilities, and what they would be with `utility` taken away."""
        without = chance * np.exp(-utility)
        size = len(self.lifted)
        self.lifted += np.bincount(covered, chance, size)
        self.unlifted += np.bincount(covered, without / (1 - chance + without), size)

    def add_moves(self, anchor: Ints, candidate: Ints, expected: Doubles, seen: npt.NDArray[np.bool_]) -> None:
        """Add demand that moved from a product that was out: expected share of one occasion, and whether it did."""
        for name, values in zip(self.moved, (anchor, candidate, expected, seen), strict=True):
            self.moved[name].append(values)

    def moves(self) -> Iterator[tuple[int, int, float, int]]:
        """Each (anchor, candidate) with expected and seen moves, sorted."""
        if not self.moved["anchor"]:
            return
        joined = {name: np.concatenate(values) for name, values in self.moved.items()}
        size = len(self.chosen)
        key, row = np.unique(joined["anchor"].astype(np.int64) * size + joined["candidate"], return_inverse=True)
        expected = np.bincount(row, joined["expected"].astype(np.float64))
        seen = np.bincount(row, joined["seen"].astype(np.float64))
        for pair, share, count in zip(key, expected, seen, strict=True):
            yield int(pair // size), int(pair % size), float(share), int(count)
