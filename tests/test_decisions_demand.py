"""Demand to come: ordered quantiles, what comes from products that are out, a planner's word, and honest gaps."""

from datetime import timedelta

import numpy as np
import planning_shops as planning
import pytest
import service_shop as shop

from decisions.canonical import canonical
from decisions.demand import demand_answer, expected_demand
from schema.changes import ForecastOverridden, RecordedChange
from schema.errors import BadInput, NotFound
from schema.grouping import Grain


def moment(base=None, words=(), **values):
    found = shop.moment(base, model=planning.artefact(**values))
    changes = [RecordedChange(6 + n, word, shop.NOON) for n, word in enumerate(words)]
    return found.__class__(found.facts.with_changes(changes), found.model, found.on, found.policy)


def override(units, weeks=1, sku="spaghetti"):
    return ForecastOverridden(sku, "S1", planning.MONDAY + timedelta(weeks=weeks), units, "A fair.", "pat")


def test_weeks_begin_with_todays_and_their_quantiles_are_ordered():
    found = expected_demand("spaghetti", "S1", weeks=4, moment=moment())
    assert [week.week_starts_on for week in found.weeks] == [planning.MONDAY + timedelta(weeks=n) for n in range(4)]
    assert found.why_none is None
    for week in found.weeks:
        assert (np.diff(week.quantiles) >= 0).all()
        assert week.mean == 14
        assert week.transferred == 0
    early = planning.MONDAY - timedelta(weeks=3)
    assert expected_demand("cola", "S1", weeks=1, moment=moment(as_of=early)).weeks[0].week_starts_on == planning.MONDAY
    past = planning.MONDAY - timedelta(weeks=60)
    assert expected_demand("cola", "S1", weeks=1, moment=moment(as_of=past)).weeks[0].week_starts_on == past


def test_a_product_that_is_out_sends_its_share_and_no_more_once_it_is_back():
    found = expected_demand("fusilli", "S1", weeks=2, moment=moment(shop.with_stock(spaghetti=0)))
    (lender,) = found.lenders
    assert (lender.sku, lender.share) == ("spaghetti", pytest.approx(0.1))
    assert [week.transferred for week in found.weeks] == pytest.approx([1.4, 1.4])
    assert [week.mean for week in found.weeks] == [7, 7]
    assert expected_demand("fusilli", "S1", weeks=2, moment=moment()).lenders == ()
    both_out = moment(shop.with_stock(spaghetti=0, fusilli=0))
    assert expected_demand("fusilli", "S1", weeks=2, moment=both_out).lenders == ()


def test_a_rejected_pair_sends_nothing():
    base = shop.with_stock(spaghetti=0)
    word = shop.verdict("fusilli", "spaghetti", "rejected", relation="SUBSTITUTES_FOR")
    found = shop.moment(base, model=planning.artefact(), verdicts=[word])
    assert expected_demand("fusilli", "S1", weeks=1, moment=found).lenders == ()
    assert expected_demand("penne", "S1", weeks=1, moment=found).lenders


def test_the_newest_word_on_a_week_stands_beside_the_model_until_it_is_withdrawn():
    said = moment(words=[override(30.0), override(40.0), override(9.0, weeks=2)])
    weeks = expected_demand("spaghetti", "S1", weeks=4, moment=said).weeks
    assert [week.override and week.override.units for week in weeks] == [None, 40.0, 9.0, None]
    assert [week.mean for week in weeks] == [14] * 4
    withdrawn = moment(words=[override(30.0), override(None)])
    assert expected_demand("spaghetti", "S1", weeks=4, moment=withdrawn).weeks[1].override is None
    assert expected_demand("spaghetti", "S2", weeks=4, moment=said).weeks[1].override is None


def test_a_week_asked_for_by_day_has_seven_that_sum_to_it_and_know_of_holidays():
    found = expected_demand("penne", "S1", weeks=2, moment=moment(), grain=Grain.DAY)
    assert found.why_no_days is None
    for week in found.weeks:
        assert [day.day for day in week.days] == [week.week_starts_on + timedelta(n) for n in range(7)]
        assert sum(day.mean for day in week.days) == pytest.approx(week.mean)
        for day in week.days:
            assert (np.diff(day.quantiles) >= 0).all()
            assert day.quantiles[0] >= 0
            assert day.quantiles[9] == pytest.approx(day.mean, abs=1e-5)
    closed, usual = (week.days[planning.HOLIDAY].mean for week in found.weeks)
    assert (closed, usual) == (0, pytest.approx(2.1))
    other = expected_demand("penne", "S2", weeks=1, moment=moment(), grain=Grain.DAY)
    assert other.weeks[0].days[planning.HOLIDAY].mean == pytest.approx(2.1)


def test_a_week_before_a_launch_is_nothing_on_every_day_for_sure():
    found = expected_demand(
        "penne", "S1", weeks=2, moment=moment(rates={**planning.RATES, "penne": 0.0}), grain=Grain.DAY
    )
    for week in found.weeks:
        assert week.mean == 0
        assert all(day.mean == 0 and not any(day.quantiles) for day in week.days)


def test_an_answer_by_week_has_no_word_of_days_so_that_older_ones_come_out_again():
    asked = [expected_demand("cola", "S1", weeks=1, moment=moment(with_days=told)) for told in (True, False)]
    plain, again = (canonical(demand_answer(found)) for found in asked)
    assert plain == again
    assert "days" not in plain
    by_day = expected_demand("cola", "S1", weeks=1, moment=moment(), grain=Grain.DAY)
    assert '"days":[{' in canonical(demand_answer(by_day))


def test_a_forecast_without_days_says_so_and_tells_its_weeks():
    found = expected_demand("cola", "S1", weeks=2, moment=moment(with_days=False), grain=Grain.DAY)
    assert [week.days for week in found.weeks] == [(), ()]
    assert "train again" in (found.why_no_days or "")


def test_what_is_not_told_is_said():
    assert "no weekly sales" in (expected_demand("nuts", "S1", weeks=1, moment=moment()).why_none or "")
    bare = expected_demand("nuts", "S1", weeks=1, moment=shop.moment())
    assert bare.as_of is None
    assert "train again" in (bare.why_none or "")


@pytest.mark.parametrize(
    ("asked", "error"),
    [(("none", "S1", 1), NotFound), (("cola", "S9", 1), NotFound), (("cola", "S1", 0), BadInput)],
)
def test_what_cannot_be_asked_is_refused(asked, error):
    with pytest.raises(error):
        expected_demand(asked[0], asked[1], weeks=asked[2], moment=moment())


def test_the_same_moment_answers_the_same():
    said = moment(shop.with_stock(spaghetti=0), words=[override(3.0)])
    one, other = (canonical(demand_answer(expected_demand("fusilli", "S1", weeks=9, moment=said))) for _ in range(2))
    assert one == other
    assert '"lenders":[{' in one
