"""The protocol forecast by day: which days it predicts, its figures by a loop, and what it refuses."""

from datetime import timedelta

import numpy as np
import pytest
from day_shops import MONDAY, daily_rows, receipts_of, shop_of_days, weekly_of
from forecast_shops import assert_told_once
from lake_shops import stage

from evaluation.forecast_days import EQUAL, run_days
from evaluation.forecast_rounds import rolling_rounds
from evaluation.report import OURS
from forecast.baselines import BY_DAY
from forecast.settings import ForecastSettings
from schema.errors import BadInput, MissingTable

pytestmark = pytest.mark.slow

QUICK = ForecastSettings(num_trees=20, max_rows=4_000, is_on_trial=False)
ROUNDS = rolling_rounds(np.datetime64(MONDAY), 50, origins=3, weeks=2)


@pytest.fixture(scope="module")
def daily():
    return daily_rows(num_weeks=50)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory, daily):
    tables = stage(tmp_path_factory.mktemp("shop"), shop_of_days(daily_sales=daily), timezone="Europe/Paris")
    return run_days(tables, rounds=ROUNDS, settings=QUICK, refit_every=2)


def test_every_day_of_a_round_is_predicted_once(outcome, daily):
    assert_told_once(outcome, daily, ROUNDS, "sold_on")


def test_figures_are_those_of_a_loop_over_the_predictions(outcome, daily):
    actual = {(row["sku"], row["store_id"], row["sold_on"]): row["units"] for row in daily}
    rows = [(actual[row["sku"], row["store_id"], row["sold_on"]], row) for row in outcome.predictions.to_pylist()]
    off = sum(abs(sold - told["mean"]) for sold, told in rows)
    assert outcome.results[OURS]["wape"] == pytest.approx(100 * off / sum(sold for sold, _ in rows))
    inside = [told["q05"] <= sold <= told["q95"] for sold, told in rows]
    assert outcome.results[OURS]["coverage_90"] == pytest.approx(np.mean(inside))


def test_knowing_weekdays_beats_equal_days_and_last_week(outcome):
    assert set(outcome.results) == {OURS, EQUAL, *BY_DAY}
    ours = outcome.results[OURS]
    for name in (EQUAL, "same day last week"):
        assert ours["wape"] < outcome.results[name]["wape"]
        assert ours["pinball"] < outcome.results[name]["pinball"]
    assert outcome.differences["wape_without_weekdays"]["high"] < 0


def test_last_weeks_days_are_those_of_last_week(outcome, daily):
    """The naive forecast of the first week after a cut-off, by a loop."""
    actual = {(row["sku"], row["store_id"], row["sold_on"]): row["units"] for row in daily}
    off = total = 0.0
    for one in ROUNDS:
        for (sku, store, day), units in actual.items():
            if one.from_ <= day < one.to:
                back = 7 * ((day - one.train_before).days // 7 + 1)
                off += abs(units - actual[sku, store, day - timedelta(days=back)])
                total += units
    assert outcome.results["same day last week"]["wape"] == pytest.approx(100 * off / total)


def test_receipts_that_tell_no_days_are_refused(tmp_path, daily):
    weekly, lines = weekly_of(daily), receipts_of(daily)
    with pytest.raises(BadInput, match="receipts miss"):
        run_days(
            stage(tmp_path, shop_of_days(weekly_sales=weekly, purchases=lines[::3])), rounds=ROUNDS, settings=QUICK
        )
    with pytest.raises(MissingTable, match="daily_sales"):
        run_days(stage(tmp_path, shop_of_days(weekly_sales=weekly)), rounds=ROUNDS, settings=QUICK)
