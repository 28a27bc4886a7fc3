"""The highest of all pairs, and sums over all others, are those of a full sort."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn import search


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(search, "ROWS", 5)
    monkeypatch.setattr(search, "COLUMNS", 7)
    monkeypatch.setattr(search, "GROUP", 3)


def drawn(size, seed):
    generator = np.random.default_rng(seed)
    return [
        torch.from_numpy(generator.standard_normal(shape).astype(np.float32)) for shape in ((size, 4), (size, 4), size)
    ]


def all_scores(anchors, candidates, priors):
    scores = (anchors @ candidates.T + priors).numpy().astype(np.float64)
    np.fill_diagonal(scores, -np.inf)
    return scores


@settings(max_examples=60, deadline=None)
@given(size=st.integers(2, 40), depth=st.integers(1, 45), seed=st.integers(0, 99))
def test_the_highest_are_those_of_a_full_sort(size, depth, seed):
    ends = drawn(size, seed)
    found = torch.cat(list(search.highest(*ends, depth=depth))).numpy()
    scores = all_scores(*ends)
    assert found.shape == (size, min(depth, size))
    expected = np.argsort(-scores, axis=1, kind="stable")[:, : min(depth, size - 1)]
    assert np.array_equal(np.sort(found[:, : size - 1]), np.sort(expected))
    assert all(len(set(row)) == len(row) for row in found.tolist())


@settings(max_examples=60, deadline=None)
@given(size=st.integers(2, 40), seed=st.integers(0, 99), start=st.integers(0, 39), length=st.integers(1, 40))
def test_totals_are_log_sums_over_all_others(size, seed, start, length):
    ends = drawn(size, seed)
    own = slice(min(start, size - 1), min(start + length, size))
    expected = np.log(np.exp(all_scores(*ends)).sum(axis=1))[own]
    assert search.log_totals(*ends, own).numpy() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("rows", "columns", "scale"), [(512, 3652, 0.3), (37, 1000, 5.0), (64, 1, 1.0)])
def test_sums_that_write_over_their_scores_are_torchs_own_to_the_last_bit(rows, columns, scale):
    scores = scale * torch.randn(rows, columns, generator=torch.Generator().manual_seed(0))
    scores[torch.arange(min(rows, columns)), torch.arange(min(rows, columns))] = search.FAR
    wanted = torch.logsumexp(scores, dim=1)
    assert torch.equal(search.log_sums(scores), wanted)
