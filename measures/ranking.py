"""Ranking measures: how high the wanted products stand, and how widely recommendations spread."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def ranks_of(scores: Scores, targets: Rows) -> Rows:
    """Rank of each query's one wanted item `[num_queries]`, from 1; equal scores are broken by the lower row.

    Args:
        scores: `[num_queries, num_items]`; -inf stands for an item that may not be ranked.
        targets: `[num_queries]` rows of the wanted items.
    """
    own = np.take_along_axis(scores, targets[:, None], axis=1)
    above = (scores > own).sum(axis=1)
    earlier = (scores == own) & (np.arange(scores.shape[1])[None, :] < targets[:, None])
    return (1 + above + earlier.sum(axis=1)).astype(np.int64)


def recall_at(ranks: Rows, k: int) -> Floats:
    """Recall at k of queries with one wanted item each `[num_queries]`: 1 where it is among the first k, else 0."""
    return (ranks <= k).astype(np.float64)


def ndcg_at(ranks: Rows, k: int) -> Floats:
    """NDCG at k of queries with one wanted item each `[num_queries]`, 0 to 1.

    Source: Järvelin and Kekäläinen 2002, with gain 1 and discount 1/log2(1 + rank).
    """
    return np.where(ranks <= k, 1.0 / np.log2(1.0 + ranks), 0.0)


def reciprocal_rank(ranks: Rows) -> Floats:
    """One over the rank of the one wanted item `[num_queries]`; its mean is MRR."""
    return 1.0 / ranks.astype(np.float64)


def set_recall(hits: npt.NDArray[np.bool_], num_wanted: Rows) -> Floats:
    """Share of a query's wanted items that its list holds `[num_queries]`.

    Args:
        hits: `[num_queries, k]` whether the item at each place is wanted.
        num_wanted: `[num_queries]`, at least 1.
    """
    return hits.sum(axis=1) / num_wanted


def set_ndcg(hits: npt.NDArray[np.bool_], num_wanted: Rows) -> Floats:
    """NDCG of lists with several wanted items of gain 1 each `[num_queries]`, 0 to 1.

    Args:
        hits: `[num_queries, k]` whether the item at each place is wanted.
        num_wanted: `[num_queries]`, at least 1; the ideal list holds min(num_wanted, k) of them.
    """
    discounts = 1.0 / np.log2(2.0 + np.arange(hits.shape[1]))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(num_wanted, hits.shape[1])]
    return (hits * discounts).sum(axis=1) / ideal


def hit_rate(hits: npt.NDArray[np.bool_]) -> float:
    """Share of queries whose list holds at least one wanted item, 0 to 1; NaN without queries."""
    return float(hits.any(axis=1).mean()) if len(hits) else float("nan")


def coverage(lists: Rows, num_items: int) -> float:
    """Share of the catalogue that stands in at least one list, 0 to 1.

    Args:
        lists: recommended rows, any shape; negative ones are empty places.
    """
    return len(np.unique(lists[lists >= 0])) / num_items if num_items else float("nan")


def gini(counts: npt.NDArray[np.int64]) -> float:
    """Gini coefficient of how often each item is recommended: 0 for all alike, towards 1 for one item taking all.

    Args:
        counts: `[num_items]`, zero for items never recommended.

    Source: Gini 1912, in the sorted form of Dixon et al. 1987.
    """
    total, size = float(counts.sum()), len(counts)
    if total == 0.0:
        return float("nan")
    ordered = np.sort(counts).astype(np.float64)
    return float((2 * np.arange(1, size + 1) - size - 1) @ ordered / (size * total))


def top_rows(scores: Scores, k: int) -> Rows:
    """Rows of the k highest scores of each query `[num_queries, min(k, num_items)]`, best first, ties by lower row.

    Places that only -inf could fill hold -1.
    """
    k = min(k, scores.shape[1])
    if k == 0:
        return np.empty((len(scores), 0), np.int64)
    floor = np.partition(scores, -k, axis=1)[:, -k][:, None]
    best = np.full((len(scores), k), -1, np.int64)
    for row, (line, least) in enumerate(zip(scores, floor, strict=True)):
        rows = np.flatnonzero((line >= least) & np.isfinite(line))
        chosen = rows[np.lexsort((rows, -line[rows]))][:k]
        best[row, : len(chosen)] = chosen
    return best
