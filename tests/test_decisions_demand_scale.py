"""Demand put right by how past forecasts did."""

import numpy as np
import pytest
from order_shops import normal_demand

from decisions.demand_scale import PRIOR_LINES, scale_by
from decisions.lead_demand import week_draws


def test_forecasts_that_were_twice_too_high_and_too_wide_are_put_right():
    rng, number = np.random.default_rng(0), 600
    mean = rng.uniform(20, 60, number)
    told = normal_demand(2 * mean, 0.4 * mean, num_weeks=3)
    wanted = rng.normal(mean[:, None], 0.1 * mean[:, None], (number, 6))
    past = [mean * rng.uniform(0.3, 1.7, number) for _ in range(6)]
    scale = scale_by([told] * 6, past, wanted)
    assert scale.level == pytest.approx(0.5 * np.ones(3), abs=0.08)
    assert (scale.width < 0.6).all()
    right = week_draws(scale.of(told, past[0])).mean(axis=2)
    assert right.sum() / (3 * mean.sum()) == pytest.approx(1, abs=0.1)


def test_lines_drawn_a_few_at_a_time_say_the_same(monkeypatch):
    rng = np.random.default_rng(1)
    told = [normal_demand(rng.uniform(2, 60, 40), rng.uniform(1, 9, 40), num_weeks=3) for _ in range(5)]
    given = told, [rng.uniform(2, 60, 40) for _ in told], rng.uniform(2, 60, (40, 5))
    whole = scale_by(*given)
    monkeypatch.setattr("decisions.lead_demand.LINES_AT_ONCE", 7)
    parted = scale_by(*given)
    assert all(np.array_equal(getattr(parted, name), values) for name, values in vars(whole).items())


def test_a_few_lines_hardly_move_what_was_forecast():
    told = normal_demand([20.0, 5.0], [4.0, 2.0], num_weeks=3)
    scale = scale_by([told] * 4, [np.array([20.0, 5.0])] * 4, np.full((2, 4), 1.0))
    assert (scale.level > 1 - 1.5 / PRIOR_LINES).all()


def test_too_few_past_weeks_put_nothing_right():
    told = normal_demand([20.0], [4.0], num_weeks=3)
    assert scale_by([told] * 2, [np.ones(1)] * 2, np.ones((1, 2))) is None
