"""The hybrid: what it learns from, what it may not show, and when it leaves the order to its leading model."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.basket_features import basket_pool, feature_names, fit_components
from ranking.baskets import BasketMatrix
from ranking.hybrid import fit_hybrid
from ranking.lessons import HIDDEN_A_BASKET, lessons
from ranking.models import fit_item_cosine, fit_popularity

SIZE = 30


def shop(seed: int, num_baskets: int, begins: float = 0.0) -> BasketMatrix:
    """Baskets of pairs (2n, 2n + 1) and noise; customer k buys what is near product 3k."""
    generator = np.random.default_rng(seed)
    owners = generator.integers(0, 10, num_baskets)
    held = np.zeros((num_baskets, SIZE), np.float32)
    for row, owner in enumerate(owners):
        first = (3 * owner + generator.integers(0, 4)) % SIZE // 2 * 2
        held[row, [first, first + 1, *generator.integers(0, SIZE, 2)]] = 1.0
    customers = tuple(None if owner == 9 else f"k{owner}" for owner in owners)
    ids = tuple(f"b{begins:04.0f}{row:04d}" for row in range(num_baskets))
    days = begins + np.linspace(0, 50, num_baskets)
    return BasketMatrix(tuple(f"p{row:02d}" for row in range(SIZE)), ids, customers, days, sp.csr_matrix(held))


def components(baskets, until, *, lead="popularity"):
    scorers = {"popularity": fit_popularity(baskets, until=until), "cosine": fit_item_cosine(baskets)}
    ordered = {lead: scorers[lead], **scorers}
    return fit_components(baskets, ordered, until=until, alike=None)


@pytest.fixture(scope="module")
def hybrid():
    earlier, later = shop(0, 600), shop(1, 500, begins=50.0)
    return fit_hybrid(components(earlier, 50.0), lessons(later, seed=0), components(earlier, 50.0))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_lessons_hide_what_the_basket_held(seed, num_baskets):
    later = shop(seed, num_baskets)
    taught = lessons(later, seed=seed)
    assert np.bincount(taught.baskets).max(initial=0) <= HIDDEN_A_BASKET
    for row, (basket, item) in enumerate(zip(taught.baskets, taught.hidden, strict=True)):
        held = set(later.held[basket].indices.tolist())
        seen = set(taught.visible[row].indices.tolist())
        assert seen == held - {item}
        assert item in held


@pytest.mark.slow
def test_the_learnt_order_beats_a_leading_model_that_knows_less(hybrid):
    assert hybrid.anonymous is not None
    assert "leading model" in hybrid.why
    test = lessons(shop(2, 200, begins=100.0), seed=0)
    hit = [
        float(np.mean([item in np.argsort(-row)[:10] for row, item in zip(scores, test.hidden, strict=True)]))
        for scores in (_masked(hybrid(test.visible), test), _masked(hybrid.components.lead(test.visible), test))
    ]
    assert hit[0] > hit[1] + 0.1


def _masked(scores, taught):
    scores = scores.copy()
    scores[taught.visible.nonzero()] = -np.inf
    return scores


def test_customers_without_history_get_the_answer_for_the_basket_alone(hybrid):
    visible = lessons(shop(3, 20, begins=100.0), seed=0).visible
    strangers = [None] * visible.shape[0]
    assert np.array_equal(hybrid.with_customers(visible, strangers), hybrid(visible))
    assert np.array_equal(hybrid.with_customers(visible, ["nobody"] * visible.shape[0]), hybrid(visible))


def test_candidates_are_never_in_the_basket_and_features_have_names(hybrid):
    visible = lessons(shop(4, 20, begins=100.0), seed=0).visible
    for history in (None, hybrid.components.customers.of(["k1"] * visible.shape[0])):
        pool, lead = basket_pool(hybrid.components, visible, history)
        assert not np.asarray(visible[pool.queries, pool.items]).any()
        assert pool.features.shape[1] == len(feature_names(hybrid.components, is_known=history is not None))
        assert np.isfinite(pool.features).all()
        assert lead.shape == visible.shape


def test_too_few_baskets_leave_the_order_to_the_leading_model():
    earlier = components(shop(0, 60), 50.0)
    alone = fit_hybrid(earlier, lessons(shop(1, 20, begins=50.0), seed=0), earlier)
    visible = lessons(shop(2, 10), seed=0).visible
    assert (alone.anonymous, alone.known) == (None, None)
    assert "fewer than" in alone.why
    assert np.array_equal(alone(visible), earlier.lead(visible))
    assert alone(visible[:0]).shape == (0, SIZE)


def test_a_led_order_stands_between_what_it_says_unled_and_its_leading_model(hybrid):
    """Each part counts alike, as its candidates' deviations from their mean."""
    visible = lessons(shop(5, 20, begins=100.0), seed=0).visible
    pool, _ = basket_pool(hybrid.components, visible, None)
    order = hybrid.anonymous

    def told(scores):
        groups = [scores[pool.queries == query] for query in np.unique(pool.queries)]
        return np.concatenate([(each - each.mean()) / max(each.std(), 1e-9) for each in groups])

    unled = told(order.trees(pool)) + told(order.smooth(pool))
    assert replace(order, is_led=False)(pool) == pytest.approx(unled, abs=1e-3)
    assert replace(order, is_led=True)(pool) == pytest.approx(unled + told(pool.features[:, 0]), abs=1e-3)
