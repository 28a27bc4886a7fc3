"""ShopRanker: a model version's order of products, over the shop's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from decisions.ports import Ranker
from schema.decisions import Bought
from schema.facts import Rows
from schema.ranker import RankedProducts


@dataclass(frozen=True)
class ShopRanker:
    """Asks a ranker in its own rows and answers in the shop's.

    Attributes:
        model_rows: `[num_products]` the model's row of each product of the shop; -1 for those it has never seen.
    """

    ranker: Ranker
    model_rows: Rows

    @cached_property
    def _is_same(self) -> bool:
        """Whether the shop sells what the model has seen, row by row: most of the time."""
        return bool((self.model_rows == np.arange(len(self.model_rows))).all())

    def ranked(self, basket: Sequence[int], history: Sequence[tuple[int, Bought]]) -> RankedProducts | None:
        """How well each product of the shop completes a basket; None if the model has seen nothing of it.

        Args:
            basket: rows of its products, distinct.
            history: what the customer bought, each with its row.
        """
        held = [row for row in self.model_rows[list(basket)].tolist() if row >= 0]
        if not held:
            return None
        known = [(int(self.model_rows[row]), one) for row, one in history]
        found = self.ranker.ranked(held, [(row, one) for row, one in known if row >= 0])
        own, is_known = self.model_rows, self.model_rows >= 0
        if self._is_same and len(found.scores) == len(own):
            return found
        shop_rows = np.full(len(found.scores), -1, np.int64)
        shop_rows[own[is_known]] = np.flatnonzero(is_known)
        scores, callers = np.zeros(len(own), np.float32), np.full(len(own), -1, np.int64)
        scores[is_known] = found.scores[own[is_known]]
        told = found.callers[own[is_known]]
        callers[is_known] = np.where(told >= 0, shop_rows[told], -1)
        return RankedProducts(scores, callers)
