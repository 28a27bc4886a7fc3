"""One shopper's basket: its candidates and features, to the last bit those of `basket_pool`, without matrices."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ranking.basket_features import DEPTH, OWN, Components, gaps_and_spreads
from ranking.models import between
from ranking.rerank import Pool

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OneHistory:
    """What one customer bought, as `Histories` has it of many.

    Attributes:
        products: `[num_bought]` ascending.
        figures: `[3, num_bought]` strength, number of baskets and recency.
    """

    products: Rows
    figures: Floats


@dataclass(frozen=True)
class OneBasket:
    """A basket and its customer's history, as all models see them.

    Attributes:
        held: `[num_held]` products of the basket, ascending, one at least.
        history: None leaves the customer out.
    """

    components: Components
    held: Rows
    history: OneHistory | None

    def pool(self) -> tuple[Pool, Rows]:
        """Candidates with their features, and the held product that calls loudest for each; -1 where none does."""
        parts, held, history = self.components, self.held, self.history
        ones = np.ones(len(held), np.float32)
        gaps, spreads = gaps_and_spreads(np.stack([one.of_one(held, ones) for one in parts.scorers.values()]))
        gaps /= spreads
        gaps[:, held] = -np.inf
        items = self._candidates(gaps)
        pairs = [model.between(held, items) for model in parts.weights.values()]
        columns: list[Floats] = [gaps[:, items]]
        columns += [_highest_two(each) for each in pairs]
        if parts.alike is not None:
            alike = between(parts.alike, held, items)
            columns += [alike.max(axis=0)[None], alike.mean(axis=0)[None]]
        columns += [parts.told[:, items], np.full((1, len(items)), len(held), np.float32)]
        if history is not None:
            columns += self._own(history, items)
        features = np.ascontiguousarray(np.concatenate(columns).T)
        return Pool(np.zeros(len(items), np.int64), items, features), loudest(held, pairs[0])

    def _candidates(self, gaps: Floats) -> Rows:
        chosen, depth = np.zeros(gaps.shape[1], np.bool_), min(DEPTH, gaps.shape[1])
        chosen[self.components.popular] = True
        chosen[np.argpartition(-gaps, depth - 1, axis=1)[:, :depth]] = True
        if self.history is not None:
            own, places = np.zeros(len(chosen), np.float32), self.history.products
            own[places] = self.history.figures[0]
            if len(places) > OWN:
                places = np.argpartition(-own, OWN - 1)[:OWN]
            chosen[places[own[places] > 0]] = True
        chosen[self.held] = False
        return np.flatnonzero(chosen)

    def _own(self, history: OneHistory, items: Rows) -> list[Floats]:
        told = np.zeros((3, len(self.components.counts["always"])), np.float32)
        told[:, history.products] = history.figures
        scorers = self.components.scorers.values()
        gaps, spreads = gaps_and_spreads(np.stack([s.of_one(history.products, history.figures[0]) for s in scorers]))
        size = np.full((1, len(items)), len(history.products), np.float32)
        return [told[:, items], size, gaps[:, items] / spreads]


def loudest(held: Rows, pairs: Floats) -> Rows:
    """The held product with the highest weight to each item, of `pairs` `[num_held, num_items]`; -1 where none has."""
    return np.where(pairs.max(axis=0) > 0, held[pairs.argmax(axis=0)], -1)


def _highest_two(pairs: Floats) -> Floats:
    """The highest and the second highest of each column of `pairs` `[num_held, num_items]`; 0 where there is one."""
    found = np.zeros((2, pairs.shape[1]), np.float32)
    found[0] = pairs.max(axis=0)
    if len(pairs) > 1:
        found[1] = np.sort(pairs, axis=0)[-2]
    return found
