"""The `known_` variant: a customer's purchases before the cut-off beside the basket."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from evaluation.queries import Queries
from measures.ranking import ranks_of, recall_at
from ranking.baskets import BasketMatrix
from ranking.histories import KnownHistories, known_histories
from ranking.models import BasketScorer
from ranking.personal import HistoryMix, mixed_scores

Floats = npt.NDArray[np.float32]
MIXES = [HistoryMix(context, repeat) for context, repeat in product((0.0, 0.1, 0.3, 1.0), (0.0, 1.0, 3.0, 6.0, 12.0))]
BLOCK = 256


@dataclass(frozen=True)
class KnownCustomers:
    """Customers' histories as of the cut-off.

    Attributes:
        until: the cut-off, in days since 1970-01-01.
    """

    past: BasketMatrix
    until: float

    @cached_property
    def histories(self) -> KnownHistories:
        """What each customer bought."""
        return known_histories(self.past, until=self.until)

    def of(self, queries: Queries) -> sp.csr_matrix:
        """Decayed baskets of each product by each query's customer `[num_queries, num_products]`."""
        return self.histories.of(queries.customer_ids).strength

    def has_bought(self, queries: Queries) -> npt.NDArray[np.float64]:
        """1 where the customer bought the hidden product before, 0 where not, NaN without history `[num_queries]`."""
        history = self.of(queries)
        bought = np.asarray(history[np.arange(len(queries)), queries.hidden]).ravel() > 0
        return np.where(np.diff(history.indptr) > 0, bought, np.nan)

    def mixed(self, scorer: BasketScorer, anonymous: Floats, queries: Queries, mix: HistoryMix) -> Floats:
        """Scores with history, those of queries without any as they were."""
        history = self.of(queries)
        return mixed_scores(anonymous, scorer(history), history, mix)


def tuned_mix(scorer: BasketScorer, queries: Queries, customers: KnownCustomers) -> HistoryMix:
    """The mix with the highest recall@10 on queries whose customer has a history, the first of equals."""
    rows = np.flatnonzero(np.diff(customers.of(queries).indptr) > 0)
    hits = np.zeros(len(MIXES))
    for start in range(0, len(rows), BLOCK):
        part = queries.part(rows[start : start + BLOCK])
        history, anonymous = customers.of(part), scorer(part.visible)
        context = scorer(history)
        for place, mix in enumerate(MIXES):
            scores = mixed_scores(anonymous, context, history, mix)
            scores[part.visible.nonzero()] = -np.inf
            hits[place] += recall_at(ranks_of(scores, part.hidden), 10).sum()
    return MIXES[int(hits.argmax())]
