"""The hybrid as it is served: kept as arrays and texts, opened without what it was fitted on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.basket_features import HALF_LIVES, Components
from ranking.dual_vectors import DualVectors, LogScores
from ranking.histories import recency_of
from ranking.hybrid import Hybrid, Order
from ranking.listwise import ListwiseLogit
from ranking.models import ItemWeights, ShopperScorer
from ranking.one_basket import OneBasket, OneHistory, loudest
from ranking.rerank import Reranker
from schema.artefact import Artefact
from schema.decisions import Bought
from schema.embeddings import EmbeddingTable
from schema.ranker import Array, RankedProducts, SavedRanker

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
PLAN = "plan"
SMOOTH = ("means", "spreads", "weights")


@dataclass(frozen=True)
class BasketRanker:
    """The hybrid over the products of an embedding table.

    Attributes:
        until: the day it was fitted up to, in days since 1970-01-01.
    """

    hybrid: Hybrid
    until: float

    def ranked(self, basket: Sequence[int], history: Sequence[tuple[int, Bought]]) -> RankedProducts:
        """How well products complete a basket.

        Args:
            basket: rows of its products, distinct, one at least.
            history: what its customer bought, each with its row; empty for a new customer.
        """
        components = self.hybrid.components
        held = np.array(sorted(basket), np.int64)
        known = self._history(history) if history and self.hybrid.known is not None else None
        order = self.hybrid.anonymous if known is None else self.hybrid.known
        if order is None:
            items, wanted = OneBasket(components, held, None).led()
            model = next(iter(components.weights.values()))
            called = loudest(held, model.between(held, items))
        else:
            pool, called = OneBasket(components, held, known).pool()
            items, wanted = pool.items, order(pool)
        return RankedProducts(items, wanted - wanted.min(initial=np.inf) + np.float32(1.0), called)

    def _history(self, history: Sequence[tuple[int, Bought]]) -> OneHistory:
        by_row = sorted(history, key=itemgetter(0))
        figures = [(one.strength, one.num_baskets, recency_of(one.last_bought_at, self.until)) for _, one in by_row]
        return OneHistory(np.array([row for row, _ in by_row], np.int64), np.array(figures, np.float32).T.copy())


def saved(hybrid: Hybrid, *, until: float) -> SavedRanker:
    """The hybrid without customers, whose histories whoever asks brings along."""
    parts = hybrid.components
    arrays: dict[str, Array] = {f"counts_{name}": parts.counts[name] for name in HALF_LIVES}
    kinds = {}
    for name, model in parts.scorers.items():
        kinds[name] = _kind(model)
        if isinstance(model, ItemWeights):
            arrays |= _weights(name, model.weights)
        elif isinstance(model, LogScores):
            arrays |= _weights(
                name, model.model.weights if isinstance(model.model, ItemWeights) else model.model.weights()
            )
    if parts.alike is not None:
        arrays |= _weights("alike", parts.alike)
    texts, led = {}, []
    for name, order in (("anonymous", hybrid.anonymous), ("known", hybrid.known)):
        if order is not None:
            texts[name] = order.trees.to_text()
            led += [name] * order.is_led
            arrays |= {f"{name}_{field}": getattr(order.smooth, field) for field in SMOOTH}
    plan = {"scorers": kinds, "is_alike_known": parts.alike is not None, "led": led, "until": until, "why": hybrid.why}
    return SavedRanker(arrays, {**texts, PLAN: json.dumps(plan)})


def open_ranker(artefact: Artefact) -> BasketRanker | None:
    """The ranker of an artefact; None where it has none."""
    state, embeddings = artefact.ranker, artefact.embeddings
    if state is None:
        return None
    # Mapped files stay mapped; but each cut out of what numpy knows as one takes several times as long.
    plan, arrays = json.loads(state.texts[PLAN]), {name: np.asarray(array) for name, array in state.arrays.items()}
    size = len(embeddings.skus)
    scorers = {name: _scorer(name, kind, arrays, embeddings) for name, kind in plan["scorers"].items()}
    components = Components(
        scorers=scorers,
        alike=_sparse("alike", arrays, size) if plan["is_alike_known"] else None,
        counts={name: arrays[f"counts_{name}"] for name in HALF_LIVES},
        customers=None,
    )
    anonymous, known = (_order(name, state, is_led=name in plan.get("led", ())) for name in ("anonymous", "known"))
    hybrid = Hybrid(components, anonymous, known, plan["why"])
    return BasketRanker(hybrid, plan["until"])


def _kind(model: ShopperScorer) -> str:
    if isinstance(model, ItemWeights):
        return "sparse" if sp.issparse(model.weights) else "dense"
    return "chances"


def _weights(name: str, weights: Any) -> dict[str, Array]:
    if not sp.issparse(weights):
        return {name: weights}
    return {f"{name}_{part}": getattr(weights, part) for part in ("data", "indices", "indptr")}


def _sparse(name: str, arrays: Mapping[str, Array], size: int) -> sp.csr_matrix:
    return sp.csr_matrix(tuple(arrays[f"{name}_{part}"] for part in ("data", "indices", "indptr")), shape=(size, size))


def _scorer(name: str, kind: str, arrays: Mapping[str, Array], embeddings: EmbeddingTable) -> ShopperScorer:
    if kind == "vectors":  # of versions from before what they say of every pair was kept: a tenth of working it out
        spaces = embeddings.spaces
        return LogScores(DualVectors(spaces["complement_anchor"], spaces["complement_candidate"]))
    if kind == "chances":
        return LogScores(ItemWeights(arrays[name]))
    return ItemWeights(arrays[name] if kind == "dense" else _sparse(name, arrays, len(embeddings.skus)))


def _order(name: str, state: SavedRanker, *, is_led: bool) -> Order | None:
    if name not in state.texts:
        return None
    smooth = ListwiseLogit(*(state.arrays[f"{name}_{field}"] for field in SMOOTH))
    return Order(Reranker.from_text(state.texts[name]), smooth, is_led)
