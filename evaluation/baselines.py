"""Baselines tuned on baskets before the cut-off, as hard as our model is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.queries import Queries
from measures.ranking import ranks_of, recall_at
from ranking.baskets import BasketMatrix
from ranking.models import (
    EASE_CAP,
    BasketScorer,
    fit_ease,
    fit_item_cosine,
    fit_popularity,
    fit_rp3beta,
)
from schema.progress import Progress

Floats = npt.NDArray[np.float32]
Fit = Callable[..., BasketScorer]
BLOCK = 512


@dataclass(frozen=True)
class Baseline:
    """A simple model and the settings it is searched over.

    Attributes:
        fit: takes the training baskets and one setting of the grid by keyword.
        grid: values by keyword; every combination is tried.
        takes_until: whether `fit` wants the cut-off day, for ages.
    """

    name: str
    fit: Fit
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    takes_until: bool = False

    def settings(self) -> list[dict[str, Any]]:
        """Every combination of the grid."""
        return [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]

    def fitted(self, baskets: BasketMatrix, until: float, setting: Mapping[str, Any]) -> BasketScorer:
        """The model on all the given baskets."""
        day = {"until": until} if self.takes_until else {}
        return self.fit(baskets, **day, **setting)


def baselines(num_products: int) -> list[Baseline]:
    """The baselines that evaluation.md names, EASE only up to EASE_CAP products."""
    named = [
        Baseline("popularity", fit_popularity, takes_until=True),
        Baseline("recent popularity", fit_popularity, {"half_life_days": (7.0, 14.0, 30.0, 60.0)}, takes_until=True),
        Baseline("item cosine", fit_item_cosine, {"heaviest": (None, 5, 10, 30), "shrinkage": (0.0, 10.0)}),
        Baseline("RP3β", fit_rp3beta, {"alpha": (0.6, 0.8, 1.0), "beta": (0.2, 0.4, 0.6), "heaviest": (None, 20)}),
    ]
    ease = {"ridge": (10.0, 30.0, 100.0, 300.0), "half_life_days": (None, 240.0), "heaviest": (None, 50)}
    if num_products <= EASE_CAP:
        named.append(Baseline("EASE", fit_ease, ease, takes_until=True))
    return named


def tuned(
    baseline: Baseline, baskets: BasketMatrix, until: float, queries: Queries, progress: Progress
) -> dict[str, Any]:
    """The setting with the highest recall@10 on queries after `until`, the first of equals."""
    settings, best, chosen = baseline.settings(), -1.0, {}
    for place, setting in enumerate(settings):
        if len(settings) > 1 and len(queries):
            model = baseline.fitted(baskets, until, setting)
            recall = float(recall_at(ranks(model, queries), 10).mean())
            if recall > best:
                best, chosen = recall, setting
        progress(f"tuning {baseline.name}", place + 1, len(settings))
    return chosen or settings[0]


def ranks(model: BasketScorer, queries: Queries) -> npt.NDArray[np.int64]:
    """Rank of each query's hidden product among all that are not visible `[num_queries]`."""
    found = [
        ranks_of(masked(model(part.visible), part), part.hidden)
        for part in (queries.part(rows) for rows in blocks(len(queries)))
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def masked(scores: Floats, queries: Queries) -> Floats:
    """The scores with what is visible in each basket out of the ranking."""
    scores[queries.visible.nonzero()] = -np.inf
    return scores


def blocks(number: int) -> list[npt.NDArray[np.int64]]:
    """Rows 0 to `number` in pieces of BLOCK."""
    return [np.arange(start, min(start + BLOCK, number)) for start in range(0, number, BLOCK)]
