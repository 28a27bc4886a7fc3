"""Where a simple forecast does better on held-out weeks it serves, and where it does not nothing changes."""

from dataclasses import replace

import numpy as np
import pytest
from forecast_shops import history_from, weekly_rows

from forecast.daily import fit_daily
from forecast.day_grid import days_of
from forecast.days import DailySales
from forecast.drivers import base_units, driver_factors
from forecast.fallback import Fallback, fallbacks
from forecast.held_out import ToldBack
from forecast.model import fit_forecast
from forecast.settings import ForecastSettings
from forecast.velocity import CLASSES

WEEKS, SERIES = 40, 60
LEAP, TRUTH = 3.0, 20.0
"""What a wrong model adds to log1p(units), and units a week of every series."""


@pytest.fixture(scope="module")
def units():
    return np.random.default_rng(0).poisson(TRUTH, (SERIES, WEEKS)).astype(np.float32)


def told_back(logs, first=28):
    """Weeks from `first` on, seen from the week before each; odd series are fast, even ones slow."""
    series, week = (each.ravel() for each in np.mgrid[0:SERIES, first:WEEKS])
    spread = np.full(len(series), 0.2)
    return ToldBack(first, series, week - 1, week, logs(series, week), spread, 2 * (series % 2))


def test_a_class_falls_back_where_the_model_loses_and_stays_where_it_knows(units):
    knows = np.log1p(units)

    def half_right(series, week):
        noise = LEAP * np.random.default_rng(1).normal(size=len(series))
        return np.where(series % 2 == 0, knows[series, week], np.log(TRUTH) + noise)

    (found,) = fallbacks(units, [told_back(half_right)], 1)
    assert (CLASSES[found.velocity], found.name) == ("fast", "mean")
    assert found.loss < found.model_loss / 2
    assert "fast products are told by the mean" in str(found)
    assert fallbacks(units, [told_back(lambda series, week: knows[series, week])], 1) == ()
    assert fallbacks(units, [], 1) == ()


def test_what_comes_after_a_row_was_seen_from_changes_no_simple_forecast(units):
    def wrong(series, week):
        return np.random.default_rng(1).normal(size=len(series)) * LEAP + week * 0

    seen = told_back(wrong, first=WEEKS - 4)
    later = units.copy()
    later[:, WEEKS - 1] = 500
    before = replace(seen, **{name: getattr(seen, name)[seen.week < WEEKS - 1] for name in _BY_ROW})
    assert fallbacks(units, [before, before], 1) == fallbacks(later, [before, before], 1)


_BY_ROW = ("series", "origin", "week", "logs", "spreads", "groups")


@pytest.fixture(scope="module")
def served():
    """A model all of whose classes are told by the mean, on a shop of ten weeks to come."""
    history = history_from(weekly_rows(num_brands=6, num_stores=3, num_weeks=50))
    settings = ForecastSettings(num_trees=10, is_on_trial=False, max_rows=4_000)
    fitted = fit_forecast(history.known_weeks(40), horizons=range(1, 4), settings=settings)
    assert fitted.fallbacks == ()
    return replace(fitted, fallbacks=tuple(Fallback(at, "mean", 0.3, 1.0, 2.0) for at in range(len(CLASSES))))


@pytest.mark.slow
def test_a_simple_forecast_tells_its_own_point_ordered_quantiles_and_no_drivers(served):
    rows = np.arange(served.panel.history.num_series)
    told = served.predict(np.repeat(rows, 2), np.tile([40, 41], len(rows)))
    means = np.nanmean(served.panel.history.grids["units"][:, :40].astype(np.float64), axis=1)
    np.testing.assert_allclose(told.mean, np.repeat(means, 2), rtol=1e-6)
    assert (np.diff(told.quantiles, axis=1) >= 0).all()
    assert (driver_factors(served, served.told(rows, 41)) == 1).all()
    np.testing.assert_allclose(base_units(served, rows), means, rtol=1e-6)


@pytest.mark.slow
def test_days_saved_are_those_told_now_also_where_a_simple_forecast_serves(served):
    generator, history = np.random.default_rng(3), served.panel.history
    weekly = np.nan_to_num(history.grids["units"]).astype(np.int64)
    days = generator.multinomial(weekly, [0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.0]).astype(np.float32)
    sales = DailySales(days, {}, days_of(history.first_week, history.num_weeks))
    daily = fit_daily(served, sales)
    rows, weeks = np.arange(0, history.num_series, 2), np.arange(40, 43)
    saved = daily.saved(rows, weeks)
    stores = np.unique(history.store[rows], return_inverse=True)[1]
    for place, row in enumerate(rows):
        for at, week in enumerate(weeks):
            told = daily.predict(np.array([row]), np.array([week]))
            point = float(served.predict(np.array([row]), np.array([week])).mean[0])
            points, quantiles = saved.spread(place, int(stores[place]), at, point)
            assert points.sum() == pytest.approx(point)
            np.testing.assert_allclose(points, told.mean, rtol=1e-5)
            np.testing.assert_allclose(quantiles, told.quantiles, rtol=1e-4, atol=1e-5)
