"""Graph filters, neighbours and sequels agree with the papers' dense formulas."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from ranking.filters import fit_graph_filter, fit_neighbours, fit_sequels, normalised, singular_vectors
from ranking.pruning import others, strongest


@pytest.fixture
def bought():
    return sp.csr_matrix((np.random.default_rng(0).random((40, 12)) < 0.3).astype(np.float32))


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=1, max_size=6), st.integers(1, 5))
def test_strongest_keeps_the_largest_of_each_row(rows, keep):
    dense = np.array(rows, np.float32)
    kept = strongest(sp.csr_matrix(dense), keep).toarray()
    for line, left in zip(dense, kept, strict=True):
        order = [column for column in sorted(range(5), key=lambda c: (-line[c], c)) if line[column]]
        expected = np.zeros(5)
        expected[order[:keep]] = line[order[:keep]]
        assert left.tolist() == expected.tolist()


def test_a_product_is_not_its_own_other():
    block = sp.coo_matrix(np.ones((2, 4)))
    assert others(block, 1).toarray().tolist() == [[1, 0, 1, 1], [1, 1, 0, 1]]


def test_graph_filter_agrees_with_the_papers_dense_formula(bought):
    dense = bought.toarray().astype(np.float64)
    by_customer, by_product = (np.maximum(dense.sum(axis=axis), 1) for axis in (1, 0))
    normal = dense / np.sqrt(by_customer)[:, None] / np.sqrt(by_product)[None, :]
    basis = np.linalg.svd(normal)[2][:4].T
    ideal = np.diag(by_product**-0.5) @ basis @ basis.T @ np.diag(by_product**0.5)
    expected = dense @ (normal.T @ normal + 0.3 * ideal)
    assert fit_graph_filter(bought, alpha=0.3, rank=4)(bought) == pytest.approx(expected, abs=1e-3)
    shared = singular_vectors(normalised(bought), 10)
    assert fit_graph_filter(bought, alpha=0.3, rank=4, basis=shared)(bought) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("block", [5, 2_000])
def test_neighbours_are_the_shrunk_cosine_whatever_the_block(bought, block, monkeypatch):
    monkeypatch.setattr("ranking.filters._BLOCK", block)
    dense = bought.toarray()
    together, number = dense.T @ dense, dense.sum(axis=0)
    cosine = together / (np.sqrt(number[:, None] * number[None, :]) + 3.0)
    np.fill_diagonal(cosine, 0)
    assert fit_neighbours(bought, shrinkage=3.0, keep=12).weights.toarray() == pytest.approx(cosine, abs=1e-6)
    assert np.diff(fit_neighbours(bought, keep=2).weights.indptr).max() == 2


def test_sequels_are_chances_of_the_next_basket():
    earlier = sp.csr_matrix(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32))
    later = sp.csr_matrix(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], np.float32))
    weights = fit_sequels(earlier, later, shrinkage=0.0).weights.toarray()
    assert weights[:2].tolist() == [[0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert not weights[2].any()
