"""Weeks that a stock-out cut short: what was wanted is no less than what was sold, and nothing else changes."""

import numpy as np
import pytest
from forecast_shops import history_from, weekly_rows, with_grid
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from forecast.censoring import FARTHEST, sold_out, wanted_at_least
from forecast.examples import sampled_examples
from forecast.panel import panel_of


@pytest.mark.slow
@given(bound=st.floats(-3, 3), level=st.floats(-2, 2), scatter=st.floats(0.1, 2))
def test_what_was_wanted_is_the_mean_beyond_the_bound(bound, level, scatter):
    found = float(wanted_at_least(*(np.float32([one]) for one in (bound, level, scatter)))[0])
    assert found >= np.float32(bound) - 1e-5
    if abs(bound - level) < (FARTHEST - 0.5) * scatter:
        beyond = stats.norm(level, scatter)
        mean = integrate.quad(lambda x: x * beyond.pdf(x), bound, level + 12 * scatter)[0] / beyond.sf(bound)
        assert found == pytest.approx(mean, abs=1e-3 * (1 + abs(mean)))


def test_without_a_level_the_bound_is_all_that_is_known():
    assert wanted_at_least(np.float32([2.0]), np.float32([np.nan]), np.float32([np.nan])) == 2.0


@pytest.fixture(scope="module")
def stocked():
    whole = history_from(weekly_rows())
    return with_grid(whole, "on_hand_units", lambda grid: grid.fill(9.0))


def emptied(history, weeks):
    """The same shop with the first series sold out, at nothing, in some weeks."""
    short = with_grid(history, "units", lambda grid: grid.__setitem__((0, weeks), 0.0))
    return with_grid(short, "on_hand_units", lambda grid: grid.__setitem__((0, weeks), 0.0))


def test_unknown_stock_is_not_an_empty_shelf():
    assert not sold_out(history_from(weekly_rows())).any()


def test_an_empty_shelf_does_not_pull_the_level_down(stocked):
    weeks = slice(46, 50)
    usual, short = panel_of(stocked), panel_of(emptied(stocked, weeks))
    naive = panel_of(with_grid(stocked, "units", lambda grid: grid.__setitem__((0, weeks), 0.0)))
    assert abs(short.level[0, 49] - usual.level[0, 49]) < 0.3
    assert naive.level[0, 49] < usual.level[0, 49] - 1


def test_weeks_cut_short_are_not_learnt_from(stocked):
    short = panel_of(emptied(stocked, slice(40, 50)))
    rows = sampled_examples(short, targets=range(40, 50), horizons=[1], families=["lags"], max_rows=10**6, seed=0)
    assert rows is not None
    assert 0 not in rows.series
    assert set(rows.series) == set(range(1, stocked.num_series))


def test_with_stock_on_every_shelf_nothing_changes(stocked):
    plain = with_grid(stocked, "on_hand_units", lambda grid: grid.fill(np.nan))
    for name in ("level", "residual", "effect"):
        np.testing.assert_array_equal(getattr(panel_of(stocked), name), getattr(panel_of(plain), name))
