"""The ridge of several sources: EASE where only baskets count, a least squares solution where others do."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.baskets import BasketMatrix
from ranking.models import fit_ease
from ranking.personal import customer_sets
from ranking.ridge import LARGEST_CUSTOMER, TYPICAL_BASKET, RidgeSettings, ridge_sources

PRODUCTS = tuple("abcdef")


def shop(seed: int, num_baskets: int = 40) -> BasketMatrix:
    generator = np.random.default_rng(seed)
    held = sp.csr_matrix((generator.random((num_baskets, len(PRODUCTS))) < 0.4).astype(np.float32))
    customers = [None if owner == 0 else f"k{owner}" for owner in generator.integers(0, 6, num_baskets)]
    days = np.sort(generator.uniform(0, 100, num_baskets))
    return BasketMatrix(PRODUCTS, tuple(f"b{row:03d}" for row in range(num_baskets)), tuple(customers), days, held)


def test_baskets_of_one_size_alone_are_ease():
    """Of as many products as a basket that counts once has a quarter of, each counts twice."""
    generator, size = np.random.default_rng(0), TYPICAL_BASKET // 4
    chosen = np.argsort(generator.random((40, size + 1)), axis=1)[:, :size].ravel()
    held = sp.csr_matrix((np.ones(40 * size, np.float32), (np.repeat(np.arange(40), size), chosen)))
    baskets = replace(shop(0), held=held)
    sources = ridge_sources(baskets, until=100.0, half_life_days=30.0, names=None, network=None)
    alone = RidgeSettings(half_life_days=30.0, customers=0.0, ridge=5.0, doubt=0.0, lines=0.0)
    ease = fit_ease(baskets, ridge=2.5, until=100.0, half_life_days=30.0)
    assert np.allclose(sources.fitted(alone).weights, ease.weights, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.0, 50.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 10.0))
def test_weights_are_the_least_squares_solution(seed, ridge, doubt, trust, likeness):
    """Against numpy's own least squares, a product at a time, its own weight left out."""
    baskets, generator = shop(seed), np.random.default_rng(seed)
    names = sp.csr_matrix(generator.random((len(PRODUCTS), 4)).astype(np.float32))
    network = generator.random((len(PRODUCTS),) * 2).astype(np.float32)
    sources = ridge_sources(baskets, until=100.0, half_life_days=1e9, names=names, network=network)
    wanted = RidgeSettings(1e9, customers=0.5, names=likeness, ridge=ridge, doubt=doubt, trust=trust, lines=0.0)
    found = sources.fitted(wanted).weights
    sizes = np.maximum(baskets.held.sum(axis=1), 1.0)
    evened = baskets.held.toarray() * (TYPICAL_BASKET / np.asarray(sizes)) ** 0.25
    owned = customer_sets(baskets).toarray()
    capped = owned * np.sqrt(np.minimum(1.0, LARGEST_CUSTOMER / owned.sum(axis=1, keepdims=True)))
    rows = np.vstack([evened, np.sqrt(0.5) * capped, np.sqrt(likeness) * names.toarray().T])
    prior = network.astype(float)
    np.fill_diagonal(prior, 0.0)
    prior = trust * prior / prior.sum(axis=1, keepdims=True)
    penalties = ridge + doubt * (rows**2).sum(axis=0)
    for item in range(len(PRODUCTS)):
        rest = [other for other in range(len(PRODUCTS)) if other != item]
        held_to = np.sqrt(penalties[rest])
        left = np.vstack([rows[:, rest], np.diag(held_to)])
        right = np.concatenate([rows[:, item], held_to * prior[rest, item]])
        expected = np.linalg.lstsq(left, right, rcond=None)[0]
        assert found[rest, item] == pytest.approx(expected, abs=2e-4)
        assert found[item, item] == 0.0


def test_a_customer_is_a_set_and_unknown_ones_are_none():
    held = sp.csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32))
    baskets = BasketMatrix(tuple("abc"), ("1", "2", "3"), ("k", "k", None), np.zeros(3), held)
    assert customer_sets(baskets).toarray().tolist() == [[1.0, 1.0, 0.0]]
    nobody = BasketMatrix(tuple("abc"), ("1", "2", "3"), (None, None, None), np.zeros(3), held)
    assert customer_sets(nobody).shape == (0, 3)
    assert np.isfinite(
        ridge_sources(nobody, until=1.0, half_life_days=9.0, names=None, network=None).fitted(RidgeSettings()).weights
    ).all()
