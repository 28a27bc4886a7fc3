"""A model's ranks as figures, and two models' ranks as a difference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.report import OURS
from measures.bootstrap import paired_difference
from measures.ranking import coverage, gini, ndcg_at, recall_at, reciprocal_rank

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

GAINS: dict[str, Callable[[Rows], Floats]] = {
    "recall@10": lambda ranks: recall_at(ranks, 10),
    "recall@20": lambda ranks: recall_at(ranks, 20),
    "ndcg@10": lambda ranks: ndcg_at(ranks, 10),
    "ndcg@20": lambda ranks: ndcg_at(ranks, 20),
    "mrr": reciprocal_rank,
}


@dataclass(frozen=True)
class Outcome:
    """What one model made of the queries.

    Attributes:
        ranks, known_ranks: `[num_queries]` of the hidden product, without and with the customer.
        lists, known_lists: `[num_queries, kept]` rows of the first places; -1 for none.
        scores, known_scores: likewise, their scores.
        large_ranks: ranks in the baskets that are reported apart.
    """

    ranks: Rows
    known_ranks: Rows
    lists: Rows
    known_lists: Rows
    scores: npt.NDArray[np.float32]
    known_scores: npt.NDArray[np.float32]
    large_ranks: Rows


def summarise(outcome: Outcome, hidden: Rows, counts: npt.NDArray[np.float32], repeats: Floats) -> dict[str, float]:
    """Every figure of one model; those without a single query are left out.

    Args:
        hidden: `[num_queries]` rows of the hidden products.
        counts: `[num_products]` baskets before the cut-off; 0 means cold.
        repeats: `[num_queries]` 1 where the customer bought the hidden product before, 0 where not, NaN unknown.
    """
    figures = {name: _mean(gain(outcome.ranks)) for name, gain in GAINS.items()}
    figures |= {f"known_{name}": _mean(gain(outcome.known_ranks)) for name, gain in GAINS.items()}
    figures["coverage@10"] = coverage(outcome.lists[:, :10], len(counts))
    shown = outcome.lists[:, :10]
    figures["gini@10"] = gini(np.bincount(shown[shown >= 0], minlength=len(counts)))
    hits, known_hits = recall_at(outcome.ranks, 10), recall_at(outcome.known_ranks, 10)
    figures["repeat_known_recall@10"] = _mean(known_hits[repeats == 1])
    figures["new_known_recall@10"] = _mean(known_hits[repeats == 0])
    figures["cold_recall@10"] = _mean(hits[counts[hidden] == 0])
    figures["large_recall@10"] = _mean(recall_at(outcome.large_ranks, 10))
    decile = popularity_decile(counts)[hidden]
    figures |= {f"decile_{part}_recall@10": _mean(hits[decile == part]) for part in range(1, 11)}
    return {name: figure for name, figure in figures.items() if not np.isnan(figure)}


def popularity_decile(counts: npt.NDArray[np.float32]) -> Rows:
    """Which tenth of the sold products each is in by popularity `[num_products]`: 1 least, 10 most, 0 never sold."""
    decile = np.zeros(len(counts), np.int64)
    sold = np.flatnonzero(counts > 0)
    order = sold[np.argsort(counts[sold], kind="stable")]
    decile[order] = 1 + np.arange(len(order)) * 10 // max(len(order), 1)
    return decile


def compare(outcomes: Mapping[str, Outcome], *, seed: int) -> dict[str, dict[str, Any]]:
    """Ours minus the best baseline of each headline metric, with its paired bootstrap interval."""
    differences = {}
    for name, gain in GAINS.items():
        for prefix in ("", "known_"):
            by_model = {model: gain(getattr(outcome, f"{prefix}ranks")) for model, outcome in outcomes.items()}
            rival = max((model for model in by_model if model != OURS), key=lambda model: by_model[model].mean())
            gap = paired_difference(by_model[OURS], by_model[rival], seed=seed)
            differences[f"{prefix}{name}"] = {"against": rival, **vars(gap)}
    return differences


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
