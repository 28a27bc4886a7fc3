"""What stands out from chance: lift, discoveries, and which pairs are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from lake.association import PairCounts, discoveries, strongest_of_either_end


def test_lift_is_one_where_independent():
    pairs = PairCounts(np.array([0]), np.array([1]), np.array([25]), np.array([50, 50]), 100)
    assert pairs.lift().tolist() == [1.0]
    assert pairs.ppmi().tolist() == [0.0]
    assert pairs.p_values() == pytest.approx([poisson.sf(24, 25)])


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(0, 40))
def test_discoveries_are_a_step_up(p_values, more):
    """Against the definition: the largest k with p_(k) <= k/m q, and everything at most that."""
    values, family = np.array(p_values), len(p_values) + more
    ranked = sorted(p_values)
    limits = [p for place, p in enumerate(ranked, start=1) if p <= 0.05 * place / family]
    expected = [bool(limits) and p <= limits[-1] for p in p_values]
    assert discoveries(values, num_tests=family).tolist() == expected


def test_noise_is_seldom_discovered():
    chance = np.random.default_rng(0)
    found = [discoveries(chance.uniform(size=200), num_tests=200).any() for _ in range(200)]
    assert np.mean(found) < 0.1


def test_a_pair_stays_when_strong_for_either_end():
    source, target = np.array([0, 0, 0, 1]), np.array([1, 2, 3, 2])
    strength = np.array([3.0, 2.0, 1.0, 9.0])
    assert strongest_of_either_end(source, target, strength, 1).tolist() == [True, False, True, True]
