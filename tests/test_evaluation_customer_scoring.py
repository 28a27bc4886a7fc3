"""Gains of lists, and settings searched for: beside loops and scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
from customer_shops import history
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from evaluation.customer_baselines import searched
from evaluation.customer_scoring import Lists, gains, means, repeats_apart
from evaluation.customer_truth import held_out_truth


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.permutations(range(6)), st.sets(st.integers(0, 5)), st.integers(0, 2)), min_size=1),
    st.integers(1, 6),
)
def test_gains_agree_with_loops_and_sklearn(queries, k):
    items = np.array([order for order, _, _ in queries])
    wanted = np.array([[item in want for item in range(6)] for _, want, _ in queries], np.float32)
    number = wanted.sum(axis=1).astype(np.int64) + [missing for _, _, missing in queries]
    found = gains(
        Lists(items, np.zeros(items.shape, np.float32)),
        sp.csr_matrix(wanted),
        number,
        [f"{name}@{k}" for name in ("recall", "ndcg", "phr")],
    )
    for query, (order, want, missing) in enumerate(queries):
        told = {name: values[query] for name, values in found.items()}
        if not len(want) + missing:
            assert np.isnan(list(told.values())).all()
            continue
        hits = [item in want for item in order[:k]]
        assert told[f"recall@{k}"] == pytest.approx(sum(hits) / (len(want) + missing))
        assert told[f"phr@{k}"] == any(hits)
        if want and not missing:
            scores = np.zeros(6)
            scores[list(order)] = np.arange(6, 0, -1)
            expected = ndcg_score(wanted[query : query + 1], scores[None, :], k=k)
            assert told[f"ndcg@{k}"] == pytest.approx(expected)


def test_repeats_and_new_products_are_told_apart():
    past = history({"a": [{0, 1}, {0}], "b": [{2}, {2}]})
    wanted = sp.csr_matrix(np.array([[1, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]], np.float32))
    truth = held_out_truth(past, wanted)
    lists = Lists(np.array([[0, 5], [3, 2]]), np.zeros((2, 2), np.float32))
    found = means(repeats_apart(lists, truth, ("recall@2", "phr@2")))
    assert found["recall@2"] == pytest.approx((0.5 + 1) / 2)
    assert found["repeat_recall@2"] == 1  # of a alone: b repeats nothing
    assert found["new_recall@2"] == pytest.approx((0 + 1) / 2)
    assert found["new_phr@2"] == 0.5


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12))
def test_search_ends_where_no_single_step_is_better(worths):
    grid = {"one": (0, 1, 2, 3), "other": (0, 1, 2)}

    def figure(setting):
        return worths[setting["one"] * 3 + setting["other"]]

    chosen, best = searched(grid, figure)
    assert best == figure(chosen) >= figure({"one": 0, "other": 0})
    assert all(figure({**chosen, name: value}) <= best for name, values in grid.items() for value in values)
