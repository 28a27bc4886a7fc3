"""Measures of ranked lists agree with scikit-learn and with loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from measures.ranking import (
    coverage,
    gini,
    hit_rate,
    ndcg_at,
    ranks_of,
    recall_at,
    reciprocal_rank,
    set_ndcg,
    set_recall,
    top_rows,
)

SCORES = st.lists(st.lists(st.integers(-3, 3), min_size=6, max_size=6), min_size=1, max_size=5)


def ranked(line):
    return sorted(range(len(line)), key=lambda item: (-line[item], item))


@given(SCORES, st.integers(0, 5), st.integers(1, 6))
def test_single_item_measures_agree_with_a_loop(lines, target, k):
    scores, targets = np.array(lines, np.float32), np.full(len(lines), target)
    ranks = ranks_of(scores, targets)
    for line, rank, recall, ndcg, mrr in zip(
        lines, ranks, recall_at(ranks, k), ndcg_at(ranks, k), reciprocal_rank(ranks), strict=True
    ):
        place = ranked(line).index(target) + 1
        assert rank == place
        assert recall == (target in ranked(line)[:k])
        assert ndcg == pytest.approx(1 / np.log2(1 + place) if place <= k else 0)
        assert mrr == pytest.approx(1 / place)


@given(SCORES, st.integers(1, 8))
def test_top_rows_agree_with_sorting_and_leave_out_what_may_not_be_ranked(lines, k):
    scores = np.array(lines, np.float32)
    scores[:, 2] = -np.inf
    for line, rows in zip(scores, top_rows(scores, k), strict=True):
        wanted = [item for item in ranked(list(line)) if item != 2][: min(k, 6)]
        assert [row for row in rows if row >= 0] == wanted


def test_ndcg_of_sets_agrees_with_sklearn():
    generator = np.random.default_rng(0)
    scores, wanted = generator.random((20, 15)), generator.random((20, 15)) < 0.3
    wanted[:, 0] = True
    for k in (1, 5, 15):
        rows = top_rows(scores.astype(np.float32), k)
        hits = np.take_along_axis(wanted, rows, axis=1)
        ours = set_ndcg(hits, wanted.sum(axis=1)).mean()
        assert ours == pytest.approx(ndcg_score(wanted.astype(int), scores, k=k))
        loops = [len(set(row) & set(np.flatnonzero(want))) / want.sum() for row, want in zip(rows, wanted, strict=True)]
        assert set_recall(hits, wanted.sum(axis=1)) == pytest.approx(loops)
        assert hit_rate(hits) == np.mean([bool(loop) for loop in loops])


def test_spread_of_lists():
    lists = np.array([[0, 1], [0, -1]])
    assert coverage(lists, 4) == 0.5
    assert gini(np.array([3, 3, 3])) == pytest.approx(0)
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    counts = np.array([5, 1, 0, 2, 9])
    pairwise = np.abs(counts[:, None] - counts[None, :]).sum() / (2 * len(counts) * counts.sum())
    assert gini(counts) == pytest.approx(pairwise)
