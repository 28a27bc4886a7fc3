"""Replenish: packs, minima, limits, and that asking for more or having less never orders less."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_shops import lines_of, normal_demand
from scipy.stats import norm

from decisions.lead_demand import NUM_DRAWS, WEEK_CORRELATION, demand_within, week_draws
from decisions.order_points import tradeoff
from decisions.replenish import propose, wanted
from schema.errors import BadInput
from schema.order_policy import OrderPolicy, Target

DAY = date(2024, 6, 3)
SEEDS = st.integers(0, 50)
LEVELS_ASKED = st.floats(0.5, 0.995)


@settings(max_examples=25, deadline=None)
@given(SEEDS, LEVELS_ASKED, st.sampled_from(list(Target)))
def test_an_order_is_whole_packs_and_at_least_the_minimum(seed, level, target):
    lines = lines_of(seed=seed)
    units = wanted(lines, OrderPolicy(target=target, level=level))[0].units
    assert np.allclose(units % lines.pack_units, 0)
    assert ((units == 0) | (units >= lines.min_order_units)).all()


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.tuples(LEVELS_ASKED, LEVELS_ASKED), st.sampled_from([Target.FILL_RATE, Target.SERVICE_LEVEL]))
def test_asking_for_more_never_orders_less(seed, asked, target):
    lines = lines_of(seed=seed)
    low, high = (wanted(lines, OrderPolicy(target=target, level=level))[0] for level in sorted(asked))
    assert (low.points <= high.points).all()
    assert (low.units <= high.units).all()


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0, 50))
def test_more_on_hand_or_on_order_never_orders_more(seed, more):
    lines = lines_of(seed=seed)
    before = wanted(lines, OrderPolicy())[0].units
    assert (wanted(replace(lines, on_hand=lines.on_hand + more), OrderPolicy())[0].units <= before).all()
    assert (wanted(replace(lines, on_order=lines.on_order + more), OrderPolicy())[0].units <= before).all()


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.floats(0, 400), st.floats(0, 200))
def test_budget_and_capacity_are_never_exceeded(seed, budget, capacity):
    lines = lines_of(seed=seed, on_hand=np.zeros(6))
    found = propose(lines, OrderPolicy(budget=budget, capacity_units=capacity), on=DAY)
    assert sum(one.cost for one in found) <= budget + 1e-6
    assert sum(one.units for one in found) <= capacity + 1e-6
    for one in found:
        row = list(lines.sku).index(one.sku)
        assert one.units % lines.pack_units[row] == pytest.approx(0)
        assert one.units >= lines.min_order_units[row]


def test_no_budget_orders_nothing_and_a_great_one_changes_nothing():
    lines = lines_of(on_hand=np.zeros(6))
    assert propose(lines, OrderPolicy(budget=0), on=DAY) == []
    assert propose(lines, OrderPolicy(budget=1e9), on=DAY) == propose(lines, OrderPolicy(), on=DAY)


def test_a_budget_goes_where_it_meets_most_demand():
    """Two lines alike but for the stock: what there is money for goes to the empty one."""
    lines = lines_of(2, demand=normal_demand([20, 20], [4, 4]), lead_days=np.full((2, NUM_DRAWS), 7.0))
    lines = replace(lines, on_hand=np.array([0.0, 35.0]), unit_cost=np.ones(2), pack_units=np.ones(2))
    lines = replace(lines, min_order_units=np.ones(2))
    found = {one.sku: one for one in propose(lines, OrderPolicy(budget=12, level=0.99), on=DAY)}
    assert found["p0"].units >= 10
    assert "to stay within budget" in found["p0"].reason


def test_demand_over_a_fixed_lead_time_is_the_textbooks():
    """Independent weeks would spread by √L; a common part adds (L² − L) times it to the variance in weeks."""
    weeks = week_draws(normal_demand([50.0], [10.0]))
    drawn = demand_within(weeks, np.full((1, NUM_DRAWS), 28.0))[0]
    assert drawn.mean() == pytest.approx(200, rel=0.02)
    assert drawn.std() == pytest.approx(np.sqrt(100 * (4 + 12 * WEEK_CORRELATION)), rel=0.12)
    week = weeks[0, 0]
    assert np.quantile(week, 0.9) == pytest.approx(norm.ppf(0.9, 50, 10), rel=0.03)


def test_a_service_level_is_the_quantile_of_demand_until_the_next_order_comes():
    lines = lines_of(1, demand=normal_demand([100.0], [20.0]), lead_days=np.full((1, NUM_DRAWS), 7.0))
    point = wanted(lines, OrderPolicy(target=Target.SERVICE_LEVEL, level=0.9))[0].points[0]
    sd = 20 * np.sqrt(2 + 2 * WEEK_CORRELATION)
    assert point == pytest.approx(norm.ppf(0.9, 200, sd), rel=0.05)


def test_less_is_lost_the_higher_the_point():
    lines = lines_of(4, lead_sd=3.0)
    weeks = week_draws(lines.demand)
    until = [demand_within(weeks, lines.lead_days + days) for days in (0, 7)]
    choice = tradeoff(*until, np.full(4, 6.0))
    assert (np.diff(choice.lost, axis=1) <= 1e-9).all()
    assert (np.diff(choice.met, axis=1) >= 0).all()


def test_a_proposal_tells_its_numbers():
    lines = lines_of(3, on_hand=np.zeros(3))
    for one in propose(lines, OrderPolicy(level=0.97), on=DAY):
        assert 0 <= one.stock_out_probability <= 1
        assert 0.5 < one.fill_rate <= 1
        assert one.expected_on > one.order_on == DAY
        assert one.cover_days > 0
        assert "97.0%" in one.reason


def test_perishables_are_not_ordered_beyond_what_sells_in_time():
    lines = lines_of(1, on_hand=np.zeros(1), shelf_life_days=np.array([4.0]))
    lines = replace(lines, min_order_units=np.ones(1), pack_units=np.ones(1))
    free, bound = (propose(lines, OrderPolicy(waste_share=share), on=DAY) for share in (None, 0.05))
    assert bound[0].units < free[0].units
    assert "shelf life" in bound[0].reason
    least = replace(lines, min_order_units=free[0].units * np.ones(1))
    assert propose(least, OrderPolicy(waste_share=0.0), on=DAY) == []


def test_pooling_substitutes_holds_less_where_they_take_over():
    lines = lines_of(40, kept_share=np.full(40, 0.8))
    alone, pooled = (wanted(lines, OrderPolicy(pools_substitutes=pools))[0].points.sum() for pools in (False, True))
    assert pooled < alone


def test_nothing_is_ordered_of_what_never_sells():
    lines = lines_of(2, demand=np.zeros((2, 10, 19)), on_hand=np.zeros(2))
    assert propose(lines, OrderPolicy(level=0.99), on=DAY) == []


@pytest.mark.parametrize(
    "policy",
    [OrderPolicy(level=1.0), OrderPolicy(review_days=0), OrderPolicy(budget=-1), OrderPolicy(budget=float("nan"))],
)
def test_what_cannot_be_is_refused(policy):
    with pytest.raises(BadInput):
        propose(lines_of(), policy, on=DAY)


def test_a_budget_over_unknown_costs_is_refused():
    with pytest.raises(BadInput, match="unit cost of p0"):
        propose(lines_of(1, on_hand=np.zeros(1), unit_cost=np.array([np.nan])), OrderPolicy(budget=5), on=DAY)
