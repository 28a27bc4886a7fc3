"""Weeks as the tables tell them: missing is unknown, zero is zero, and planted effects are found."""

from datetime import date, timedelta

import numpy as np
import pytest
from forecast_shops import MONDAY, history_from, shop_rows, weekly_rows
from lake_shops import stage

from forecast.effects import drivers_of, filled, fit_effects
from forecast.panel import panel_of, weighted_mean
from forecast.reading import read_history
from schema.errors import BadInput, EmptyWindow, MissingTable


def row(week, units, **more):
    return {"sku": "a", "store_id": "s", "week_starts_on": MONDAY + timedelta(weeks=week), "units": units, **more}


def test_a_missing_week_is_unknown_and_a_zero_is_zero():
    grid = history_from([row(0, 4.0), row(1, 0.0), row(3, 6.0)]).grids["units"]
    np.testing.assert_array_equal(grid, [[4, 0, np.nan, 6]])


def test_missing_weeks_do_not_pull_a_level_down():
    whole = history_from([row(week, 10.0, price=1.0) for week in range(20)])
    holes = history_from([row(week, 10.0, price=1.0) for week in range(20) if week % 3 or week == 0])
    zeros = history_from([row(week, 10.0 if week % 3 else 0.0, price=1.0) for week in range(20)])
    levels = [panel_of(one).level[0, 19] for one in (whole, holes, zeros)]
    assert levels[0] == pytest.approx(np.log(11), rel=1e-5)
    assert levels[1] == pytest.approx(levels[0], rel=1e-5)
    assert levels[2] < levels[0] - 0.3


def test_only_weeks_that_ended_are_known():
    history = history_from([row(week, 5.0) for week in range(4)])
    day = np.datetime64(MONDAY)
    known = [np.isfinite(history.known_before(day + days).grids["units"]).sum() for days in (0, 6, 7, 13, 14, 99)]
    assert known == [0, 0, 1, 1, 2, 4]


@pytest.mark.parametrize(("days", "week"), [(-8, -1), (-7, -1), (-1, 0), (0, 0), (1, 1), (7, 1), (8, 2)])
def test_a_day_belongs_to_the_next_week_that_starts(days, week):
    history = history_from([row(0, 5.0), row(1, 5.0)])
    assert history.week_of(np.datetime64(MONDAY + timedelta(days=days))) == week


def test_weeks_must_start_on_one_weekday():
    odd = {**row(0, 1.0), "week_starts_on": date(2020, 1, 9)}
    with pytest.raises(BadInput, match="same weekday"):
        history_from([row(0, 1.0), odd])


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(MissingTable, match="weekly_sales"):
        read_history(stage(tmp_path, {"products": [{"sku": "a"}]}))
    with pytest.raises(EmptyWindow, match="weekly_sales"):
        read_history(stage(tmp_path, {"products": [{"sku": "a"}], "weekly_sales": []}))


def test_a_currency_stands_for_a_country_where_stores_name_none(tmp_path):
    rows = shop_rows([row(0, 1.0)])
    assert read_history(stage(tmp_path, rows, currency="USD")).country == "United States"
    rows["stores"][0]["country"] = "CA"
    assert read_history(stage(tmp_path, rows, currency="USD")).country == "CA"


def test_unknown_weeks_take_the_last_known_value():
    grid = np.array([[np.nan, 1, np.nan, 2], [np.nan] * 4], np.float32)
    np.testing.assert_array_equal(filled(grid), [[1, 1, 1, 2], [np.nan] * 4])


def test_a_weighted_mean_is_that_of_a_loop():
    line = np.array([[3.0, np.nan, 5.0, 1.0]], np.float32)
    weights = 0.5 ** (np.array([3, 1, 0]) / 2)
    assert weighted_mean(line, 2.0)[0, 3] == pytest.approx(weights @ [3, 5, 1] / weights.sum(), rel=1e-5)


def test_effects_find_the_planted_elasticity_and_lift():
    history = history_from(weekly_rows(num_weeks=100, cross=0.0))
    slopes = fit_effects(np.log1p(history.grids["units"]), drivers_of(history), history.product).slopes
    discount, _, feature, *_ = slopes.mean(axis=0)
    assert discount == pytest.approx(-2.0, abs=0.35)
    assert feature == pytest.approx(0.6, abs=0.12)
