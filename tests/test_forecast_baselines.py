"""Simple forecasts are those of another library, and pass over weeks that are unknown."""

import numpy as np
import pytest
from forecast_shops import history_from, weekly_rows

from forecast.baselines import (
    SIMPLE,
    SMOOTHING,
    croston,
    fit_auto_ets,
    mean_of_all,
    mean_of_last_four,
    seasonal_naive,
    simple_forecasts,
    tsb,
)

LINES = np.random.default_rng(0).poisson(0.8, (5, 70)).astype(np.float32)


@pytest.mark.parametrize(
    ("ours", "name", "options"),
    [
        (croston, "CrostonClassic", ()),
        (tsb, "TSB", (SMOOTHING, SMOOTHING)),
        (mean_of_all, "HistoricAverage", ()),
        (mean_of_last_four, "WindowAverage", (4,)),
        (seasonal_naive, "SeasonalNaive", (52,)),
    ],
)
def test_simple_forecasts_are_those_of_another_library(ours, name, options):
    from statsforecast import models  # heavy, and wanted here alone

    theirs = getattr(models, name)(*options)
    wanted = [theirs.forecast(y=line.astype(np.float64), h=1)["mean"][0] for line in LINES]
    np.testing.assert_allclose(ours(LINES, 1), wanted, rtol=1e-5)


def test_unknown_weeks_change_no_mean():
    holes = np.full((5, 140), np.nan, np.float32)
    holes[:, ::2] = LINES
    for baseline in (mean_of_all, mean_of_last_four, tsb, croston):
        np.testing.assert_allclose(baseline(holes, 1), baseline(LINES, 1))


@pytest.mark.parametrize("name", [*SIMPLE, "AutoETS"])
def test_every_baseline_tells_ordered_quantiles_of_every_series(name):
    units = history_from(weekly_rows(num_weeks=30)).grids["units"].copy()
    units[0] = np.nan
    units[1, 3:] = np.nan
    told = fit_auto_ets(units).forecasts(units, [1, 3]) if name == "AutoETS" else simple_forecasts(name, units, [1, 3])
    assert told.shape == (2, len(units), 20)
    assert np.isfinite(told).all()
    assert (np.diff(told[..., 1:], axis=2) >= -1e-6).all()
