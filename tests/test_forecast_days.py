"""Days and weeks of daily sales and receipts, days closed, and how weeks fall on their days."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from day_shops import INFO, MONDAY, WORTH, daily_rows, history_of_days, is_holiday, reader, receipts_of, weekly_of
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.days import days_by
from forecast.weekdays import equal_days, fit_weekdays, kinds_of
from schema.errors import BadInput, EmptyWindow, MissingTable


@pytest.fixture(scope="module")
def daily():
    return daily_rows()


@pytest.fixture(scope="module")
def history(daily):
    return history_of_days(daily_sales=daily)


@pytest.fixture(scope="module")
def days(daily, history):
    return days_by(reader(daily_sales=daily), history, INFO)


def test_weeks_are_the_sums_of_their_days(daily, history, days):
    assert history.weeks[0] == np.datetime64(MONDAY)
    weekly = history_of_days(weekly_sales=weekly_of(daily))
    np.testing.assert_array_equal(history.grids["units"], weekly.grids["units"])
    np.testing.assert_array_equal(days.units.sum(axis=2), history.grids["units"])


def test_a_missing_day_is_unknown_and_so_is_its_week(daily):
    holes = [row for row in daily if row["sold_on"] != MONDAY + timedelta(days=8) or row["sku"] != "p0"]
    history = history_of_days(daily_sales=holes)
    days = days_by(reader(daily_sales=holes), history, INFO)
    row = int(np.flatnonzero((history.keys["sku"] == "p0").to_numpy())[0])
    assert np.isnan(history.grids["units"][row, 1])
    assert np.isnan(days.units[row, 1, 1])
    assert np.isfinite(history.grids["units"][row, [0, 2]]).all()


def test_days_on_which_the_store_is_closed_are_zeros_without_rows(daily, history):
    shut = daily_rows(with_zeros=False)
    assert len(shut) < len(daily)
    again = history_of_days(daily_sales=shut)
    np.testing.assert_array_equal(np.isfinite(again.grids["units"]), np.isfinite(history.grids["units"]))
    nobody_came = [row for row in shut if row["sold_on"] != MONDAY + timedelta(days=9)]
    assert np.isnan(history_of_days(daily_sales=nobody_came).grids["units"][:, 1]).all()


def test_receipts_tell_the_days_where_they_add_up(daily, days):
    weekly, lines = weekly_of(daily), receipts_of(daily)
    history = history_of_days(weekly_sales=weekly)
    found = days_by(reader(weekly_sales=weekly, purchases=lines), history, INFO)
    np.testing.assert_array_equal(found.units, days.units)
    missed = days_by(reader(weekly_sales=weekly, purchases=lines[1:]), history, INFO)
    assert np.isnan(missed.units).sum() == 7
    with pytest.raises(BadInput, match=r"receipts miss 5\d %"):
        days_by(reader(weekly_sales=weekly, purchases=lines[::2]), history, INFO)
    with pytest.raises(MissingTable, match="daily_sales"):
        days_by(reader(weekly_sales=weekly), history, INFO)


def test_no_whole_week_is_told(daily):
    with pytest.raises(EmptyWindow, match="all seven days"):
        history_of_days(daily_sales=[row for row in daily if row["sold_on"].weekday() != 2 or row["sku"] == "p9"][:3])


def test_weekdays_and_holidays_are_found_as_planted(history, days):
    found = fit_weekdays(days.units, days.days, history)
    np.testing.assert_allclose(found.usual, np.tile(WORTH / WORTH.sum(), (2, 1)), atol=0.02)
    assert (found.special[:, 1] < 0.2).all()
    rows, week = np.arange(2), (np.datetime64("2023-05-01") - history.first_week).astype(int) // 7
    shares = found.shares(rows, np.full(2, week), np.zeros((2, 7), np.float32))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares[:, 0] < 0.02).all()
    assert is_holiday(days.days[week, 0].item())


def test_a_day_closed_out_of_turn_teaches_no_weekday(history, days):
    shut = days.units.copy()
    shut[:, 10:20, 5] = 0.0
    kinds = kinds_of(days.days, history.country)
    plain = (kinds == 0).all(axis=1)
    usual = fit_weekdays(shut, days.days, history).usual
    np.testing.assert_allclose(usual, np.tile(WORTH / WORTH.sum(), (2, 1)), atol=0.03)
    assert plain[10:20].any()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_shares_sum_to_one_whatever_was_sold(history, days, seed):
    generator = np.random.default_rng(seed)
    units = generator.poisson(generator.random() * 3, days.units.shape).astype(np.float32)
    units[generator.random(units.shape) < 0.1] = np.nan
    for learn in (fit_weekdays, equal_days):
        found = learn(units * generator.integers(0, 2), days.days, history)
        rows, weeks = generator.integers(0, len(units), 20), generator.integers(0, units.shape[1], 20)
        shares = found.shares(rows, weeks, generator.normal(0, 1, (20, 7)).astype(np.float32))
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        assert (shares >= 0).all()


def test_no_day_after_the_cut_teaches_a_share(history, days):
    spoilt = days.units.copy()
    spoilt[:, 30:] = spoilt[::-1, 30:, ::-1] * 9
    cut = replace(days, units=spoilt).known_weeks(30)
    found, wanted = (fit_weekdays(one.units, days.days, history) for one in (cut, days.known_weeks(30)))
    np.testing.assert_array_equal(found.usual, wanted.usual)
    np.testing.assert_array_equal(found.special, wanted.special)
