"""One shopper's basket: its candidates and features, those of `basket_pool`, without matrices."""

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

    Of a large catalogue, whose models keep few weights a product, they look at the part that they lead to alone.

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
        among = self._among()
        gaps, spreads = self._standing(held, np.ones(len(held), np.float32), among)
        gaps /= spreads
        gaps[:, held if among is None else np.searchsorted(among, held)] = -np.inf
        places = self._candidates(gaps, among)
        items = places if among is None else among[places]
        pairs = [model.between(held, items) for model in parts.weights.values()]
        columns: list[Floats] = [gaps[:, places]]
        columns += [_highest_two(each) for each in pairs]
        if parts.alike is not None:
            alike = between(parts.alike, held, items)
            columns += [alike.max(axis=0)[None], alike.mean(axis=0)[None]]
        columns += [parts.told[:, items], np.full((1, len(items)), len(held), np.float32)]
        if history is not None:
            columns += self._own(history, items)
        features = np.ascontiguousarray(np.concatenate(columns).T)
        return Pool(np.zeros(len(items), np.int64), items, features), loudest(held, pairs[0])

    def led(self) -> tuple[Rows, Floats]:
        """What the leading model alone speaks for, and how loudly: `[num_candidates]` both."""
        lead, ones = self.components.lead, np.ones(len(self.held), np.float32)
        found = np.array(lead.of_one(self.held, ones))
        found[self.held] = 0.0
        items = np.flatnonzero(found > 0)
        return items, found[items]

    def _among(self) -> Rows | None:
        """Products that a model says anything of, or that are candidates whatever it says, ascending; None: all."""
        reached = [model.reached(self.held) for model in self.components.scorers.values()]
        told = [places for places in reached if places is not None]
        if len(told) < len(reached):
            return None
        own = [] if self.history is None else [self.history.products]
        is_among = np.zeros(len(self.components.counts["always"]), np.bool_)
        for places in (self.held, self.components.popular, *own, *told):
            is_among[places] = True
        return np.flatnonzero(is_among)

    def _standing(self, products: Rows, weights: Floats, among: Rows | None) -> tuple[Floats, Floats]:
        """How far products are from what each model says on average, and how far apart these are on average."""
        scores = np.stack([one.of_one(products, weights, among) for one in self.components.scorers.values()])
        return gaps_and_spreads(scores, len(self.components.counts["always"]))

    def _candidates(self, gaps: Floats, among: Rows | None) -> Rows:
        """Places in `among` of the candidates, ascending."""

        def placed(products: Rows) -> Rows:
            return products if among is None else np.searchsorted(among, products)

        chosen, depth = np.zeros(gaps.shape[1], np.bool_), min(DEPTH, gaps.shape[1])
        chosen[placed(self.components.popular)] = True
        chosen[np.argpartition(-gaps, depth - 1, axis=1)[:, :depth]] = True
        if self.history is not None:
            places, own = self.history.products, self.history.figures[0]
            if len(places) > OWN:
                strongest = np.argpartition(-own, OWN - 1)[:OWN]
                places, own = places[strongest], own[strongest]
            chosen[placed(places[own > 0])] = True
        chosen[placed(self.held)] = False
        return np.flatnonzero(chosen)

    def _own(self, history: OneHistory, items: Rows) -> list[Floats]:
        told = np.zeros((3, len(self.components.counts["always"])), np.float32)
        told[:, history.products] = history.figures
        gaps, spreads = self._standing(history.products, history.figures[0], None)
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
