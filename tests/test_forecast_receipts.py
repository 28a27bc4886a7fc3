"""Weeks counted from receipts: which are zeros by plain loops, and nothing after a cut-off changes what is before."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT, stage

from evaluation import forecast
from evaluation.forecast import cut_at
from evaluation.forecast_days import run_days
from evaluation.forecast_rounds import Round, rolling_rounds
from forecast.model import fit_forecast
from forecast.reading import history_by, read_history
from forecast.receipts import units_by_day, weeks_of_receipts
from forecast.rolling import extended
from forecast.settings import ForecastSettings
from jobs.forecast import forecast_weeks
from jobs.save_forecast import forecast_to_save
from lake.store import Lake
from schema.errors import EmptyWindow
from schema.grouping import Grain
from schema.table_specs import SPECS
from schema.tables import DatasetInfo

WARSAW = ZoneInfo("Europe/Warsaw")
INFO = DatasetInfo("shop", "retail-tables", timezone="Europe/Warsaw", first_weekday=2)
MONDAY = date(2024, 1, 1)
QUICK = ForecastSettings(num_trees=10, is_on_trial=False)


def line(number, sku, store, day, units=1.0, hour=0):
    """One receipt line, `day` days after MONDAY by the shop's clock."""
    wall = datetime.combine(MONDAY + timedelta(days=day), datetime.min.time(), WARSAW).replace(hour=hour)
    keys = {"basket_id": str(number), "line_id": 1, "sku": sku, "store_id": store}
    return {**keys, "bought_at": wall.astimezone(UTC), "units": units}


def table(lines):
    return pa.Table.from_pylist(lines, schema=SPECS["purchases"].arrow_schema)


def units_by_week(lines, info):
    """Units of each product in a store `{(sku, store): {first day: units}}`, and the days of receipts."""
    sold, days = {}, []
    for one in lines:
        if one["store_id"] is not None:
            days.append(one["bought_at"].astimezone(ZoneInfo(info.timezone)).date())
            begins = days[-1] - timedelta(days=(days[-1].weekday() - info.first_weekday) % 7)
            per_week = sold.setdefault((one["sku"], one["store_id"]), {})
            per_week[begins] = per_week.get(begins, 0) + one["units"]
    return sold, days


def by_loops(lines, info, before=None):
    """Known weeks `{(sku, store, first day): units}` and how many series are left out, one product at a time."""
    sold, days = units_by_week(lines, info)
    all_days = [min(days) + timedelta(days=step) for step in range((max(days) - min(days)).days - 5)]
    weeks = [day for day in all_days if day.weekday() == info.first_weekday]
    found, left_out = {}, 0
    for (sku, store), per_week in sold.items():
        ended = [one for one in weeks if one in per_week and (not before or one + timedelta(days=7) <= before)]
        left_out += 0 < len(ended) < 8
        for place, week in enumerate(weeks if len(ended) >= 8 else []):
            is_open = any(week in others for (_, other), others in sold.items() if other == store)
            if is_open and any(one in per_week for one in weeks[max(place - 8, 0) : place + 1]):
                found[sku, store, week] = per_week.get(week, 0)
    return found, left_out


RECEIPTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["s", "t", None]), st.integers(0, 27), st.integers(0, 6)),
    min_size=1,
    max_size=60,
)


@given(RECEIPTS, st.integers(0, 6), st.integers(8, 27), st.booleans())
def test_weeks_are_those_of_plain_loops(receipts, first_weekday, cut, is_cut):
    """A product sold every week keeps the store going; the others come and go, some of them in the night of a day."""
    every = [line(number, "c", "s", 7 * number + 3) for number in range(20)]
    drawn = [(sku, store, 7 * week + day, 1.0 + day, day) for sku, store, week, day in receipts]
    lines = [*every, *(line(100 + at, *one) for at, one in enumerate(drawn))]
    info = DatasetInfo("shop", "retail-tables", timezone="Europe/Warsaw", first_weekday=first_weekday)
    before = MONDAY + timedelta(weeks=cut, days=cut % 3) if is_cut else None
    wanted, left_out = by_loops(lines, info, before)
    if not wanted:
        with pytest.raises(EmptyWindow):
            weeks_of_receipts(table(lines), info, before=before)
        return
    counted = weeks_of_receipts(table(lines), info, before=before)
    rows = counted.rows.to_pylist()
    found = {(row["sku"], row["store_id"], row["week_starts_on"]): row["units"] for row in rows}
    assert len(found) == len(rows)
    assert (found, counted.num_left_out) == (wanted, left_out)


def test_a_day_is_that_of_the_shops_clock():
    found = units_by_day(table([line(1, "a", "s", 3), line(2, "a", "s", 3, hour=23)]), "Europe/Warsaw")
    assert found.select(["sold_on", "units_sum"]).to_pylist() == [
        {"sold_on": MONDAY + timedelta(days=3), "units_sum": 2.0}
    ]


def sold_lines(seed=0, num_weeks=40):
    """Eight products in two stores, some sold seldom, one gone after a while, one that starts late."""
    generator, lines = np.random.default_rng(seed), []
    for day in range(7 * num_weeks):
        for store in "st":
            for product in range(8):
                is_there = (product != 6 or day < 140) and (product != 7 or day > 200)
                if is_there and generator.random() < 0.6 / (1 + product % 4):
                    lines.append(line(len(lines), f"p{product}", store, day, float(generator.integers(1, 9))))
    return lines


def history_from(lines, before):
    tables = {"purchases": table(lines)}
    return history_by(lambda name, columns: tables.get(name, SPECS[name].empty()).select(columns), INFO, before=before)


@pytest.mark.parametrize("change", ["dropped", "shuffled"])
def test_nothing_after_the_cut_off_changes_a_forecast(change):
    lines, cut = sold_lines(), MONDAY + timedelta(days=30 * 7 + 2)
    past = [one for one in lines if one["bought_at"].astimezone(WARSAW).date() < cut]
    future = lines[len(past) :]
    # A shuffle of what sells when: every later receipt is another product's, in the other store, in other numbers.
    other = [{**one, "sku": f"p{at % 3}", "store_id": "st"[at % 2], "units": 50.0} for at, one in enumerate(future)]
    told = []
    for later in (future, [] if change == "dropped" else other):
        known = extended(history_from(past + later, cut), 4).known_before(np.datetime64(cut))
        rows = np.flatnonzero(known.on_sale(29))
        model = fit_forecast(known, horizons=[1, 2], settings=QUICK)
        ahead = model.predict(np.repeat(rows, 2), np.tile([30, 31], len(rows)))
        told.append((known.keys.to_numpy().tolist(), known.grids["units"][:, :30], ahead.quantiles))
    assert told[0][0] == told[1][0]
    np.testing.assert_array_equal(told[0][1], told[1][1])
    np.testing.assert_array_equal(told[0][2], told[1][2])


def test_what_was_on_sale_at_the_cut_off_is_scored_in_every_open_week():
    """One sells in 12 weeks, then never; q is back long after; r sells always, but in one week nobody does."""
    lines = [line(week, "r", "s", 7 * week + 2) for week in range(32) if week != 22]
    lines += [line(100 + week, "p", "s", 7 * week + 3) for week in range(12)]
    lines += [line(200 + week, "q", "s", 7 * week + 3) for week in [*range(8), 23]]
    cut = MONDAY + timedelta(days=14 * 7 + 2)
    history = history_from([*lines, line(300, "r", "s", 33 * 7 + 2)], cut)
    one = Round("1", cut, cut, cut + timedelta(weeks=12))
    scored = cut_at(history, one, 0)
    pairs = sorted(zip(history.keys["sku"].to_numpy()[scored.truth.series], scored.truth.week, strict=True))
    weeks = [week for week in range(14, 26) if week != 22]
    assert history.on_sale(13).tolist() == [True, True, True]
    assert pairs == [(sku, week) for sku in "pqr" for week in weeks]
    assert scored.truth.units.sum() == len(weeks) + 1
    assert np.isnan(history.grids["units"][0, 20:]).all()
    assert history.on_sale(18).tolist() == [True, False, True]


def test_a_shop_of_receipts_can_be_read(tmp_path):
    rows = {"products": [{"sku": "a"}], "stores": [{"store_id": "s"}]}
    rows["purchases"] = [line(week, "a", "s", 7 * week) for week in range(12)]
    history = read_history(stage(tmp_path, rows))
    assert (history.is_counted, history.num_left_out, history.num_weeks) == (True, 0, 11)
    assert np.isnan(history.grids["price"]).all()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A lake version of a shop with receipts alone."""
    folder = tmp_path_factory.mktemp("shop")
    rows = {"products": [{"sku": f"p{at}"} for at in range(8)], "stores": [{"store_id": store} for store in "st"]}
    lake = Lake(str(folder / "lake"))
    staged = stage(folder, {**rows, "purchases": sold_lines()}, timezone="Europe/Warsaw")
    lake.publish(staged, published_at=PUBLISHED_AT)
    return lake.at(1), staged


@pytest.mark.slow
def test_weeks_and_days_of_a_shop_of_receipts_are_forecast(shop):
    """Product 6 left the shelf after day 140: it is not told of. Days sum to their weeks in what they expect."""
    version, _ = shop
    found = forecast_weeks(version, weeks=2, settings=QUICK)
    assert set(found.forecast.sku) == {f"p{at}" for at in range(8)} - {"p6"}
    days = forecast_weeks(version, weeks=2, grain=Grain.DAY, settings=QUICK)
    assert len(days.forecast) == 7 * len(found.forecast)
    assert days.days is not None
    np.testing.assert_allclose(days.days.units[:, :40].sum(axis=2), days.history.grids["units"])


@pytest.mark.slow
def test_a_shop_of_receipts_saves_what_is_on_sale_with_its_days(shop):
    version, _ = shop
    made = forecast_to_save(version, weeks=3, settings=QUICK)
    saved = made.forecast
    assert saved is not None
    assert set(saved.skus.to_pylist()) == {f"p{at}" for at in range(8)} - {"p6"}
    assert "counted from receipts" in made.why
    assert "100 %" in made.days
    assert saved.days is not None
    for row in range(len(saved)):
        points, quantiles = saved.days.spread(row, int(saved.stores[row]), 1, float(saved.units[row, 1, 0]))
        assert points.sum() == pytest.approx(saved.units[row, 1, 0])
        assert (np.diff(quantiles, axis=1) >= 0).all()
    for told in made.simple:
        assert "on held-out weeks against" in told
        assert told in made.why


@pytest.mark.slow
def test_a_backtest_says_what_it_counted(shop):
    _, staged = shop
    rounds = rolling_rounds(np.datetime64(MONDAY), 38, origins=2, weeks=2)
    told = forecast.run(staged, rounds=rounds, settings=QUICK, without=())
    _, left_out = by_loops(sold_lines(), staged.info, rounds[0].train_before)
    assert left_out > 0
    assert any(f"{left_out} products in stores sold in fewer than 8 weeks are left out" in note for note in told.notes)
    assert {"wape", "pinball"} <= set(told.results["shelfgraph"])


@pytest.mark.slow
def test_days_of_receipts_are_scored_in_every_week_of_what_is_on_sale(shop):
    _, staged = shop
    rounds = rolling_rounds(np.datetime64(MONDAY), 38, origins=2, weeks=2)
    weeks, days = (
        found.predictions.group_by(["round", "sku", "store_id"]).aggregate([("mean", "sum"), ("mean", "count")])
        for found in (
            forecast.run(staged, rounds=rounds, settings=QUICK, without=()),
            run_days(staged, rounds=rounds, settings=QUICK),
        )
    )
    both = weeks.join(days, ["round", "sku", "store_id"], right_suffix="_by_day", join_type="full outer")
    assert both.num_rows == weeks.num_rows == days.num_rows
    assert both["mean_count_by_day"].to_pylist() == [7 * number for number in both["mean_count"].to_pylist()]
    np.testing.assert_allclose(both["mean_sum_by_day"], both["mean_sum"], rtol=1e-6)
