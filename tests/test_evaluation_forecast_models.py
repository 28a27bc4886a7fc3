"""Fits shared between rounds: how often they are made, and never of what came later."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.forecast_models import Refitted
from forecast.baselines import fit_auto_ets

LINES = np.random.default_rng(0).poisson(6, (4, 60)).astype(np.float32)


def cut(origin, horizons=(1, 2)):
    return SimpleNamespace(origin=origin, horizons=list(horizons))


@given(st.lists(st.tuples(st.integers(10, 20), st.sampled_from([(1, 2), (2, 3)])), max_size=20), st.integers(1, 5))
def test_a_fit_is_of_no_later_round_and_serves_so_many_at_most(rounds, every):
    fits = Refitted(lambda one: one, every)
    served = []
    for origin, horizons in rounds:
        found = fits.at(cut(origin, horizons))
        assert found.origin <= origin
        assert set(horizons) <= set(found.horizons)
        served.append(found)
    assert all(sum(other is one for other in served) <= every for one in served)


def test_rounds_that_roll_on_share_fits():
    made = []
    counted = Refitted(lambda one: made.append(one.origin) or one, 4)
    for origin in range(12):
        counted.at(cut(origin))
    assert made == [0, 4, 8]


def test_a_rolled_on_ets_knows_the_later_weeks():
    early = fit_auto_ets(LINES[:, :50])
    raised = LINES.copy()
    raised[:, 50:] += 30
    rolled, calm = (early.forecasts(lines, [1])[0, :, 0] for lines in (raised, LINES))
    assert (rolled >= calm - 1e-9).all()
    assert rolled.sum() > calm.sum()
