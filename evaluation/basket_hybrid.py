"""Our model of baskets: the network, simple models and a learnt order, chosen on the days before the cut-off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from evaluation.baselines import ranks
from evaluation.queries import Queries
from measures.ranking import recall_at
from measures.text import name_vectors
from ranking.basket_features import Components, fit_components
from ranking.baskets import BasketMatrix
from ranking.dual_vectors import DualVectors
from ranking.hybrid import Hybrid, fit_hybrid
from ranking.models import BasketScorer, fit_ease, fit_item_cosine, fit_rp3beta
from ranking.pruning import others, strongest
from ranking.ridge import RIDGE_CAP, RidgeSettings, RidgeSources, ridge_sources
from schema.progress import Progress

ALIKE_KEPT = 64
"""Most alike names of each product that count."""


@dataclass(frozen=True)
class Known:
    """What a fit may look at: everything before a day.

    Attributes:
        until: the day, in days since 1970-01-01.
        names: n-gram vectors of the products' names, rows of length 1 or 0.
        network: the relation network's vectors, trained on the graph as of the day.
    """

    past: BasketMatrix
    until: float
    names: sp.csr_matrix
    network: DualVectors


def known(past: BasketMatrix, until: float, names: Mapping[str, str | None], network: DualVectors) -> Known:
    """The same with the names looked up by sku."""
    return Known(past, until, name_vectors([names.get(sku) or "" for sku in past.skus]), network)


def our_hybrid(
    earlier: Known, later: BasketMatrix, queries: Queries, now: Known, *, seed: int, progress: Progress
) -> tuple[Hybrid, dict[str, Any]]:
    """The hybrid as of now, and what was chosen: ridge settings and order by what came after the earlier day.

    Args:
        later: baskets from the earlier day on, over the earlier products.
        queries: one product hidden of each of them, to choose the ridge settings by.
    """
    settings = RidgeSettings()
    if len(now.past.skus) <= RIDGE_CAP:
        settings = _tuned_ridge(_sources(earlier, settings), queries, progress)
    first = _components(earlier, settings)
    hybrid = fit_hybrid(first, later, _components(now, settings), seed=seed, progress=progress)
    chosen = vars(settings) if len(now.past.skus) <= RIDGE_CAP else {}
    return hybrid, {**chosen, "order": hybrid.why}


def _tuned_ridge(sources: RidgeSources, queries: Queries, progress: Progress) -> RidgeSettings:
    if not len(queries):
        return RidgeSettings()
    tried = list(RidgeSettings().neighbours())
    recalls = []
    for settings in tried:
        recalls.append(float(recall_at(ranks(sources.fitted(settings), queries), 20).mean()))
        progress("tuning the ridge", len(recalls), len(tried))
    return tried[int(np.argmax(recalls))]


def _sources(given: Known, settings: RidgeSettings) -> RidgeSources:
    return ridge_sources(
        given.past,
        until=given.until,
        half_life_days=settings.half_life_days,
        names=given.names,
        network=given.network.weights(),
    )


def _components(given: Known, settings: RidgeSettings) -> Components:
    """The ridge leads in catalogues of up to RIDGE_CAP products, RP3β in larger ones."""
    past, until = given.past, given.until
    walks = fit_rp3beta(past, alpha=0.8, beta=0.4, heaviest=20)
    scorers: dict[str, BasketScorer] = {}
    if len(past.skus) <= RIDGE_CAP:
        sources = _sources(given, settings)
        scorers["ridge"] = sources.fitted(settings)
        scorers["customers"] = sources.of_customers(settings)
        scorers["ease"] = fit_ease(past, ridge=60.0, until=until, half_life_days=settings.half_life_days)
    scorers |= {
        "rp3beta": walks,
        "cosine": fit_item_cosine(past, heaviest=10, shrinkage=10.0),
        "network": LogScores(given.network),
    }
    return fit_components(past, scorers, until=until, alike=_alike(given.names))


@dataclass(frozen=True)
class LogScores:
    """The log of a model's scores, so that deviations from their mean tell candidates apart."""

    model: BasketScorer

    def __call__(self, baskets: sp.csr_matrix) -> Any:
        """Scores `[num_baskets, num_products]`."""
        return np.log(self.model(baskets) + 1e-9)


def _alike(names: sp.csr_matrix) -> sp.csr_matrix | None:
    if not names.nnz:
        return None
    blocks = [
        strongest(others(sp.coo_matrix(names[at : at + 1024] @ names.T), at), ALIKE_KEPT)
        for at in range(0, names.shape[0], 1024)
    ]
    return sp.csr_matrix(sp.vstack(blocks), dtype=np.float32)
