"""EmbeddingTable: one vector a product in each space, searched exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from schema.errors import NotFound

Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Space = Literal["substitute_anchor", "substitute_candidate", "complement_anchor", "complement_candidate"]


@dataclass(frozen=True)
class EmbeddingTable:
    """Product vectors by space; scores are inner products of an anchor space with its candidate space.

    Attributes:
        skus: `[num_products]`, ascending, unique.
        spaces: `[num_products, width]` float32 each, the rows in the order of `skus`.
    """

    skus: tuple[str, ...]
    spaces: Mapping[Space, Vectors]

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each sku."""
        return {sku: row for row, sku in enumerate(self.skus)}

    def row(self, sku: str) -> int:
        """The row of a product.

        Raises:
            NotFound: if the table has no such product.
        """
        if sku not in self.rows:
            raise NotFound("product in this model version", sku, remedy="Train again after loading it.")
        return self.rows[sku]

    def nearest(
        self, sku: str, k: int, *, anchor: Space, candidate: Space, allowed: Mask | None = None
    ) -> tuple[npt.NDArray[np.int64], Vectors]:
        """The k highest-scoring products for an anchor, itself left out.

        Args:
            allowed: `[num_products]` bool, True where a product may be returned; None allows all.

        Returns:
            Rows `[<= k]` int64 and scores `[<= k]` float32, best first, ties by sku.

        Raises:
            NotFound: if the table has no such product.
        """
        row = self.row(sku)
        scores = self.spaces[candidate] @ self.spaces[anchor][row]
        return top_k(scores, k, allowed=allowed, without=row)


def top_k(
    scores: Vectors, k: int, *, allowed: Mask | None = None, without: int | None = None
) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Rows and scores of the k highest finite scores, best first, ties by lower row.

    Args:
        scores: `[n]` float32; non-finite ones are never returned.
        allowed: `[n]` bool; None allows all.
        without: a row never returned.
    """
    masked = np.where(np.isfinite(scores), scores, -np.inf)
    if allowed is not None:
        masked = np.where(allowed, masked, -np.inf)
    if without is not None:
        masked[without] = -np.inf
    k = min(k, int(np.isfinite(masked).sum()))
    if k <= 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    floor = np.partition(masked, -k)[-k]
    rows = np.flatnonzero(masked >= floor)
    best = rows[np.lexsort((rows, -masked[rows]))][:k].astype(np.int64)
    return best, scores[best].astype(np.float32)
