"""One shopper's basket: its candidates and features, those of `basket_pool`, without matrices."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ranking.basket_features import DEPTH, OWN, Components, gaps_and_spreads
from ranking.models import ItemWeights, between
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
class _Part:
    """The products that sparse models lead to from a basket, or that are candidates whatever models say.

    Attributes:
        products: `[num_part]` ascending.
        weights: of each model `[num_held, num_part]`.
    """

    products: Rows
    weights: list[Floats]


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
        parts, held, history, part = self.components, self.held, self.history, self._part()
        gaps = self._gaps(part)
        places = self._candidates(gaps, part)
        if part is None:
            items, pairs = places, [model.between(held, places) for model in parts.weights.values()]
        else:
            items, pairs = part.products[places], [each[:, places] for each in part.weights]
        columns: list[Floats] = [gaps[:, places]]
        columns += [_highest_two(each) for each in pairs]
        if parts.alike is not None:
            alike = between(parts.alike, held, items)
            columns += [alike.max(axis=0)[None], alike.mean(axis=0)[None]]
        columns += [parts.told[:, items], np.full((1, len(items)), len(held), np.float32)]
        if history is not None:
            columns += self._own(history, items, places, part)
        features = np.ascontiguousarray(np.concatenate(columns).T)
        return Pool(np.zeros(len(items), np.int64), items, features), loudest(held, pairs[0])

    def led(self) -> tuple[Rows, Floats]:
        """What the leading model alone speaks for, and how loudly: `[num_candidates]` both."""
        lead, ones = self.components.lead, np.ones(len(self.held), np.float32)
        found = np.array(lead.of_one(self.held, ones))
        found[self.held] = 0.0
        items = np.flatnonzero(found > 0)
        return items, found[items]

    def _part(self) -> _Part | None:
        """None where a model has something to say of every product."""
        parts = self.components
        if not parts.is_sparse:
            return None
        told = [model.entries(self.held) for model in parts.weights.values()]
        own = [] if self.history is None else [self.history.products]
        # Nothing here is as long as the catalogue: that would drive everything else out of the caches.
        named = np.concatenate([[-1], self.held, parts.popular, *own, *(columns for _, columns, _ in told)])
        named.sort()
        inside = named[1:][named[1:] != named[:-1]]
        found = [np.zeros((len(self.held), len(inside)), np.float32) for _ in told]
        for weights, (rows, columns, values) in zip(found, told, strict=True):
            weights[rows, np.searchsorted(inside, columns)] = values
        return _Part(inside, found)

    def _gaps(self, part: _Part | None) -> Floats:
        """What each model says of each of the part, in deviations from its mean over all products; -inf where held."""
        if part is None:
            gaps, spreads = self._standing(self.held, np.ones(len(self.held), np.float32))
        else:
            scores = np.stack([each.sum(axis=0) for each in part.weights])
            gaps, spreads = gaps_and_spreads(scores, self.components.num_products)
        gaps /= spreads
        gaps[:, _placed(self.held, part)] = -np.inf
        return gaps

    def _standing(self, products: Rows, weights: Floats) -> tuple[Floats, Floats]:
        """How far all products are from what each model says on average, and how far apart these are on average."""
        scores = np.stack([one.of_one(products, weights) for one in self.components.scorers.values()])
        return gaps_and_spreads(scores, self.components.num_products)

    def _candidates(self, gaps: Floats, part: _Part | None) -> Rows:
        """Places in the part of the candidates, ascending."""
        chosen, depth = np.zeros(gaps.shape[1], np.bool_), min(DEPTH, gaps.shape[1])
        chosen[_placed(self.components.popular, part)] = True
        chosen[np.argpartition(-gaps, depth - 1, axis=1)[:, :depth]] = True
        if self.history is not None:
            bought, own = self.history.products, self.history.figures[0]
            if len(bought) > OWN:
                strongest = np.argpartition(-own, OWN - 1)[:OWN]
                bought, own = bought[strongest], own[strongest]
            chosen[_placed(bought[own > 0], part)] = True
        chosen[_placed(self.held, part)] = False
        return np.flatnonzero(chosen)

    def _own(self, history: OneHistory, items: Rows, places: Rows, part: _Part | None) -> list[Floats]:
        told = np.zeros((3, self.components.num_products if part is None else len(part.products)), np.float32)
        told[:, _placed(history.products, part)] = history.figures
        size = np.full((1, len(items)), len(history.products), np.float32)
        if part is None:
            gaps, spreads = self._standing(history.products, history.figures[0])
            return [told[:, items], size, gaps[:, items] / spreads]
        own = [_own_standing(model, history, items) for model in self.components.weights.values()]
        return [told[:, places], size, np.stack(own)]


def _placed(products: Rows, part: _Part | None) -> npt.NDArray[np.integer]:
    return products if part is None else np.searchsorted(part.products, products)


def _own_standing(model: ItemWeights, history: OneHistory, items: Rows) -> Floats:
    """What sparse weights of all that a customer bought say of items `[num_items]`, in deviations from the mean."""
    rows, columns, weights = model.entries(history.products)
    told, num_products = weights * history.figures[0][rows], model.weights.shape[1]
    # Of the few products that they lead to: an array of all would drive everything else out of the caches.
    led = np.sort(columns)
    places = np.searchsorted(led, columns)
    scores = np.bincount(places, told, minlength=len(led) + 1)
    mean = float(told.sum(dtype=np.float64)) / num_products
    spread = max(float(told @ scores[places]) / num_products - mean * mean, 0.0) ** 0.5
    found = np.searchsorted(led, items)
    is_led = np.append(led, -1)[found] == items
    return ((np.where(is_led, scores[found], 0.0) - mean) / max(spread, 1e-9)).astype(np.float32)


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
