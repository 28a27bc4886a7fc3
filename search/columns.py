"""What products belong to, as columns of codes: quick to filter by and to count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Belongings:
    """Which values each product has of one kind: its brand, its suppliers, its category and all above that.

    Attributes:
        values: every value there is.
        codes: `[n]` places in `values`, those of one product on end.
        rows: `[n]` the product row that each of `codes` is of, ascending.
    """

    values: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    rows: Rows

    @classmethod
    def of(cls, held: Sequence[Iterable[str]]) -> "Belongings":
        """The values of each product; empty text is none."""
        places: dict[str, int] = {}
        codes, rows = [], []
        for row, values in enumerate(held):
            for value in values:
                if value:
                    codes.append(places.setdefault(value, len(places)))
                    rows.append(row)
        return cls(tuple(places), np.array(codes, np.int64), np.array(rows, np.int64))

    def having(self, wanted: Iterable[str], num_products: int) -> Flags:
        """`[num_products]` whether a product has any of the wanted values."""
        asked = set(wanted)
        is_wanted = np.array([value in asked for value in self.values], np.bool_)
        flags = np.zeros(num_products, np.bool_)
        if len(self.codes):
            flags[self.rows[is_wanted[self.codes]]] = True
        return flags

    def counts(self, chosen: Flags) -> Mapping[str, int]:
        """How many of the chosen products have each value; values that none has are left out."""
        if not len(self.codes):
            return {}
        numbers = np.bincount(self.codes[chosen[self.rows]], minlength=len(self.values))
        return {self.values[place]: int(numbers[place]) for place in np.flatnonzero(numbers)}
