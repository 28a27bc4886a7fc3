"""The forecast as a model version keeps it: every series found, quantiles ordered, plans seen, drivers that add up."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT, stage
from plan_shops import FIRST, PROMOTED, lake_of

from jobs.save_forecast import forecast_to_save
from lake.store import Lake
from registry.saved_forecast import read_forecast, write_forecast
from schema.demand import DRIVERS, LEVELS, SavedForecast


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The saved forecast without and with the planned promotion."""
    found = []
    for plans in (False, True):
        made = forecast_to_save(lake_of(tmp_path_factory.mktemp("shop"), plans), weeks=6)
        assert made.forecast is not None
        folder = tmp_path_factory.mktemp("version") / "forecast"
        write_forecast(folder, made.forecast)
        read = read_forecast(folder)
        assert read is not None
        found.append(read)
    return found


pytestmark = pytest.mark.slow


def test_every_series_is_found_by_its_keys_and_no_other(told):
    saved = told[0]
    skus, stores = saved.keys(np.arange(len(saved)))
    assert len(saved) == 18
    assert [saved.row(*key) for key in zip(skus, stores, strict=True)] == list(range(18))
    assert saved.row("b00", "s99") is saved.row("", "s00") is saved.row("zz", "s00") is None
    assert (saved.as_of, saved.week_of(FIRST + timedelta(20))) == (FIRST, 2)


def test_quantiles_are_ordered_and_the_arrays_are_mapped(told):
    saved = told[0]
    assert saved.units.shape == (18, 6, 1 + len(LEVELS))
    assert (np.diff(saved.units[:, :, 1:], axis=2) >= 0).all()
    assert (saved.units >= 0).all()
    assert isinstance(saved.units, np.memmap)


def test_a_planned_promotion_moves_its_week_and_before_it_nothing(told):
    plain, planned = told
    rows = [plain.row("b00", store) for store in ("s00", "s01", "s02")]
    others = [row for row in range(18) if row not in rows]
    ratio = planned.units[rows, :, 0] / plain.units[rows, :, 0]
    assert (ratio[:, PROMOTED] > 1.5).all()
    assert np.allclose(ratio[:, :PROMOTED], 1)
    assert np.allclose(plain.units[others][:, :PROMOTED], planned.units[others][:, :PROMOTED])
    price, promotion = DRIVERS.index("price"), DRIVERS.index("promotion")
    assert (planned.drivers[rows, PROMOTED, price] > 1.3).all()
    assert (planned.drivers[rows, PROMOTED, promotion] > 1.1).all()
    assert np.allclose(plain.drivers[:, :, promotion], 1)


def test_a_promotion_of_two_days_moves_them_within_their_week(tmp_path):
    made = forecast_to_save(lake_of(tmp_path, True, days=(2, 4), with_receipts=True), weeks=6)
    write_forecast(tmp_path / "forecast", made.forecast)
    saved = read_forecast(tmp_path / "forecast")
    for row in range(len(saved)):
        is_promoted = saved.keys(np.array([row]))[0][0] == "b00"
        for week in range(6):
            units, store = float(saved.units[row, week, 0]), int(saved.stores[row])
            points, _ = saved.days.spread(row, store, week, units)
            usual, _ = replace(saved.days, uneven=np.empty(0, np.int64)).spread(row, store, week, units)
            assert points.sum() == pytest.approx(units)
            if is_promoted and week == PROMOTED:
                ratio = points / usual
                assert (ratio[2:4] > 1.5 * ratio[0]).all()
                np.testing.assert_allclose(ratio[[1, 4, 5, 6]], ratio[0])
            else:
                np.testing.assert_array_equal(points, usual)
    for name in ("uneven", "planned"):
        (tmp_path / "forecast" / f"days_{name}.npy").unlink()
    assert len(read_forecast(tmp_path / "forecast").days.uneven) == 0  # as versions of before were written


def test_drivers_lead_from_the_base_to_about_what_is_expected(told):
    saved = told[1]
    whole = (1 + saved.base)[:, None] * saved.drivers.prod(axis=2) - 1
    assert np.median(np.abs(whole / saved.units[:, :, 0] - 1)) < 0.1
    assert (saved.drivers > 0).all()


def test_a_shop_without_weekly_sales_has_none_and_says_why(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, {"products": [{"sku": "a"}]}), published_at=PUBLISHED_AT)
    made = forecast_to_save(lake.at(1))
    assert made.forecast is None
    assert "weekly_sales" in made.why


@settings(max_examples=50, deadline=None)
@given(st.sets(st.tuples(st.text(max_size=3), st.sampled_from(["S1", "S2", "é"])), min_size=1, max_size=20))
def test_look_ups_are_those_of_a_dictionary(pairs):
    ordered = sorted(pairs)
    skus, stores = sorted({sku for sku, _ in pairs}), sorted({store for _, store in pairs})
    starts = np.searchsorted([skus.index(sku) for sku, _ in ordered], np.arange(len(skus) + 1))
    empty = np.zeros((len(ordered), 1, 1), np.float32)
    saved = SavedForecast(
        skus=pa.array(skus, pa.string()),
        store_ids=pa.array(stores, pa.string()),
        starts=starts.astype(np.int64),
        stores=np.array([stores.index(store) for _, store in ordered], np.int32),
        weeks=np.array([date(2024, 1, 1)], "datetime64[D]"),
        units=empty,
        base=empty[:, 0, 0],
        drivers=empty,
        past=empty[:, 0, 0],
        scale={},
    )
    for sku in [*skus, "none"]:
        for store in [*stores, "S9"]:
            assert saved.row(sku, store) == (ordered.index((sku, store)) if (sku, store) in pairs else None)
