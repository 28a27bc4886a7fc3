"""The forecast's protocol: every row of a round predicted once, figures as loops have them, rounds files checked."""

import json
from datetime import date, timedelta
from functools import partial

import numpy as np
import pytest
from forecast_shops import MONDAY, assert_told_once, shop_rows, weekly_rows
from lake_shops import stage
from typer.testing import CliRunner

from commands.evaluate import application
from evaluation import forecast, report, suite
from evaluation.forecast_rounds import Round, read_rounds, rolling_rounds, single_round
from forecast.settings import ForecastSettings
from schema.demand import QUANTILE_NAMES
from schema.errors import BadInput, EmptyWindow

pytestmark = pytest.mark.slow

QUICK = ForecastSettings(num_trees=20, is_on_trial=False)
GOOD = "round,train_before,from,to\n1,2020-12-07,2020-12-14,2020-12-28\n2,2020-12-21,2020-12-28,2021-01-11\n"


@pytest.fixture(scope="module")
def weekly():
    return weekly_rows()


@pytest.fixture(scope="module")
def tables(tmp_path_factory, weekly):
    return stage(tmp_path_factory.mktemp("shop"), shop_rows(weekly))


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    path = tmp_path_factory.mktemp("rounds") / "rounds.csv"
    path.write_text(GOOD)
    return read_rounds(path)


@pytest.fixture(scope="module")
def outcome(tables, rounds):
    return forecast.run(tables, rounds=rounds, settings=QUICK)


def test_every_row_of_a_round_is_predicted_once(outcome, weekly, rounds):
    assert_told_once(outcome, weekly, rounds, "week_starts_on")
    assert outcome.predictions.column_names[4:] == ["mean", *QUANTILE_NAMES]


def test_figures_are_those_of_a_loop_over_the_predictions(outcome, weekly):
    actual = {(row["sku"], row["store_id"], row["week_starts_on"]): row for row in weekly}
    rows = [
        (actual[row["sku"], row["store_id"], row["week_starts_on"]], row) for row in outcome.predictions.to_pylist()
    ]
    ours = outcome.results[report.OURS]
    off = sum(abs(sold["units"] - told["mean"]) for sold, told in rows)
    assert ours["wape"] == pytest.approx(100 * off / sum(sold["units"] for sold, _ in rows))
    shares = [abs(sold["units"] - told["mean"]) / sold["units"] for sold, told in rows]
    assert ours["mape"] == pytest.approx(100 * np.mean(shares))
    inside = [told["q05"] <= sold["units"] <= told["q95"] for sold, told in rows]
    assert ours["coverage_90"] == pytest.approx(np.mean(inside))
    promoted = [pair for pair in rows if pair[0]["price_cut_share"] or pair[0]["feature_share"]]
    off = sum(abs(sold["units"] - told["mean"]) for sold, told in promoted)
    assert ours["promo_wape"] == pytest.approx(100 * off / sum(sold["units"] for sold, _ in promoted))


def test_the_model_beats_every_simple_forecast(outcome):
    for name, figures in outcome.results.items():
        if name != report.OURS and not name.startswith("without"):
            assert outcome.results[report.OURS]["wape"] < figures["wape"]
            assert outcome.results[report.OURS]["pinball"] < figures["pinball"]
    assert outcome.differences["wape"]["high"] < 0


def test_the_best_baseline_is_the_lowest(outcome):
    simple = {name: row["wape"] for name, row in outcome.results.items() if name != report.OURS and "out" not in name}
    gap = outcome.differences["wape"]
    assert gap["against"] == min(simple, key=simple.get)
    assert gap["mean"] == pytest.approx(outcome.results[report.OURS]["wape"] - min(simple.values()))
    assert outcome.differences["wape_without_relations"]["against"] == "without relations"


@pytest.mark.parametrize(
    ("metric", "worse", "better"),
    [
        ("wape", 0.4, 0.3),
        ("fast_mape", 40, 30),
        ("promo_pinball", 2, 1),
        ("coverage_90", 0.99, 0.88),
        ("slow_coverage_90", 0.8, 0.93),
        ("bias", -5, 3),
        ("recall@10", 0.1, 0.2),
        ("ece", 0.2, 0.1),
        ("coverage", 0.1, 0.2),
        ("macro_f1", 0.1, 0.2),
    ],
)
def test_what_is_better_is_known_of_each_metric(metric, worse, better):
    assert report.badness(metric, better) < report.badness(metric, worse)


def test_later_units_change_no_prediction_and_planned_prices_may(tmp_path, weekly, rounds, outcome):
    last = rounds[1].train_before - timedelta(days=6)
    spoilt = [{**row, "units": 999.0} if row["week_starts_on"] >= last else row for row in weekly]
    again = forecast.run(stage(tmp_path, shop_rows(spoilt)), rounds=rounds[1:], settings=QUICK, without=())
    ours = outcome.predictions.to_pandas()
    ours = ours[ours["round"] == "2"].reset_index(drop=True)
    assert again.predictions.to_pandas().equals(ours)
    dear = [{**row, "price": row["price"] * 2} if row["week_starts_on"] >= last else row for row in weekly]
    other = forecast.run(stage(tmp_path, shop_rows(dear)), rounds=rounds[1:], settings=QUICK, without=())
    assert (other.predictions.to_pandas()["mean"] < ours["mean"]).mean() > 0.9


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("round,train_before,from\n1,2020-01-01,2020-01-01\n", "columns"),
        (GOOD.replace("to\n", "to,extra\n", 1), "columns"),
        (GOOD.replace("2020-12-07", "2020-13-07"), "line 2, column 'train_before'.*no day"),
        (GOOD.replace("2020-12-28\n2", "2020-12-14\n2"), "line 2.*no day"),
        (GOOD.replace("2020-12-14", "2020-11-30"), "line 2.*learns from weeks"),
        (GOOD.replace("\n2,", "\n1,"), "'1' twice"),
        ("round,train_before,from,to\n", "no round"),
        ("", "cannot be read"),
    ],
)
def test_a_wrong_rounds_file_is_told_by_its_line(tmp_path, text, complaint):
    path = tmp_path / "rounds.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_rounds(path)


def test_a_missing_rounds_file_is_told(tmp_path):
    with pytest.raises(BadInput, match="nowhere"):
        read_rounds(tmp_path / "nowhere.csv")


def test_rolling_rounds_end_with_the_last_week():
    found = rolling_rounds(np.datetime64("2020-01-06"), 60, origins=3, weeks=2, gap=1, step=4)
    last = MONDAY + timedelta(weeks=60)
    assert found[-1].to == last
    assert found[-1].from_ == last - timedelta(weeks=2)
    assert found[-1].train_before == last - timedelta(weeks=3)
    assert [one.train_before for one in found] == [last - timedelta(weeks=3 + 4 * back) for back in (2, 1, 0)]


def test_too_many_origins_are_refused():
    with pytest.raises(EmptyWindow, match="fewer"):
        rolling_rounds(np.datetime64("2020-01-06"), 12, origins=12, weeks=4)


def test_rounds_outside_the_data_say_what_there_is(tables):
    with pytest.raises(EmptyWindow, match="no week of sales had ended"):
        forecast.run(tables, rounds=single_round(MONDAY, 4), settings=QUICK)
    with pytest.raises(EmptyWindow, match="The weeks start from 2020-01-06"):
        forecast.run(tables, as_of=date(2030, 1, 1), settings=QUICK)


def test_nothing_to_predict_and_unknown_families_are_refused(tables):
    with pytest.raises(BadInput, match="--as-of"):
        forecast.run(tables)
    with pytest.raises(BadInput, match="There are lags"):
        forecast.run(tables, as_of=date(2020, 12, 7), without=["moon"])


def test_all_protocols_include_the_forecast_or_its_reason(tmp_path, tables):
    chosen = {"forecast": partial(suite.PROTOCOLS["forecast"], settings=QUICK)}
    found = suite.run(tables, as_of=date(2020, 12, 7), protocols=chosen)
    written = suite.save(found, tmp_path / "out")
    assert "| forecast | wape |" in written[0].read_text()
    assert written[2].stat().st_size > 10_000
    bare = stage(tmp_path, {"products": [{"sku": "a"}]})
    assert "weekly_sales" in suite.run(bare, as_of=date(2020, 12, 7), protocols=chosen).reasons["forecast"]


def test_a_report_of_rounds_can_be_written(tmp_path, outcome):
    report.save_json(outcome, tmp_path / "figures.json")
    body = json.loads((tmp_path / "figures.json").read_text())
    assert body["protocol"] == "forecast"
    assert {"mape", "wape", "wrmsse", "bias", "pinball", "coverage_90"} <= set(body["results"]["shelfgraph"])
    report.save_picture(outcome, tmp_path / "figures.svg")
    assert "calibration" in (tmp_path / "figures.svg").read_text()
    table = report.markdown(outcome)
    ours = f"**{outcome.results[report.OURS]['wape']:.4f}**"
    theirs = f"**{outcome.results['without relations']['wape']:.4f}**"
    assert ours in table or theirs in table


def test_a_round_names_itself_where_nothing_can_be_learnt(tables):
    with pytest.raises(EmptyWindow, match="Round early"):
        forecast.run(tables, rounds=[Round("early", MONDAY, MONDAY, date(2020, 3, 2))], settings=QUICK)


def test_both_commands_say_what_they_want():
    for name, option in (("forecast", "--rounds"), ("backtest", "--origins")):
        shown = CliRunner().invoke(application, [name, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        assert option in shown.output
