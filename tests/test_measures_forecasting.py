"""Measures of forecasts agree with scikit-learn and with loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_percentage_error, mean_pinball_loss

from measures.bootstrap import paired_difference, paired_ratio_difference
from measures.forecasting import covered, naive_scales, percentage_errors, pinball_losses, wrmsse

UNITS = st.lists(st.integers(0, 50), min_size=2, max_size=20)
LEVELS = np.array([0.05, 0.5, 0.95])


@given(UNITS)
def test_pinball_is_that_of_another_library(units):
    actual = np.array(units, float)
    quantiles = np.sort(np.random.default_rng(0).uniform(0, 50, (len(actual), 3)), axis=1)
    wanted = np.mean([mean_pinball_loss(actual, quantiles[:, at], alpha=level) for at, level in enumerate(LEVELS)])
    assert pinball_losses(actual, quantiles, LEVELS).mean() == pytest.approx(wanted)


@given(UNITS)
def test_percentage_errors_leave_zeros_out(units):
    actual = np.array([*units, 3], float)
    forecast = actual + 1
    sold = actual > 0
    shares = percentage_errors(actual, forecast)
    assert np.isnan(shares[~sold]).all()
    assert np.nanmean(shares) == pytest.approx(mean_absolute_percentage_error(actual[sold], forecast[sold]))


def test_an_interval_is_closed():
    assert covered(np.array([1.0, 2.0, 3.0]), np.ones(3), np.full(3, 2.0)).tolist() == [1, 1, 0]


def test_scales_start_at_the_first_sale_and_pass_over_unknown_weeks():
    units = np.array([[0.0, 0, 2, 5, np.nan, 4, 6], [np.nan] * 7, [0.0] * 7])
    scales = naive_scales(units)
    assert scales[0] == pytest.approx((3**2 + 2**2) / 2)
    assert np.isnan(scales[1:]).all()


def test_wrmsse_is_that_of_a_loop():
    generator = np.random.default_rng(1)
    units, series = generator.poisson(5, (6, 30)).astype(float), np.repeat(np.arange(6), 4)
    errors, weights = generator.normal(0, 2, 24), generator.random(6)
    wanted = 0.0
    for row in range(6):
        start = int(np.flatnonzero(units[row])[0])
        scale = np.mean([(units[row, week] - units[row, week - 1]) ** 2 for week in range(start + 1, 30)])
        wanted += weights[row] / weights.sum() * np.sqrt(np.mean(errors[series == row] ** 2) / scale)
    assert wrmsse(errors, series, naive_scales(units), weights) == pytest.approx(wanted)


def test_wrmsse_of_nothing_is_untold():
    assert np.isnan(wrmsse(np.ones(2), np.zeros(2, np.int64), np.array([np.nan]), np.ones(1)))


def test_a_ratio_with_equal_weights_is_the_mean():
    generator = np.random.default_rng(2)
    ours, theirs, groups = generator.random(50), generator.random(50), np.arange(50)
    ratio = paired_ratio_difference(ours, theirs, np.ones(50), groups=groups, seed=0)
    mean = paired_difference(ours, theirs, seed=0)
    assert ratio.mean == pytest.approx(mean.mean)
    assert (ratio.low, ratio.high) == pytest.approx((mean.low, mean.high), abs=0.02)


def test_a_ratio_that_weighs_nothing_is_refused():
    with pytest.raises(ValueError, match="weigh something"):
        paired_ratio_difference(np.ones(2), np.ones(2), np.zeros(2), groups=np.arange(2), seed=0)
