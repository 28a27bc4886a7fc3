"""Launches: what is borrowed is what substitutes sold when they were new, and nothing where there are none."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from forecast_shops import MONDAY, history_from, shop_rows, weekly_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT, stage

from forecast.launch import LAUNCH_WEEKS, launches_of, lent_levels, new_shelves
from forecast.peers import with_lenders
from forecast.settings import ForecastSettings
from jobs.save_forecast import forecast_to_save
from lake.store import Lake
from schema.relations import RELATION_SCHEMA, Relations

NUM_WEEKS = 60
LAUNCHED = {"b00": 10, "b01": 14, "b02": 12, "b03": 16}
"""Week of the launch by product; others were there before."""
HYPE = {"b00": 1.0, "b01": 1.0, "b02": -1.0, "b03": -1.0}
"""Log units that the first LAUNCH_WEEKS weeks lie above the later ones."""
QUICK = ForecastSettings(num_trees=20, is_on_trial=False)


def substitutes(*pairs):
    """Relations in which the first of each pair can stand in for the second."""
    rows = [
        {"relation": "SUBSTITUTES_FOR", "sku": sku, "other_sku": other, "rank": 1, "probability": 0.9}
        for sku, other in pairs
    ]
    return Relations(pa.Table.from_pylist(rows, schema=RELATION_SCHEMA), is_calibrated=True)


@pytest.fixture(scope="module")
def history():
    """Eight products in three stores; b06 and b07 are first sold in the last week, which is not known."""
    rows = []
    for row in weekly_rows(num_brands=8, num_stores=3, num_weeks=NUM_WEEKS, missing=0.0, cross=0.0):
        week, sku = (row["week_starts_on"] - MONDAY).days // 7, row["sku"]
        start = NUM_WEEKS - 1 if sku in {"b06", "b07"} else LAUNCHED.get(sku, 0)
        is_fresh = sku in HYPE and week < start + LAUNCH_WEEKS
        if week >= start:
            rows.append({**row, "units": np.expm1(np.log1p(row["units"]) + is_fresh * HYPE.get(sku, 0.0))})
    return history_from(rows).known_weeks(NUM_WEEKS - 1)


def test_a_new_product_starts_as_its_substitutes_did(history):
    relations = substitutes(("b00", "b06"), ("b01", "b06"), ("b02", "b07"), ("b03", "b07"))
    residual = np.log1p(history.grids["units"])
    lifts = launches_of(residual, with_lenders(history, relations)).lifts.mean(axis=1)
    skus = history.keys["sku"].to_numpy()
    assert lifts[skus == "b06"].min() > 0.2
    assert lifts[skus == "b07"].max() < -0.2
    assert np.abs(lifts[skus == "b05"]).max() < 0.15
    assert (launches_of(residual, history).lifts == 0).all()


def test_a_lift_counts_for_those_not_sold_yet_from_their_launch_on(history):
    relations = substitutes(("b00", "b06"))
    launches = launches_of(np.log1p(history.grids["units"]), with_lenders(history, relations))
    rows = np.flatnonzero(history.keys["sku"].isin(["b05", "b06"]))
    is_new = (history.keys["sku"] == "b06").to_numpy()[rows]
    np.testing.assert_array_equal(launches.lift(rows, 30, 31), np.where(is_new, launches.lifts[rows, 0], 0))
    assert (launches.lift(rows, 30, 31 + LAUNCH_WEEKS) == 0).all()


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(0.0, 1.0), st.integers(0, 20))
def test_how_far_levels_are_drawn_to_substitutes_is_learnt_from_launches(offset, share, seed):
    """A hundred products launched in week 20 stand between the prior, 0, and a substitute each; one more is unsold."""
    number, weeks, launch = 101, 50, 20
    rng = np.random.default_rng(seed)
    lent = rng.normal(0, 2, number)
    level = np.repeat(np.concatenate([lent, offset + share * lent])[:, None], weeks, axis=1).astype(np.float32)
    level[number:, :launch], level[-1] = np.nan, np.nan
    places = np.arange(number)
    lenders = sp.csr_matrix((np.ones(number), (number + places, places)), shape=(2 * number, 2 * number))
    shop = SimpleNamespace(product=np.arange(2 * number), lenders=lenders)
    drawn = lent_levels(level, np.zeros_like(level), shop)
    np.testing.assert_allclose(drawn[-1], offset + share * lent[-1], atol=0.1 + 0.05 * abs(lent[-1]))
    assert (drawn[:number] == 0).all()
    early = lent_levels(level[:, :launch], np.zeros((2 * number, launch), np.float32), shop)
    assert (early == 0).all()


def test_new_shelves_are_those_that_range_what_is_launched_soon():
    tables = {
        "products": pa.table(
            {
                "sku": ["old", "new", "sold", "gone"],
                "launched_on": pa.array([date(2020, 1, 1), *[date(2024, 3, 1)] * 3]),
                "delisted_on": pa.array([None, None, None, date(2024, 4, 1)], pa.date32()),
            }
        ),
        "assortments": pa.table(
            {
                "sku": ["new", "old", "new", "new"],
                "store_id": ["S1", "S2", "unknown", "S4"],
                "valid_to": pa.array([date(2024, 9, 1), None, None, date(2024, 3, 1)]),
            }
        ),
    }
    known = pd.DataFrame({"sku": ["sold"] * 4, "store_id": ["S1", "S2", "S3", "S4"]})
    found = new_shelves(lambda name, columns: tables[name].select(columns), known, (date(2024, 2, 1), date(2024, 5, 1)))
    assert {tuple(row) for row in found.itertuples(index=False)} == {("new", "S1"), ("new", "S3")}


def with_followers(weekly):
    """The rows, and a product launched in week 12 beside each that sells just what it does; and the pairs."""
    later = [row for row in weekly if row["week_starts_on"] >= MONDAY + timedelta(weeks=12)]
    names = sorted({row["sku"] for row in weekly})
    return [*weekly, *({**row, "sku": f"{row['sku']}-too"} for row in later)], [(sku, f"{sku}-too") for sku in names]


@pytest.mark.slow
def test_a_product_to_be_launched_is_forecast_by_its_substitutes(tmp_path):
    weekly, pairs = with_followers(weekly_rows(num_brands=6, num_stores=3, num_weeks=40))
    tables = shop_rows(weekly)
    launch = MONDAY + timedelta(weeks=42)
    tables["products"] += [{"sku": "new", "launched_on": launch}, {"sku": "undated"}]
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, tables), published_at=PUBLISHED_AT)
    units = {sku: np.mean([row["units"] for row in weekly if row["sku"] == sku]) for sku in ("b00", "b01")}
    fast, slow = sorted(units, key=units.__getitem__, reverse=True)
    told = {}
    for lender in (fast, slow):
        made = forecast_to_save(lake.at(1), weeks=6, relations=substitutes((lender, "new"), *pairs), settings=QUICK)
        assert "3 series of products not sold yet" in made.why
        rows = [made.forecast.row("new", store) for store in ("s00", "s01", "s02")]
        assert (made.forecast.units[rows, :2] == 0).all()
        assert (made.forecast.units[rows, 2:, 0] > 0).all()
        assert (made.forecast.past[rows] > 0).all()
        assert made.forecast.row("undated", "s00") is None
        told[lender] = made.forecast.units[rows, 2:, 0].sum()
    assert told[fast] > told[slow]
    plain = forecast_to_save(lake.at(1), weeks=6, settings=QUICK).forecast
    assert plain.row("new", "s00") is None
    assert len(made.forecast) == len(plain) + 3
