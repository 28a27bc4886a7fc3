"""What simple models, names, popularity and the customer's history say of each candidate for a basket."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix, decayed_counts
from ranking.histories import Histories, KnownHistories, known_histories
from ranking.models import ItemWeights, ShopperScorer
from ranking.reach import likeness, reach
from ranking.rerank import Pool

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Seen = tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]
"""Rows and columns of what is visible, and so no candidate."""
DEPTH: Final = 40
"""Places of each model that name candidates."""
OWN: Final = 80
"""Most bought products of the customer that are candidates."""
POPULAR: Final = 20
HALF_LIVES: Final[Mapping[str, float | None]] = {"always": None, "60_days": 60.0, "21_days": 21.0, "7_days": 7.0}


@dataclass(frozen=True)
class Components:
    """Simple models fitted on the baskets before a day, and what else is known of products and customers then.

    Attributes:
        scorers: by name, the leading one first: what it says orders everything that is no candidate.
        alike: `[num_products, num_products]` likeness of names, 0 to 1, diagonal 0; None where there are none.
        counts: `[num_products]` log of 1 + baskets by the names of HALF_LIVES.
        customers: what each bought; None where whoever asks brings histories along.
    """

    scorers: Mapping[str, ShopperScorer]
    alike: sp.csr_matrix | None
    counts: Mapping[str, Floats]
    customers: KnownHistories | None

    @cached_property
    def popular(self) -> Rows:
        """The POPULAR products of most baskets lately."""
        return np.argsort(-self.counts["21_days"], kind="stable")[:POPULAR]

    @cached_property
    def told(self) -> Floats:
        """What is told of each product whatever the basket: the counts, and how two of them differ from others."""
        counts = self.counts
        trends = [counts["7_days"] - counts["always"], counts["21_days"] - counts["60_days"]]
        return np.stack([*counts.values(), *trends])

    @property
    def lead(self) -> ShopperScorer:
        """The leading model."""
        return next(iter(self.scorers.values()))

    @property
    def num_products(self) -> int:
        """How many products there are."""
        return len(self.counts["always"])

    @cached_property
    def is_sparse(self) -> bool:
        """Whether every model keeps few weights a product, and has nothing to say of the others."""
        return len(self.weights) == len(self.scorers) and all(model.is_sparse for model in self.weights.values())

    @cached_property
    def weights(self) -> dict[str, ItemWeights]:
        """The models that sum weights from each product of a basket to each other, by name."""
        return {name: model for name, model in self.scorers.items() if isinstance(model, ItemWeights)}


def fit_components(
    baskets: BasketMatrix,
    scorers: Mapping[str, ShopperScorer],
    *,
    until: float,
    alike: sp.csr_matrix | None,
    most_bought: int | None = None,
) -> Components:
    """The components as of a day; every scorer is fitted on the same baskets, the leading one first.

    Args:
        most_bought: products of each customer's history that count, the strongest; None means all.
    """
    counts = {
        name: np.log1p(decayed_counts(baskets, until=until, half_life_days=days)) for name, days in HALF_LIVES.items()
    }
    return Components(scorers, alike, counts, known_histories(baskets, until=until, most=most_bought))


def feature_names(components: Components, *, is_known: bool) -> list[str]:
    """The features of `basket_pool` in order."""
    names = list(components.scorers)
    names += [f"{name}_{kind}" for name in components.weights for kind in ("most", "next")]
    names += ["alike_most", "alike_mean"] * (components.alike is not None)
    names += [*components.counts, "trend_week", "trend_month", "basket_size"]
    if is_known:
        names += ["own", "own_baskets", "own_recency", "own_size", *(f"own_{name}" for name in components.scorers)]
    return names


def basket_pool(components: Components, visible: sp.csr_matrix, history: Histories | None) -> tuple[Pool, Floats]:
    """Candidates of each basket with their features, and the leading model's scores of every product.

    Args:
        visible: `[num_baskets, num_products]`; what is visible is no candidate.
        history: of the baskets' customers; None leaves the customer out.

    Returns:
        The pool, and scores `[num_baskets, num_products]` in deviations from the basket's mean, -inf where visible.
    """
    seen = visible.nonzero()
    scores = {name: _standard(scorer(visible), seen) for name, scorer in components.scorers.items()}
    queries, items = np.nonzero(_candidates(components, scores, seen, history))
    columns = [each[queries, items] for each in scores.values()]
    for model in components.weights.values():
        columns += reach(model.weights, visible, queries, items)
    if components.alike is not None:
        columns += likeness(components.alike, visible, queries, items)
    columns += list(components.told[:, items])
    columns.append(np.diff(visible.indptr).astype(np.float32)[queries])
    if history is not None:
        columns += _own(components, history, queries, items)
    features = np.stack([np.asarray(column, np.float32) for column in columns], axis=1)
    return Pool(queries, items, features), next(iter(scores.values()))


def _own(components: Components, history: Histories, queries: Rows, items: Rows) -> list[Floats]:
    """What the customer bought of each candidate, how much in all, and what the models say of that as of a basket."""
    matrices = (history.strength, history.num_baskets, history.recency)
    columns = [each.toarray()[queries, items] for each in matrices]
    columns.append(history.sizes.astype(np.float32)[queries])
    return columns + [_standard(one(history.strength), None)[queries, items] for one in components.scorers.values()]


def _standard(scores: Floats, seen: Seen | None) -> Floats:
    """Scores in deviations from each row's mean, -inf where seen."""
    gaps, spreads = gaps_and_spreads(scores, scores.shape[1])
    gaps /= spreads
    if seen is not None:
        gaps[seen] = -np.inf
    return gaps.astype(np.float32, copy=False)


def gaps_and_spreads(scores: Floats, num_products: int) -> tuple[Floats, Floats]:
    """How far scores are from the mean over all products, and their deviation over all.

    Args:
        scores: `[num_rows, num_scored]`; of the other products every score is 0.

    Returns:
        `[num_rows, num_scored]` and `[num_rows, 1]`.
    """
    means = scores.sum(axis=1, keepdims=True) / np.float32(num_products)
    gaps = scores - means
    others = np.float32(num_products - scores.shape[1]) * np.square(means)
    squares = np.square(gaps).sum(axis=1, keepdims=True) + others
    return gaps, np.maximum(np.sqrt(squares / np.float32(num_products)), np.float32(1e-9))


def _candidates(
    components: Components, scores: Mapping[str, Floats], seen: Seen, history: Histories | None
) -> npt.NDArray[np.bool_]:
    """Which products are candidates of which basket `[num_baskets, num_products]`."""
    chosen = np.zeros(next(iter(scores.values())).shape, bool)
    chosen[:, components.popular] = True
    for each in scores.values():
        depth = min(DEPTH, each.shape[1])
        np.put_along_axis(chosen, np.argpartition(-each, depth - 1, axis=1)[:, :depth], True, axis=1)
    if history is not None:
        own = history.strength.toarray()
        depth = min(OWN, own.shape[1])
        places = np.argpartition(-own, depth - 1, axis=1)[:, :depth]
        mine = np.zeros_like(chosen)
        np.put_along_axis(mine, places, True, axis=1)
        chosen |= mine & (own > 0)
    chosen[seen] = False
    return chosen
