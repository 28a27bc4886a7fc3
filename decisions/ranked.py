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
    def _shop_rows(self) -> Rows:
        """The shop's row of each product that the model has seen, as far as the shop sells any; -1 for the others."""
        rows = np.full(int(self.model_rows.max(initial=-1)) + 1, -1, np.int64)
        known = np.flatnonzero(self.model_rows >= 0)
        rows[self.model_rows[known]] = known
        return rows

    def ranked(self, basket: Sequence[int], history: Sequence[tuple[int, Bought]]) -> RankedProducts | None:
        """How well products of the shop complete a basket; None if the model has seen nothing of it.

        Args:
            basket: rows of its products, distinct.
            history: what the customer bought, each with its row.
        """
        held = [row for row in self.model_rows[list(basket)].tolist() if row >= 0]
        if not held:
            return None
        known = [(int(self.model_rows[row]), one) for row, one in history]
        found = self.ranker.ranked(held, [(row, one) for row, one in known if row >= 0])
        sold = found.rows < len(self._shop_rows)
        rows = np.where(sold, self._shop_rows[np.where(sold, found.rows, 0)], -1)
        callers = np.where(found.callers >= 0, self._shop_rows[found.callers], -1)
        kept = rows >= 0
        return RankedProducts(rows[kept], found.scores[kept], callers[kept])
