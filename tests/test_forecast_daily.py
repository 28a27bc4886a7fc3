"""The forecast by day: it sums to its week, keeps its promise, and sees no later day."""

from datetime import timedelta

import numpy as np
import pytest
from day_shops import INFO, MONDAY, daily_rows, history_of_days, reader

from forecast.daily import fit_daily
from forecast.days import days_by
from forecast.model import fit_forecast
from forecast.settings import ForecastSettings

pytestmark = pytest.mark.slow

QUICK = ForecastSettings(num_trees=20, max_rows=4_000, is_on_trial=False)
KNOWN = 52
AHEAD = (1, 2)


def priced(daily, later=None):
    """Each product 2.0 a day and half that on the third Friday of each month, which sells three times as much.

    Args:
        later: prices by day that are planned otherwise.
    """
    rows = []
    for row in daily:
        is_cut = row["sold_on"].weekday() == 4 and 14 < row["sold_on"].day < 22
        price = (later or {}).get(row["sold_on"], 1.0 if is_cut else 2.0)
        rows.append({**row, "price": price, "base_price": 2.0, "units": row["units"] * (3 if is_cut else 1)})
    return rows


def fitted(daily, known=KNOWN):
    history = history_of_days(daily_sales=daily)
    days = days_by(reader(daily_sales=daily), history, INFO)
    return fit_daily(fit_forecast(history.known_weeks(known), horizons=AHEAD, settings=QUICK), days)


def told(daily, **changes):
    model = fitted(daily, **changes)
    rows = np.arange(model.weekly.panel.history.num_series)
    targets = np.repeat([KNOWN - 1 + step for step in AHEAD], len(rows))
    series = np.tile(rows, len(AHEAD))
    return model.weekly.predict(series, targets), model.predict(series, targets)


@pytest.fixture(scope="module")
def daily():
    return daily_rows(num_weeks=56, num_products=8)


@pytest.fixture(scope="module")
def ours(daily):
    return told(daily)


def test_days_sum_to_their_week_and_are_ordered(ours):
    weeks, days = ours
    np.testing.assert_allclose(days.mean.reshape(-1, 7).sum(axis=1), weeks.mean)
    assert (np.diff(days.quantiles, axis=1) >= 0).all()
    assert (days.quantiles >= 0).all()
    assert days.starts_on[:7].tolist() == [MONDAY + timedelta(weeks=KNOWN, days=day) for day in range(7)]
    assert days.table().column_names[:4] == ["sku", "store_id", "sold_on", "mean"]
    assert days.sku[0] == days.sku[6] == weeks.sku[0]
    assert (days.mean.reshape(-1, 7)[:, 6] < 0.05).all()


def test_intervals_of_days_hold_their_promise(daily):
    model = fitted(daily)
    sold, series = model.days.units, np.arange(16)
    found = model.predict(np.repeat(series, 4), np.tile(np.arange(KNOWN, 56), 16))
    actual = sold[:, KNOWN:56].reshape(-1)
    open_ = actual > 0
    inside = (actual >= found.quantiles[:, 0]) & (actual <= found.quantiles[:, -1])
    assert 0.84 < inside[open_].mean() < 0.96


def test_no_later_day_changes_a_forecast(daily, ours):
    cut = MONDAY + timedelta(weeks=KNOWN)
    spoilt = [{**row, "units": row["units"] * 7 + 13} if row["sold_on"] >= cut else row for row in daily]
    again = told(spoilt)[1]
    np.testing.assert_array_equal(again.mean, ours[1].mean)
    np.testing.assert_array_equal(again.quantiles, ours[1].quantiles)


def test_a_planned_price_moves_its_own_day_and_week_alone(daily):
    day = MONDAY + timedelta(weeks=KNOWN, days=3)
    plain, dear = told(priced(daily))[1], told(priced(daily, later={day: 1.0}))[1]
    before, after = (one.mean.reshape(len(AHEAD), -1, 7) for one in (plain, dear))
    shares = [week / week.sum(axis=2, keepdims=True) for week in (before[0][None], after[0][None])]
    assert (shares[1][..., 3] > 1.05 * shares[0][..., 3]).all()
    assert (after[0].sum(axis=1) >= before[0].sum(axis=1)).mean() > 0.5
    np.testing.assert_allclose(after[1] / after[1].sum(axis=1)[:, None], before[1] / before[1].sum(axis=1)[:, None])


def test_days_are_told_where_no_week_could_be_held_out():
    short = daily_rows(num_weeks=6, num_products=2)
    history = history_of_days(daily_sales=short)
    days = days_by(reader(daily_sales=short), history, INFO)
    weekly = fit_forecast(history.known_weeks(1), horizons=[1], settings=QUICK)
    found = fit_daily(weekly, days).predict(np.arange(4), np.full(4, 1))
    assert weekly.told_back == ()
    assert np.isfinite(found.quantiles).all()
