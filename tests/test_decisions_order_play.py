"""Order points played: beside a long simulation of the same policy, and that more stock loses less."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from order_shops import lines_of, normal_demand
from scipy.stats import poisson

from decisions.lead_demand import week_draws
from decisions.order_play import NUM_COURSES, Terms, played
from decisions.order_points import order_points, tradeoff
from decisions.replenish import LineDemand, choices, ordered_units
from decisions.simulation import Scene, simulate
from schema.demand import LEVELS
from schema.order_policy import OrderPolicy

ONE = np.ones(1)


def lasting(level, mean, lead, batch, num_weeks=900, seed=5):
    """Fill rate of one line under an order point, over many weeks of Poisson demand."""
    rng = np.random.default_rng(seed)
    weekly = rng.poisson(mean, num_weeks)
    scene = Scene(
        demand=rng.multinomial(weekly, np.full(7, 1 / 7)).reshape(1, -1).astype(float),
        lead_days=np.full((1, num_weeks), lead),
        transfer=sp.csr_matrix((1, 1)),
        shelf_life_days=np.array([np.nan]),
        skip_days=70,
    )
    line = lines_of(1, pack_units=ONE, min_order_units=ONE * batch)
    course = simulate(
        scene,
        lambda _, position: ordered_units(ONE * level, position, line, np.array([True])),
        opening=ONE * (level + batch),
    )
    return course.figures(scene)["fill_rate"]


@pytest.mark.parametrize(("level", "mean", "lead", "batch"), [(30, 10, 14, 1), (45, 10, 28, 1), (8, 3, 14, 12)])
def test_what_is_lost_is_what_a_long_simulation_says(level, mean, lead, batch):
    draws = np.random.default_rng(0).poisson(mean, (40, 1, 12, NUM_COURSES)).astype(np.float32)
    found = [
        played(
            np.array([[float(level)]]), weeks, np.full((1, 256), float(lead)), Terms(ONE, ONE * batch, ONE * batch), 7
        )
        for weeks in draws
    ]
    lost, wanted = (np.mean([getattr(one, name) for one in found]) for name in ("lost", "wanted"))
    assert 1 - lost / wanted == pytest.approx(lasting(level, mean, lead, batch), abs=0.02)


@pytest.mark.parametrize(("mean", "lead", "batch"), [(0.4, 19, 22), (0.6, 27, 36), (1.0, 12, 10)])
def test_slow_lines_lose_what_renewal_theory_says(mean, lead, batch):
    """Ordered when nothing is left, a line loses what is wanted until the next review and in the lead time, per cycle.

    Source: Ross 1996, section 3.6 (renewal reward).
    """
    draws = np.random.default_rng(1).poisson(mean, (400, 12, NUM_COURSES)).astype(np.float32)
    terms = Terms(np.ones(400), np.full(400, float(batch)), np.full(400, float(batch)))
    found = played(np.zeros((400, 1)), draws, np.full((400, 256), float(lead)), terms, 7)
    short = mean * (lead + 3.5) / 7
    assert found.lost.sum() / found.wanted.sum() == pytest.approx(short / (batch + short), rel=0.15)


def test_whole_units_of_stock_are_what_the_formula_counts():
    demand = np.random.default_rng(2).poisson(3.0, (5, 4_000)).astype(float)
    batch = np.array([1.0, 2.0, 5.0, 12.0, 40.0])
    found = tradeoff(np.zeros_like(demand), demand, batch)
    for row, units in enumerate(batch):
        for at in (0, 20, 63):
            stocks = found.levels[row, at] + np.arange(1, units + 1)
            missed = np.mean([np.maximum(demand[row] - stock, 0).mean() for stock in stocks])
            assert found.missed[row, at] == pytest.approx(missed, abs=0.04)


def test_lines_together_see_every_course():
    lines = lines_of(8, demand=np.tile(np.linspace(1, 9, len(LEVELS)), (8, 3, 1)))
    every = week_draws(lines.demand)[0]
    seen = np.concatenate(list(LineDemand.of(lines, 7).weeks), axis=1)
    np.testing.assert_allclose(np.unique(seen, axis=1), np.unique(every.astype(np.float32), axis=1))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50))
def test_higher_points_lose_less(seed):
    lines = lines_of(5, seed=seed, lead_sd=3.0)
    choice = choices(lines, LineDemand.of(lines, 7), OrderPolicy())
    assert (np.diff(choice.lost, axis=1) <= 1e-9).all()
    assert (np.diff(choice.missed, axis=1) <= 1e-9).all()
    assert (choice.lost[:, -1] <= 0.02 * choice.wanted + 1e-9).all()


def test_the_points_lose_no_more_than_was_asked():
    lines = lines_of(40, seed=3, lead_sd=2.0)
    for level in (0.85, 0.95, 0.99):
        policy = OrderPolicy(level=level)
        choice = choices(lines, LineDemand.of(lines, 7), policy)
        points = order_points(choice, lines, policy)
        at = (choice.levels <= points[:, None]).sum(axis=1) - 1
        lost = np.take_along_axis(choice.lost, at[:, None], axis=1).sum()
        assert lost <= (1 - level) * choice.wanted.sum() + 1e-9


def test_lines_that_stand_for_all_lose_what_all_do(monkeypatch):
    mean = np.exp(np.random.default_rng(6).normal(0.5, 1.5, 400))
    lines = lines_of(400, seed=6, lead_sd=2.0, demand=normal_demand(mean, 0.3 * mean + np.sqrt(mean)))
    policy, demand = OrderPolicy(level=0.95), LineDemand.of(lines, 7)
    every = choices(lines, demand, policy)
    monkeypatch.setattr("decisions.order_points.MOST_PLAYED", 100)
    some = choices(lines, demand, policy)
    assert (some.wanted > 0).sum() <= 100
    assert some.wanted.sum() == pytest.approx(every.wanted.sum(), rel=0.02)
    at = (every.levels <= order_points(some, lines, policy)[:, None]).sum(axis=1) - 1
    lost = np.take_along_axis(every.lost, at[:, None], axis=1).sum()
    assert lost / every.wanted.sum() == pytest.approx(0.05, abs=0.008)


def test_lines_drawn_in_parts_are_those_drawn_at_once(monkeypatch):
    lines = lines_of(30, seed=2, lead_sd=2.0, shelf_life_days=np.where(np.arange(30) % 3, np.nan, 9.0))
    whole = LineDemand.of(lines, 7)
    monkeypatch.setattr("decisions.lead_demand.LINES_AT_ONCE", 7)
    for name, values in vars(LineDemand.of(lines, 7)).items():
        np.testing.assert_array_equal(values, getattr(whole, name), err_msg=name)


def test_equal_input_gives_equal_points():
    lines = lines_of(8, seed=1)
    weeks = week_draws(lines.demand)[..., :NUM_COURSES].astype(np.float32)
    levels = np.tile(np.arange(0.0, 100.0, 20.0), (8, 1))
    terms = Terms(lines.pack_units, lines.min_order_units, lines.pack_units)
    one, two = (played(levels, weeks, lines.lead_days, terms, 7) for _ in range(2))
    np.testing.assert_array_equal(one.lost, two.lost)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.floats(0.8, 0.99))
def test_no_line_could_give_a_unit_to_another_and_less_be_missed(seed, level):
    lines = lines_of(12, seed=seed, lead_sd=3.0)
    policy = OrderPolicy(level=level)
    choice = choices(lines, LineDemand.of(lines, 7), policy)
    at = (choice.levels < order_points(choice, lines, policy)[:, None]).sum(axis=1)
    spared, lost = [], []
    for row, place in enumerate(at):
        levels, missed = choice.levels[row], choice.missed[row]
        up, down = levels > levels[place], levels < levels[place]
        spared += [((missed[place] - missed[up]) / (levels[up] - levels[place])).max(initial=0)]
        lost += [((missed[down] - missed[place]) / (levels[place] - levels[down])).min(initial=np.inf)]
    assert max(spared) <= min(lost) + 1e-9


def test_where_demand_is_as_told_the_fill_rate_is_what_was_asked():
    rng, weeks = np.random.default_rng(4), 80
    mean = rng.uniform(1, 12, 60)
    told = np.repeat(poisson.ppf(np.array(LEVELS), mean[:, None])[:, None], 8, axis=1)
    lines = lines_of(60, demand=told, lead_sd=2.0)
    lead = np.stack([rng.choice(days, weeks) for days in lines.lead_days]).round().astype(np.int64)
    by_day = rng.multinomial(rng.poisson(mean[:, None], (60, weeks)), np.full(7, 1 / 7)).reshape(60, -1)
    scene = Scene(by_day.astype(float), lead, sp.csr_matrix((60, 60)), lines.shelf_life_days, skip_days=7 * 20)
    policy = OrderPolicy(level=0.95)
    points = order_points(choices(lines, LineDemand.of(lines, 7), policy), lines, policy)
    sells = np.ones(60, np.bool_)
    course = simulate(scene, lambda _, position: ordered_units(points, position, lines, sells), opening=points + 1)
    assert course.figures(scene)["fill_rate"] == pytest.approx(0.95, abs=0.012)
