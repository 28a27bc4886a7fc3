"""Candidates out of several models' scores, and how each model sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ranking.customers import Rows
from ranking.rerank import Pool

Floats = npt.NDArray[np.float32]
_CELLS = 20_000_000


def block_size(num_products: int) -> int:
    """Customers scored at once, so that a score of every product for each stays under a hundred megabytes."""
    return max(16, min(512, _CELLS // max(num_products, 1)))


class Candidates(Protocol):
    """Fitted components that name candidates for customers and tell what each thinks of them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The features in order, those of `score_names` first."""

    @property
    def score_names(self) -> tuple[str, ...]:
        """The features that are scores, higher for better."""

    @property
    def shared(self) -> Floats:
        """Scores 0 to below 1 of every product `[num_products]`, for places that candidates do not fill."""

    def pool(self, rows: Rows) -> Pool:
        """Candidates of the customers at `rows`, queries being places in `rows`."""


class PoolScorer(Protocol):
    """Orders candidates."""

    def __call__(self, pool: Pool) -> Floats:
        """Score of each candidate `[num_candidates]`, higher is better."""


@dataclass(frozen=True)
class Learnt:
    """A learnt order of candidates as a model of customers; what is no candidate stands below, by popularity."""

    candidates: Candidates
    scorer: PoolScorer

    def __call__(self, rows: Rows) -> Floats:
        """Scores `[num_rows, num_products]`."""
        pool = self.candidates.pool(rows)
        scores = np.tile(self.candidates.shared, (len(rows), 1))
        if len(pool):
            found = self.scorer(pool)
            scores[pool.queries, pool.items] = found - found.min() + 1.0
        return scores


@dataclass(frozen=True)
class Blend:
    """The sum of several orders' scores, each standardised within a query."""

    parts: tuple[PoolScorer, ...]

    def __call__(self, pool: Pool) -> Floats:
        """Score of each candidate `[num_candidates]`."""
        total = np.zeros(len(pool), np.float64)
        number = np.maximum(np.bincount(pool.queries), 1)
        for part in self.parts:
            scores = part(pool).astype(np.float64)
            centred = scores - (np.bincount(pool.queries, scores) / number)[pool.queries]
            spread = np.sqrt(np.bincount(pool.queries, centred**2) / number)
            total += centred / np.maximum(spread, 1e-9)[pool.queries]
        return total.astype(np.float32)


def union(scores: Sequence[Floats], depth: int) -> tuple[Rows, Rows]:
    """Query rows and item rows of everything that one of the scores `[num_queries, num_items]` has in its first places.

    Args:
        depth: places counted; what scores 0 or less is no candidate.
    """
    chosen = np.zeros(scores[0].shape, bool)
    depth = min(depth, scores[0].shape[-1])
    for one in scores:
        places = np.argpartition(-one, depth - 1, axis=1)[:, :depth]
        np.put_along_axis(chosen, places, np.take_along_axis(one, places, axis=1) > 0, axis=1)
    queries, items = np.nonzero(chosen)
    return queries, items


def shares_and_ranks(scores: Sequence[Floats], queries: Rows, items: Rows) -> list[Floats]:
    """Each score as a share of its query's highest, then each as log2 of its rank among the query's candidates.

    Returns:
        Twice as many arrays `[num_candidates]` as there are scores.
    """
    starts = np.searchsorted(queries, queries)
    shares, ranks = [], []
    for one in scores:
        values = one[queries, items]
        top = np.maximum(one.max(axis=1, initial=0.0), 1e-12)
        shares.append((values / top[queries]).astype(np.float32))
        order = np.lexsort((items, -values, queries))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        ranks.append(np.log2(1.0 + place - starts).astype(np.float32))
    return shares + ranks


def pooled(candidates: Candidates, rows: Rows) -> Pool:
    """Candidates of many customers, gathered in blocks; queries are places in `rows`."""
    step = block_size(len(candidates.shared))
    pieces = [rows[start : start + step] for start in range(0, len(rows), step)]
    return joined([(candidates.pool(piece), len(piece)) for piece in pieces])


def joined(pools: Sequence[tuple[Pool, int]]) -> Pool:
    """Several pools as one, each with its number of queries, the queries of later ones counted on."""
    starts = np.cumsum([0, *(number for _, number in pools)])
    return Pool(
        np.concatenate([start + pool.queries for start, (pool, _) in zip(starts, pools, strict=False)]),
        np.concatenate([pool.items for pool, _ in pools]),
        np.concatenate([pool.features for pool, _ in pools]),
    )
