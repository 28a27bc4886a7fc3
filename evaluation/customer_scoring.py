"""Customers' lists as figures: how many of the products they bought stand in them, repeats and new products apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from evaluation.customer_truth import Truth
from evaluation.report import OURS
from measures.bootstrap import paired_difference
from measures.ranking import set_ndcg, set_recall, top_rows
from ranking.candidates import block_size
from ranking.customers import CustomerScorer
from schema.progress import Progress

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lists:
    """The first products of each query's ranking.

    Attributes:
        items: `[num_queries, k]` product rows, best first; -1 for an empty place.
        scores: `[num_queries, k]` float32.
    """

    items: Rows
    scores: npt.NDArray[np.float32]


def ranked(model: CustomerScorer, truth: Truth, *, k: int, is_new_only: bool) -> Lists:
    """The k products that a model puts first for each query; customers without a basket get what sells most.

    Args:
        is_new_only: whether what the customer has bought before is left out.
    """
    items, scores = [], []
    for rows in np.array_split(truth.rows, len(truth) // block_size(len(truth.past.skus)) + 1):
        found = model(rows)
        found[truth.past.num_baskets[rows] == 0] = truth.past.popularity
        if is_new_only:
            found[truth.past.bought[rows].nonzero()] = -np.inf
        items.append(top_rows(found, k))
        scores.append(np.take_along_axis(found, items[-1], axis=1))
    return Lists(np.concatenate(items), np.concatenate(scores))


def ranked_by_all(
    models: Mapping[str, Callable[[], CustomerScorer]],
    truth: Truth,
    *,
    k: int,
    is_new_only: bool,
    progress: Progress,
) -> dict[str, Lists]:
    """What `ranked` gives for each model, fitted one at a time so that only one is held."""
    lists: dict[str, Lists] = {}
    for place, (name, fitted) in enumerate(models.items()):
        lists[name] = ranked(fitted(), truth, k=k, is_new_only=is_new_only)
        progress("ranking for every customer", place + 1, len(models))
    return lists


def hits_of(lists: Lists, wanted: sp.csr_matrix) -> npt.NDArray[np.bool_]:
    """Whether the product at each place is wanted `[num_queries, k]`."""
    rows, columns = wanted.nonzero()
    queries = np.arange(len(lists.items))[:, None]
    held = rows.astype(np.int64) * wanted.shape[1] + columns
    return np.isin(queries * wanted.shape[1] + lists.items, held) & (lists.items >= 0)


def gains(lists: Lists, wanted: sp.csr_matrix, num_wanted: Rows, metrics: Sequence[str]) -> dict[str, Floats]:
    """Each metric by query `[num_queries]`, NaN for queries that want nothing.

    Args:
        num_wanted: `[num_queries]` wanted products, those that `wanted` has no column for included.
        metrics: `recall@k`, `ndcg@k` or `phr@k` (whether anything wanted stands in the list).
    """
    hits, found = hits_of(lists, wanted), {}
    told = np.maximum(num_wanted, 1)
    for metric in metrics:
        name, _, k = metric.partition("@")
        first = hits[:, : int(k)]
        if name == "phr":
            values = first.any(axis=1).astype(np.float64)
        else:
            values = {"recall": set_recall, "ndcg": set_ndcg}[name](first, told)
        found[metric] = np.where(num_wanted > 0, values, np.nan)
    return found


def repeats_apart(lists: Lists, truth: Truth, metrics: Sequence[str]) -> dict[str, Floats]:
    """Each metric over all wanted products, over repeats (`repeat_`) and over products new to the customer (`new_`)."""
    before = truth.past.bought[truth.rows]
    is_repeat = sp.csr_matrix(truth.wanted.multiply(before.astype(bool)), dtype=np.float32)
    num_repeats = np.asarray(is_repeat.sum(axis=1), dtype=np.int64).ravel()
    is_new = sp.csr_matrix(truth.wanted - is_repeat)
    repeats = gains(lists, is_repeat, num_repeats, metrics)
    new = gains(lists, is_new, truth.num_wanted - num_repeats, metrics)
    found = gains(lists, truth.wanted, truth.num_wanted, metrics)
    for metric in metrics:
        found |= {f"repeat_{metric}": repeats[metric], f"new_{metric}": new[metric]}
    return found


def means(by_query: Mapping[str, Floats]) -> dict[str, float]:
    """Mean over the queries that a metric can be told of; metrics of none are left out."""
    return {name: float(np.nanmean(values)) for name, values in by_query.items() if np.isfinite(values).any()}


def compared(by_model: Mapping[str, Mapping[str, Floats]], *, seed: int) -> dict[str, dict[str, Any]]:
    """Ours minus the best baseline of each metric, with its paired bootstrap interval over customers."""
    differences = {}
    for metric, ours in by_model[OURS].items():
        told = np.isfinite(ours)
        if told.any():
            rivals = {name: figures[metric][told] for name, figures in by_model.items() if name != OURS}
            best = max(rivals, key=lambda name: float(rivals[name].mean()))
            gap = paired_difference(ours[told], rivals[best], seed=seed)
            differences[metric] = {"against": best, **vars(gap)}
    return differences


def predictions(lists: Lists, truth: Truth) -> pa.Table:
    """`query_id` (the customer), `variant`, `rank`, `sku`, `score` of every place."""
    query, place = np.nonzero(lists.items >= 0)
    ids, skus = pa.array(truth.past.customer_ids, pa.string()), pa.array(truth.past.skus, pa.string())
    columns = {
        "query_id": ids.take(pa.array(truth.rows[query])),
        "variant": pa.array(["known"] * len(query), pa.string()),
        "rank": pa.array(place + 1, pa.int32()),
        "sku": skus.take(pa.array(lists.items[query, place])),
        "score": pa.array(lists.scores[query, place], pa.float32()),
    }
    return pa.table(columns)
