"""Histories: what customers bought, against a count by hand."""

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ranking_ridge import PRODUCTS, shop

from ranking.histories import RECENT_HALF_LIFE_DAYS, known_histories, recency_of
from schema.edges import BOUGHT_HALF_LIFE_DAYS

UNTIL = 100.0


def by_hand(baskets, customer_id):
    """Strength, baskets and last day of each product a customer bought, by column."""
    found = defaultdict(lambda: [0.0, 0, -math.inf])
    for row, (owner, day) in enumerate(zip(baskets.customer_ids, baskets.days, strict=True)):
        for column in baskets.held[row].indices if owner == customer_id else ():
            one = found[int(column)]
            one[0] += 2.0 ** ((day - UNTIL) / BOUGHT_HALF_LIFE_DAYS)
            one[1] += 1
            one[2] = max(one[2], day)
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_histories_are_what_a_count_by_hand_finds(seed, num_baskets):
    baskets = shop(seed, num_baskets)
    known = known_histories(baskets, until=UNTIL)
    ids = sorted({one for one in baskets.customer_ids if one})
    histories = known.of([*ids, "nobody"])
    for row, customer_id in enumerate(ids):
        expected = by_hand(baskets, customer_id)
        assert histories.sizes[row] == len(expected)
        for column, (strength, count, last) in expected.items():
            assert histories.strength[row, column] == pytest.approx(strength, rel=1e-5)
            assert histories.num_baskets[row, column] == count
            assert histories.recency[row, column] == pytest.approx(2 ** ((last - UNTIL) / RECENT_HALF_LIFE_DAYS), 1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_only_the_strongest_count_where_a_bound_is_given(seed, most):
    baskets = shop(seed)
    customer = next(one for one in baskets.customer_ids if one)
    whole, cut = (known_histories(baskets, until=UNTIL, most=bound).of([customer]) for bound in (None, most))
    strongest = np.sort(whole.strength.data)[::-1][:most]
    assert np.array_equal(np.sort(cut.strength.data)[::-1], strongest)
    assert np.array_equal(cut.strength.indices, cut.recency.indices)
    assert np.array_equal(cut.strength.indices, cut.num_baskets.indices)


def test_nobody_knows_strangers():
    histories = known_histories(shop(0), until=UNTIL).of(["nobody", None])
    assert histories.sizes.tolist() == [0, 0]
    assert histories.strength.shape == (2, len(PRODUCTS))


def test_recency_halves_and_never_exceeds_one():
    day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=UNTIL)
    assert recency_of(day, UNTIL) == 1.0
    assert recency_of(day + timedelta(days=9), UNTIL) == 1.0
    assert recency_of(day - timedelta(days=RECENT_HALF_LIFE_DAYS), UNTIL) == pytest.approx(0.5)
    assert recency_of(None, UNTIL) == 0.0
