"""Textbook formulas beside stockpyl's, and beside what they stand for, integrated and minimised by scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import simpson
from scipy.stats import norm

from measures.inventory import critical_ratio, fill_rate_factor, lead_demand_sd, safety_stock, unit_normal_loss

DEVIATES = np.linspace(-9, 9, 20_001)


@given(st.floats(0.05, 9), st.floats(0.05, 9), st.floats(10, 200), st.floats(1, 30))
def test_no_order_costs_less_than_the_newsvendors(underage, overage, mean, sd):
    demand, density = mean + sd * DEVIATES, norm.pdf(DEVIATES)

    def cost(ordered):
        lost = np.where(demand > ordered, underage * (demand - ordered), overage * (ordered - demand))
        return simpson(lost * density, x=DEVIATES)

    best = norm.ppf(critical_ratio(np.array(underage), np.array(overage)), mean, sd)
    assert all(cost(best) < cost(best + step * sd) for step in (-1, -0.1, -0.01, 0.01, 0.1, 1))


@given(st.floats(0.05, 9), st.floats(0.05, 9), st.floats(10, 200), st.floats(1, 30))
def test_the_newsvendor_orders_what_stockpyl_orders(underage, overage, mean, sd):
    from stockpyl.newsvendor import newsvendor_normal  # takes a second

    ratio = critical_ratio(np.array(underage), np.array(overage))
    base_stock, _ = newsvendor_normal(overage, underage, mean, sd)
    assert norm.ppf(ratio, mean, sd) == pytest.approx(base_stock, rel=1e-6)


def test_what_costs_nothing_either_way_is_not_stocked():
    assert critical_ratio(np.zeros(2), np.array([0.0, 1.0])).tolist() == [0, 0]


@given(st.floats(0.5, 50), st.floats(0.1, 20), st.floats(1, 30), st.floats(0, 5))
def test_demand_over_a_lead_time_spreads_as_drawn(mean, sd, days, days_sd):
    found = lead_demand_sd(*(np.array(value) for value in (mean, sd, days, days_sd)))
    assert found**2 == pytest.approx(days * sd**2 + (mean * days_sd) ** 2)
    assert safety_stock(0.5, found) == pytest.approx(0, abs=1e-9)
    assert safety_stock(0.95, found) == pytest.approx(norm.ppf(0.95) * found)


@given(st.floats(-4, 4))
def test_the_unit_normal_loss_is_the_mean_shortfall_and_its_inverse_finds_z_again(z):
    demand = np.linspace(z, z + 13, 20_001)
    loss = unit_normal_loss(np.array(z))
    assert loss == pytest.approx(simpson((demand - z) * norm.pdf(demand), x=demand), abs=1e-9)
    assert fill_rate_factor(loss) == pytest.approx(z, abs=1e-5)
