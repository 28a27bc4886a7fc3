"""The simple models and the network behind one order of products for baskets, settings chosen on an earlier day."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from measures.ranking import ranks_of, recall_at
from measures.text import name_vectors
from ranking.basket_features import Components, fit_components
from ranking.baskets import BasketMatrix
from ranking.dual_vectors import DualVectors, LogScores
from ranking.hybrid import Hybrid, fit_hybrid
from ranking.lessons import BLOCK, Lessons, lessons
from ranking.models import EASE_CAP, BasketScorer, ItemWeights, ShopperScorer, fit_ease, fit_item_cosine, fit_rp3beta
from ranking.pruning import others, strongest
from ranking.ridge import RIDGE_CAP, RidgeSettings, RidgeSources, ridge_sources
from schema.progress import Progress, silent

LATER_DAYS: Final = 56
"""Days before the model's own that settings and the order are learnt on, by models of what precedes them."""
KEPT: Final = 200
"""Weights of each product that are kept where the catalogue is too large for dense ones."""
ALIKE_KEPT: Final = 64
"""Most alike names of each product that count."""
LEAST_LESSONS: Final = 100
"""Hidden products below which the ridge keeps the settings it comes with."""

_walk: Final = partial(fit_rp3beta, alpha=0.8, beta=0.4, heaviest=20)
_cosine: Final = partial(fit_item_cosine, heaviest=10, shrinkage=10.0)


@dataclass(frozen=True)
class Past:
    """What a fit may look at: everything before a day.

    Attributes:
        until: the day, in days since 1970-01-01.
        names: n-gram vectors of the products' names, rows of length 1 or 0.
        network: the relation network's vectors, trained on the graph as of the day; None leaves it out.
    """

    baskets: BasketMatrix
    until: float
    names: sp.csr_matrix
    network: DualVectors | None

    @property
    def has_ridge(self) -> bool:
        """Whether there are few enough products for dense weights."""
        return len(self.baskets.skus) <= RIDGE_CAP


def looks_at_network(num_products: int) -> bool:
    """Whether the order hears the relation network: to fit it as of the earlier day too must not take as long again."""
    return num_products <= EASE_CAP


def past(baskets: BasketMatrix, until: float, names: Mapping[str, str | None], network: DualVectors | None) -> Past:
    """The same with the names looked up by sku."""
    return Past(baskets, until, name_vectors([names.get(sku) or "" for sku in baskets.skus]), network)


def fit_basket_hybrid(
    earlier: Past,
    later: BasketMatrix,
    now: Past,
    *,
    most_bought: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Hybrid, dict[str, Any]]:
    """The hybrid as of now, and what was chosen: ridge settings and order by what came after the earlier day.

    Args:
        later: baskets from the earlier day on, over the earlier products.
        most_bought: products of each customer's history that count, the strongest; None means all.
    """
    settings = RidgeSettings()
    taught = lessons(later, seed=seed)
    sources = _sources(earlier, settings)
    if sources is not None and len(taught.hidden) >= LEAST_LESSONS:
        settings = _tuned(sources, taught, progress)
    first = _components(earlier, sources, settings, most_bought)
    second = _components(now, _sources(now, settings), settings, most_bought)
    hybrid = fit_hybrid(first, taught, second, seed=seed, progress=progress)
    return hybrid, {**(vars(settings) if now.has_ridge else {}), "order": hybrid.why}


def _tuned(sources: RidgeSources, taught: Lessons, progress: Progress) -> RidgeSettings:
    """The neighbouring settings with the highest recall@20."""
    tried = list(RidgeSettings().neighbours())
    recalls = []
    for weights in sources.each(tried):
        recalls.append(_recall(weights, taught))
        progress("tuning the ridge", len(recalls), len(tried))
    return tried[int(np.argmax(recalls))]


def _recall(model: BasketScorer, taught: Lessons) -> float:
    found = []
    for start in range(0, len(taught.hidden), BLOCK):
        rows = slice(start, start + BLOCK)
        visible = taught.visible[rows]
        scores = model(visible)
        scores[visible.nonzero()] = -np.inf
        found.append(recall_at(ranks_of(scores, taught.hidden[rows]), 20))
    return float(np.concatenate(found).mean())


def _sources(given: Past, settings: RidgeSettings) -> RidgeSources | None:
    if not given.has_ridge:
        return None
    return ridge_sources(
        given.baskets,
        until=given.until,
        half_life_days=settings.half_life_days,
        names=given.names,
        network=None if given.network is None else given.network.weights(),
    )


def _components(
    given: Past, sources: RidgeSources | None, settings: RidgeSettings, most_bought: int | None
) -> Components:
    baskets, until = given.baskets, given.until
    scorers = _sparse_scorers(given, settings) if sources is None else _ridge_scorers(given, sources, settings)
    return fit_components(baskets, scorers, until=until, alike=_alike(given.names), most_bought=most_bought)


def _ridge_scorers(given: Past, sources: RidgeSources, settings: RidgeSettings) -> dict[str, ShopperScorer]:
    return {
        "ridge": sources.fitted(settings),
        "customers": sources.of_customers(settings),
        "lines": sources.of_lines,
        "rp3beta": _walk(given.baskets),
        "cosine": _cosine(given.baskets),
        **({} if given.network is None else {"network": LogScores(given.network)}),
    }


def _sparse_scorers(given: Past, settings: RidgeSettings) -> dict[str, ShopperScorer]:
    """The models of catalogues above RIDGE_CAP, KEPT weights a product: EASE leads up to EASE_CAP, else RP3β."""
    baskets, led = given.baskets, {}
    if len(baskets.skus) <= EASE_CAP:
        days = settings.half_life_days
        led = {"ease": fit_ease(baskets, ridge=60.0, until=given.until, half_life_days=days, keep=KEPT)}
    return {
        **led,
        "rp3beta": _walk(baskets, keep=KEPT),
        "cosine": _cosine(baskets, keep=KEPT),
        **({} if given.network is None else {"network": ItemWeights(given.network.strongest(KEPT))}),
    }


def _alike(names: sp.csr_matrix) -> sp.csr_matrix | None:
    """Likeness of names, where there are any and not so many that to compare all takes longer than all else."""
    if not names.nnz or names.shape[0] > EASE_CAP:
        return None
    blocks = [
        strongest(others(sp.coo_matrix(names[at : at + 1024] @ names.T), at), ALIKE_KEPT)
        for at in range(0, names.shape[0], 1024)
    ]
    return sp.csr_matrix(sp.vstack(blocks), dtype=np.float32)
