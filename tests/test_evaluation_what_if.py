"""What if: a promotion moved in time takes its plans and its effect with it, and back again."""

from datetime import timedelta

import numpy as np
import pytest
from forecast_shops import FEATURE_LIFT, MONDAY, history_from, weekly_rows
from hypothesis import given
from hypothesis import strategies as st
from lake_shops import stage
from test_jobs_planning import shop

from evaluation import replenishment
from evaluation.what_if import AS_IT_WAS, PromotionMove, WhatIf, promotion_move
from forecast.effects import drivers_of, fit_effects
from forecast.history import PLANNED
from lake.sources import table_source
from schema.errors import BadInput, NotFound

NUM_WEEKS = 60
PROMOTED = 50, 52
"""Weeks of a feature of one product in all stores, half-open."""


@pytest.fixture(scope="module")
def history():
    rows = weekly_rows(num_weeks=NUM_WEEKS, missing=0.0)
    for row in rows:
        week = (row["week_starts_on"] - MONDAY).days // 7
        if row["sku"] == "b00" and week >= 40:
            is_on = PROMOTED[0] <= week < PROMOTED[1]
            row.update(price=row["base_price"], price_cut_share=0.0, feature_share=float(is_on))
    return history_from(rows)


@pytest.fixture(scope="module")
def effects(history):
    known = history.known_weeks(40)
    return fit_effects(np.log1p(known.grids["units"]), drivers_of(known), known.product)


@pytest.fixture(scope="module")
def tables(tmp_path_factory, history):
    start = MONDAY + timedelta(weeks=PROMOTED[0])
    days = {"starts_on": start + timedelta(days=2), "ends_on": MONDAY + timedelta(weeks=PROMOTED[1])}
    rows = {
        "products": [{"sku": "b00"}, {"sku": "unsold"}],
        "promotions": [{"promotion_id": each, "kind": "feature", **days} for each in ("p", "bare")],
        "promotion_products": [{"promotion_id": "p", "sku": "b00"}],
    }
    return table_source(stage(tmp_path_factory.mktemp("promotion"), rows))


@given(st.integers(-8, 8))
def test_plans_and_demand_move_and_come_back(history, effects, tables, weeks_later):
    move = promotion_move(history, WhatIf(promotion_id="p", weeks_later=weeks_later), tables, first_week=40)
    moved = move.of(history, effects)
    is_b00 = (history.keys["sku"] == "b00").to_numpy()
    feature = moved.grids["feature_share"][is_b00, 40:]
    assert (np.flatnonzero(feature[0]) + 40).tolist() == [week + weeks_later for week in range(*PROMOTED)]
    gained = moved.grids["units"][is_b00] / history.grids["units"][is_b00]
    if abs(weeks_later) >= PROMOTED[1] - PROMOTED[0]:
        there = slice(PROMOTED[0] + weeks_later, PROMOTED[1] + weeks_later)
        np.testing.assert_allclose(np.log(gained[:, there]).mean(), FEATURE_LIFT, atol=0.15)
        np.testing.assert_allclose(np.log(gained[:, slice(*PROMOTED)]).mean(), -FEATURE_LIFT, atol=0.15)
    for name in ("units", *PLANNED):
        np.testing.assert_array_equal(moved.grids[name][~is_b00], history.grids[name][~is_b00])
    back = PromotionMove(move.rows, move.weeks, -weeks_later).of(moved, effects)
    for name in ("units", *PLANNED):
        np.testing.assert_allclose(back.grids[name], history.grids[name], rtol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("promotion", "weeks_later", "error", "said"),
    [
        ("q", 1, NotFound, "no promotion q"),
        ("p", 9, BadInput, "would leave the weeks that are played, 2020-10-12 to 2021-03-01"),
        ("p", -11, BadInput, "would leave the weeks"),
        ("bare", 1, BadInput, "covers no product"),
    ],
)
def test_what_cannot_move_is_refused(history, tables, promotion, weeks_later, error, said):
    with pytest.raises(error, match=said):
        promotion_move(history, WhatIf(promotion_id=promotion, weeks_later=weeks_later), tables, first_week=40)


def test_changes_are_told_in_words():
    assert AS_IT_WAS.words() == ""
    assert WhatIf(1.2, "V1", 14, "p", -2).words() == (
        "What if: 1.2 times the demand, supplier V1 14 days later, promotion p 2 weeks earlier."
    )


@pytest.mark.slow
def test_a_moved_promotion_is_played_and_an_unknown_supplier_refused(tmp_path):
    rows = {**shop(), "supplies": []}
    week = rows["weekly_sales"][0]["week_starts_on"] + timedelta(weeks=22)
    rows["promotions"] = [
        {"promotion_id": "p", "kind": "feature", "starts_on": week, "ends_on": week + timedelta(weeks=1)}
    ]
    rows["promotion_products"] = [{"promotion_id": "p", "sku": "a"}]
    tables = stage(tmp_path, rows)
    moved = replenishment.run(tables, weeks=12, skip_weeks=4, what_if=WhatIf(promotion_id="p", weeks_later=3))
    assert moved.notes[0] == "What if: promotion p 3 weeks later."
    assert moved.results["shelfgraph"]["fill_rate"] > 0.9
    with pytest.raises(NotFound, match="no supplier of what is played V9"):
        replenishment.run(tables, weeks=12, what_if=WhatIf(supplier_id="V9", days_late=3))
