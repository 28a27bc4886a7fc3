"""The learnt order: found where two features make it together, the same from the same seed, refused on too little."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from ranking.rerank import LEAST_QUERIES, MOST_CANDIDATES, Pool, Reranker, fit_reranker

NAMES = ("useful", "noise", "reverse")


def pool(num_queries=120, each=20, seed=0):
    """Candidates whose chance to be wanted rises with the first feature and falls with the third."""
    generator = np.random.default_rng(seed)
    queries = np.repeat(np.arange(num_queries), each)
    items = np.tile(np.arange(each), num_queries)
    features = generator.normal(size=(len(queries), 3)).astype(np.float32)
    truth = features[:, 0] - features[:, 2] + 0.3 * generator.normal(size=len(queries))
    return Pool(queries, items, features), (truth > 1.8).astype(np.float32)


def hits(pool, scores, relevance, k=3):
    lists, _ = pool.lists(scores, k, pool.queries.max() + 1)
    wanted = sp.csr_matrix((relevance, (pool.queries, pool.items)))
    return float(np.mean([wanted[query, [i for i in row if i >= 0]].sum() for query, row in enumerate(lists)]))


def test_learns_the_order_that_two_features_make_together():
    given_pool, relevance = pool()
    fitted = fit_reranker(given_pool, relevance, names=NAMES, seed=0)
    fresh, fresh_relevance = pool(seed=1)
    learnt = hits(fresh, fitted(fresh), fresh_relevance)
    for column, sign in ((0, 1), (1, 1), (2, -1)):
        assert learnt > hits(fresh, sign * fresh.features[:, column], fresh_relevance)
    assert fitted.names == NAMES
    assert list(fitted.gains)[-1] == "noise"
    assert sum(fitted.gains.values()) == pytest.approx(1)


def test_same_seed_same_text_and_text_keeps_the_scores():
    given_pool, relevance = pool()
    one, other = (fit_reranker(given_pool, relevance, names=NAMES, seed=3) for _ in range(2))
    assert one.to_text() == other.to_text()
    again = Reranker.from_text(one.to_text())
    assert again.names == NAMES
    assert np.array_equal(again(given_pool), one(given_pool))


def test_queries_without_a_wanted_candidate_change_nothing():
    given_pool, relevance = pool()
    idle = Pool(
        np.append(given_pool.queries, [500, 500]),
        np.append(given_pool.items, [0, 1]),
        np.vstack([given_pool.features, [[9, 9, 9], [8, 8, 8]]]).astype(np.float32),
    )
    fitted = fit_reranker(given_pool, relevance, names=NAMES, seed=0)
    more = fit_reranker(idle, np.append(relevance, [0, 0]), names=NAMES, seed=0)
    assert fitted.to_text() == more.to_text()


def test_too_little_to_learn_from_and_wrong_pools_are_refused():
    given_pool, relevance = pool(num_queries=LEAST_QUERIES - 1)
    with pytest.raises(ValueError, match=f"need {LEAST_QUERIES}"):
        fit_reranker(given_pool, relevance, names=NAMES, seed=0)
    nothing = Pool(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 3), np.float32))
    with pytest.raises(ValueError, match="not 0"):
        fit_reranker(nothing, np.empty(0, np.float32), names=NAMES, seed=0)
    given_pool, relevance = pool()
    fitted = fit_reranker(given_pool, relevance, names=NAMES, seed=0)
    assert len(fitted(nothing)) == 0
    with pytest.raises(ValueError, match="3 features"):
        fitted(Pool(given_pool.queries, given_pool.items, given_pool.features[:, :2]))
    wide = Pool(
        np.append(given_pool.queries, np.full(MOST_CANDIDATES + 1, 999)),
        np.append(given_pool.items, np.arange(MOST_CANDIDATES + 1)),
        np.vstack([given_pool.features, np.zeros((MOST_CANDIDATES + 1, 3), np.float32)]),
    )
    with pytest.raises(ValueError, match="may have"):
        fit_reranker(wide, np.append(relevance, np.zeros(MOST_CANDIDATES + 1)), names=NAMES, seed=0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(-2, 2)), max_size=30), st.integers(1, 4))
def test_lists_and_relevance_agree_with_a_loop(rows, k):
    rows = sorted({(query, item): score for query, item, score in rows}.items())
    queries, items = (np.array([key[side] for key, _ in rows], np.int64) for side in (0, 1))
    scores = np.array([score if score > -2 else -np.inf for _, score in rows], np.float32)
    made = Pool(queries, items, np.zeros((len(rows), 1), np.float32))
    lists, best = made.lists(scores, k, 5)
    for query in range(5):
        own = [(-score, item) for q, item, score in zip(queries, items, scores, strict=True) if q == query]
        expected = [(item, -low) for low, item in sorted(own) if np.isfinite(low)][:k]
        assert [int(item) for item in lists[query] if item >= 0] == [item for item, _ in expected]
        assert [float(score) for score in best[query] if np.isfinite(score)] == [score for _, score in expected]
    wanted = sp.csr_matrix((np.arange(35).reshape(5, 7) % 3 == 0).astype(np.float32))
    assert made.wanted_in(wanted).tolist() == [wanted[q, i] for q, i in zip(queries, items, strict=True)]
    assert made.sizes.sum() == len(made)
    assert made.sizes.tolist() == [int(n) for n in np.bincount(queries, minlength=5) if n]
