"""Planners' words are scored on what stood when the week began, beside the model of that day."""

from datetime import UTC, date, datetime, timedelta

import planning_shops as planning
import pytest

from evaluation.overrides import OverridesScored, said_by, score
from schema.changes import ForecastOverridden, RecordedChange

WEEK = planning.MONDAY + timedelta(weeks=2)


def said(units, day, *, week=WEEK, sku="cola"):
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return RecordedChange(1, ForecastOverridden(sku, "S1", week, units, "A fair.", "pat"), at)


def scored(*words, sold):
    model = said_by([planning.forecast(), planning.forecast({"cola": 99.0}, as_of=WEEK + timedelta(weeks=1))])
    return score(words, sold, model)


def test_the_planner_and_the_model_are_told_beside_each_other():
    early = planning.MONDAY + timedelta(days=1)
    found = scored(
        said(8.0, early),
        said(9.0, early, sku="penne"),
        sold={
            ("cola", "S1", WEEK): 10.0,
            ("penne", "S1", WEEK): 20.0,
            ("sauce", "S1", WEEK): 5.0,
        },
    )
    assert (found.num_words, found.num_scored) == (2, 2)
    assert found.wape == pytest.approx((2 + 11) / 30)
    assert found.model_wape == pytest.approx((7 + 1) / 30)
    assert found.bias == pytest.approx(17 / 30 - 1)
    assert found.closer == 0.5


def test_the_last_word_before_the_week_counts_and_none_after_it():
    early, late = planning.MONDAY, WEEK + timedelta(days=1)
    sold = {("cola", "S1", WEEK): 10.0}
    assert scored(said(1.0, early), said(10.0, WEEK), said(2.0, late), sold=sold).wape == 0
    assert scored(said(1.0, early), said(None, WEEK), sold=sold) == OverridesScored(0, 0)
    assert scored(said(1.0, late), sold=sold) == OverridesScored(0, 0)


def test_what_is_not_known_is_not_scored():
    early = planning.MONDAY
    assert scored(said(1.0, early), sold={}) == OverridesScored(1, 0)
    assert scored(said(1.0, date(2020, 1, 1)), sold={("cola", "S1", WEEK): 1.0}) == OverridesScored(1, 0)
