"""Fits shared between rounds: how often they are made, and never of what came later."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.evaluate_forecast import chosen_settings
from evaluation.forecast_models import Refitted, changed
from evaluation.forecast_report import ABLATION, told_verdicts
from forecast.ablation import Verdict
from forecast.baselines import fit_auto_ets
from forecast.settings import ForecastSettings
from schema.errors import BadInput

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


def test_a_family_that_is_on_is_left_out_and_one_that_is_off_is_let_in():
    settings = ForecastSettings().without("relations")
    others = changed(settings, ["relations", "season"])
    assert list(others) == ["with relations", "without season"]
    assert "relations" in others["with relations"].families
    assert "season" not in others["without season"].families
    assert all(name.startswith(ABLATION) for name in others)


def test_verdicts_are_told_in_one_sentence_and_chosen_families_in_none():
    (told,) = told_verdicts([Verdict(("season",), None, is_on=True)])
    assert told.endswith("season on (too few weeks to tell).")
    assert told_verdicts([]) == ()
    assert not chosen_settings("lags,price", seed=3).is_on_trial
    assert chosen_settings(None, seed=3) == ForecastSettings(seed=3)
    with pytest.raises(BadInput, match="moon"):
        chosen_settings("lags,moon", seed=0)
