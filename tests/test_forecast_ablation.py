"""Feature families on trial: what helps is on, what does not is off, and nothing after the origin is looked at."""

from dataclasses import replace

import numpy as np
import pytest
from forecast_shops import history_from, weekly_rows, with_grid

from forecast.ablation import TRIALS, Verdict, proven, tried
from forecast.held_out import block_weeks, held_out_blocks
from forecast.model import families_tried, fit_forecast
from forecast.settings import FAMILY_NAMES, ForecastSettings
from measures.bootstrap import Interval
from schema.errors import BadInput

QUICK = ForecastSettings(num_trees=10, max_rows=20_000, calibration_weeks=8, calibration_blocks=2)
KNOWN = 50


@pytest.fixture(scope="module")
def crossed():
    """Sales that other products' prices move a good deal."""
    return history_from(weekly_rows(cross=3.0))


def test_blocks_are_the_last_weeks_and_never_meet():
    settings = ForecastSettings(calibration_weeks=12, calibration_blocks=3)
    assert block_weeks(99, settings) == [range(88, 100), range(76, 88), range(64, 76)]
    assert block_weeks(26, settings) == [range(21, 27), range(15, 21)], "half the weeks are left to learn from"
    assert block_weeks(4, settings) == [range(4, 5), range(3, 4)]
    assert block_weeks(0, settings) == []


@pytest.mark.slow
def test_a_family_passes_where_it_is_planted_and_falls_where_it_is_not(crossed):
    blocks = held_out_blocks(crossed.known_weeks(KNOWN), KNOWN - 1, [1], QUICK)
    verdicts = {verdict.families: verdict for verdict in tried(blocks, QUICK)}
    assert list(verdicts) == list(TRIALS)
    assert verdicts["relations",].is_on
    assert verdicts["relations",].gain.low > 0
    assert not verdicts["season",].is_on, "no week has one a year before it"
    assert verdicts["season",].gain.mean == 0


@pytest.mark.slow
def test_relations_are_off_where_other_products_do_not_matter():
    lone = history_from(weekly_rows(cross=0.0)).known_weeks(KNOWN)
    settings, verdicts = families_tried(lone, horizons=[1], settings=QUICK)
    assert "relations" not in settings.families
    assert not settings.is_on_trial
    assert {one for verdict in verdicts if verdict.is_on for one in verdict.families} == {*settings.families} - {"lags"}


@pytest.mark.slow
def test_what_comes_after_the_cut_off_changes_no_verdict(crossed):
    def spoil(grid):
        grid[:, KNOWN:] = 7 * np.nan_to_num(grid[:, KNOWN:])[::-1] + 13

    later = with_grid(crossed, "units", spoil)
    found = [families_tried(one.known_weeks(KNOWN), horizons=[1], settings=QUICK) for one in (crossed, later)]
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_fit_looks_at_what_passed_and_says_so(crossed):
    known = crossed.known_weeks(KNOWN)
    model = fit_forecast(known, horizons=[1], settings=QUICK)
    assert model.settings == proven(QUICK.without("embeddings"), model.verdicts)
    assert "season" not in model.settings.families
    told = model.predict(np.arange(known.num_series), np.full(known.num_series, KNOWN))
    assert np.isfinite(told.quantiles).all()
    again = fit_forecast(known, horizons=[1], settings=model.settings)
    np.testing.assert_array_equal(again.predict(np.arange(5), np.full(5, KNOWN)).quantiles, told.quantiles[:5])
    assert again.verdicts == ()


def test_too_few_weeks_leave_relations_off_and_the_others_on():
    short = history_from(weekly_rows(num_weeks=12))
    settings, verdicts = families_tried(short, horizons=[1], settings=QUICK)
    assert settings.families == tuple(name for name in FAMILY_NAMES if name not in {"relations", "embeddings"})
    assert {str(verdict) for verdict in verdicts} >= {"relations off (too few weeks to tell)"}


def test_a_verdict_is_told_in_per_cent():
    assert (
        str(Verdict(("price", "promotion"), Interval(0.051, 0.02, 0.08), is_on=True))
        == "price and promotion on (+5.1 %, +2.0 to +8.0)"
    )


def test_chosen_families_are_not_tried():
    chosen = ForecastSettings().only(["price", "lags"])
    assert chosen.families == ("lags", "price")
    assert not chosen.is_on_trial
    assert chosen.with_("season").without("price").families == ("lags", "season")
    for wrong in (["lags", "moon"], ["price"]):
        with pytest.raises(BadInput, match="There are lags"):
            ForecastSettings().only(wrong)


def test_no_block_gives_no_verdict_to_lose_a_forecast_by(crossed):
    model = fit_forecast(crossed.known_weeks(1), horizons=[1], settings=replace(QUICK, seed=1))
    told = model.predict(np.arange(crossed.num_series), np.full(crossed.num_series, 1))
    assert np.isfinite(told.quantiles).all()
