"""Simulation: units are conserved, substitutes take over, what is too old goes."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.simulation import Scene, simulate
from decisions.textbook import fill_rate_points, service_points


def scene_of(demand, *, lead=0, transfer=None, life=None, **more):
    demand = np.asarray(demand, float)
    number, days = demand.shape
    return Scene(
        demand=demand,
        lead_days=np.full((number, days), lead),
        transfer=sp.csr_matrix((number, number)) if transfer is None else sp.csr_matrix(transfer),
        shelf_life_days=np.full(number, np.nan) if life is None else np.asarray(life, float),
        **more,
    )


def nothing(_review, position):
    return np.zeros_like(position)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 200))
def test_units_and_demand_are_conserved(seed):
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 6))
    shares = rng.random((number, number)) * (1 - np.eye(number))
    scene = Scene(
        demand=rng.poisson(4, (number, 40)).astype(float),
        lead_days=rng.integers(0, 9, (number, 40)),
        transfer=sp.csr_matrix(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1) * rng.random()),
        shelf_life_days=np.where(rng.random(number) < 0.5, rng.integers(1, 9, number), np.nan),
        review_days=int(rng.integers(1, 8)),
    )
    target = rng.uniform(5, 60, number)
    opening = np.floor(rng.uniform(0, 30, number))
    found = simulate(scene, lambda _, position: np.ceil(np.maximum(target - position, 0)), opening=opening)
    left = opening[:, None] + np.cumsum(found.received - found.sold - found.spoiled, axis=1)
    assert left == pytest.approx(found.closing, abs=1e-6)
    assert (found.closing >= -1e-9).all()
    assert found.own + found.moved == pytest.approx(found.sold)
    assert found.sold.sum() + found.lost.sum() == pytest.approx(scene.demand.sum())


def test_without_orders_the_shelf_runs_out_and_the_rest_is_lost():
    found = simulate(scene_of([[3, 3, 3]]), nothing, opening=np.array([5.0]))
    assert found.sold.tolist() == [[3, 2, 0]]
    assert found.lost.tolist() == [[0, 1, 3]]
    figures = found.figures(scene_of([[3, 3, 3]]))
    assert figures["fill_rate"] == pytest.approx(5 / 9)
    assert figures["stock_out_rate"] == pytest.approx(2 / 3)


def test_substitutes_with_stock_take_their_share_over_and_no_more_than_they_have():
    scene = scene_of([[10], [1]], transfer=[[0, 0.5], [0, 0]])
    found = simulate(scene, nothing, opening=np.array([0.0, 4.0]))
    assert found.moved[:, 0].tolist() == [0, 3]
    assert found.lost[:, 0] == pytest.approx([7, 0])
    assert found.figures(scene)["kept_rate"] == pytest.approx(4 / 11)


def test_an_order_comes_after_its_lead_time():
    scene = scene_of(np.ones((1, 6)), lead=3)
    found = simulate(scene, lambda review, _: np.full(1, 9.0 * (review == 0)), opening=np.zeros(1))
    assert found.received[0].tolist() == [0, 0, 0, 9, 0, 0]


def test_the_oldest_units_are_sold_first_and_what_is_too_old_spoils():
    scene = scene_of([[1, 1, 1, 1]], life=[2], review_days=1)
    orders = simulate(scene, lambda review, _: np.full(1, 3.0 * (review == 1)), opening=np.array([3.0]))
    assert orders.spoiled[0].tolist() == [0, 0, 1, 2]
    assert orders.sold[0].tolist() == [1, 1, 1, 0]


def test_a_skipped_week_counts_nowhere():
    found = simulate(scene_of([[9] * 7 + [1] * 7]), nothing, opening=np.array([70.0]))
    assert found.figures(scene_of([[9] * 7 + [1] * 7], skip_days=7))["fill_rate"] == 1


def test_textbook_points_reach_what_they_ask_of_normal_demand():
    """A long run of independent normal days: no less than asked, and little more, for what is lost is not owed."""
    rng, number = np.random.default_rng(3), 40
    mean, sd = np.full(number, 20.0), np.full(number, 6.0)
    lead = np.full((number, 4), 7.0)
    points = fill_rate_points(mean, sd, lead, review_days=7, level=0.95)
    scene = scene_of(np.maximum(np.round(rng.normal(20, 6, (number, 700))), 0), lead=7, skip_days=28)
    found = simulate(scene, lambda _, position: np.maximum(points + 1 - position, 0), opening=points)
    assert found.figures(scene)["fill_rate"] == pytest.approx(0.96, abs=0.011)
    assert (service_points(mean, sd, lead, review_days=7, level=0.95) > points).all()
