"""The listwise logit: it finds what was planted, and nothing but what is within a query counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.listwise import fit_listwise
from ranking.rerank import Pool

EACH = 12


def planted(seed: int, num_queries: int = 400, pull: float = 2.0) -> tuple[Pool, np.ndarray]:
    """Candidates of which the one with the highest noisy first feature is wanted; the second feature says nothing."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(num_queries * EACH, 2)).astype(np.float32)
    queries = np.repeat(np.arange(num_queries), EACH)
    noise = generator.gumbel(size=len(queries))
    utility = (pull * features[:, 0] + noise).reshape(num_queries, EACH)
    wanted = np.zeros_like(utility, dtype=np.float32)
    wanted[np.arange(num_queries), utility.argmax(axis=1)] = 1.0
    return Pool(queries, np.tile(np.arange(EACH), num_queries), features), wanted.ravel()


def test_what_was_planted_is_found():
    pool, wanted = planted(0)
    other, truth = planted(1)
    scores = fit_listwise(pool, wanted)(other).reshape(-1, EACH)
    best = other.features[:, 0].reshape(-1, EACH).argmax(axis=1)
    found = (scores.argmax(axis=1) == truth.reshape(-1, EACH).argmax(axis=1)).mean()
    reachable = (best == truth.reshape(-1, EACH).argmax(axis=1)).mean()
    assert found > 0.97 * reachable
    assert reachable > 3 / EACH


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_what_all_candidates_of_a_query_share_does_not_count(seed):
    pool, wanted = planted(seed, num_queries=60)
    shared = np.random.default_rng(seed).normal(size=60).astype(np.float32)[pool.queries]
    wider = Pool(pool.queries, pool.items, np.column_stack([pool.features, shared]))
    order = fit_listwise(wider, wanted)
    assert np.allclose(order.weights[[2, 5]], 0.0, atol=1e-3)


def test_unknown_features_are_read_as_none():
    pool, wanted = planted(0, num_queries=60)
    holes = pool.features.copy()
    holes[::7, 0] = np.nan
    assert np.isfinite(fit_listwise(Pool(pool.queries, pool.items, holes), wanted)(pool)).all()


def test_too_few_queries_are_refused():
    pool, wanted = planted(0, num_queries=3)
    with pytest.raises(ValueError, match="40 queries"):
        fit_listwise(pool, wanted)
