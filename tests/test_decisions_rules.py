"""Rules: what they lift, sink and keep apart, and that nothing is lost or invented on the way."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import service_shop as shop
from hypothesis import given
from hypothesis import strategies as st

from decisions.eligibility import Eligibility
from decisions.proposal import Proposal
from decisions.recommend import recommend
from decisions.rules import RuleBook, members, ruled
from decisions.substitute import BasketLine, substitutes_for
from schema.decisions import Request, WithheldReason
from schema.rules import Rule, RuleAction, Subject, SubjectKind

BURY, BOOST, APART = RuleAction.BURY, RuleAction.BOOST, RuleAction.NEVER_TOGETHER
PRODUCT, CATEGORY, BRAND, SUPPLIER = SubjectKind


def rule(action, kind, key, **rest):
    return Rule(action, Subject(kind, key), "Because.", "ann", **rest)


def book(*rules):
    return RuleBook(shop.facts(), dict(enumerate(rules, 1)))


def lifted(*rules, store_id=None, on=shop.TODAY):
    lifts = book(*rules).lifts(store_id=store_id, on=on)
    return {} if lifts is None else {shop.SKUS[row]: int(lifts[row]) for row in np.flatnonzero(lifts)}


def moment(*rules):
    now = shop.moment()
    return replace(now, facts=replace(now.facts, rules=book(*rules)))


@pytest.mark.parametrize(
    ("kind", "key", "skus"),
    [
        (PRODUCT, "beer", {"beer"}),
        (CATEGORY, "drinks", {"beer", "cola"}),
        (CATEGORY, "food", set(shop.SKUS)),
        (BRAND, "Roma", {"spaghetti", "spaghetti_xl"}),
        (SUPPLIER, "acme", set(shop.SKUS[::2])),
        (BRAND, "nobody", set()),
        (PRODUCT, "nothing", set()),
    ],
)
def test_a_subject_stands_for_all_of_its_products(kind, key, skus):
    assert {shop.SKUS[row] for row in members(shop.facts(), Subject(kind, key))} == skus


def test_a_circle_of_categories_ends():
    base = shop.facts(parents={"drinks": "food", "food": "drinks"})
    assert len(members(base, Subject(CATEGORY, "food"))) == 2


def test_the_more_specific_rule_counts_then_the_newer():
    wide, narrow = rule(BURY, CATEGORY, "drinks"), rule(BOOST, PRODUCT, "beer")
    assert lifted(wide, narrow) == lifted(narrow, wide) == {"beer": 1, "cola": -1}
    assert lifted(rule(BOOST, PRODUCT, "beer"), rule(BURY, PRODUCT, "beer")) == {"beer": -1}
    here = rule(BURY, BRAND, "Brau", store_id="S1")
    assert lifted(here, narrow, store_id="S1") == {"beer": -1}
    assert lifted(here, narrow) == {"beer": 1}


def test_rules_hold_in_their_window_only():
    tomorrow = shop.TODAY + timedelta(1)
    waits = rule(BOOST, PRODUCT, "beer", valid_from=tomorrow)
    over = rule(BOOST, PRODUCT, "cola", valid_to=shop.TODAY)
    assert lifted(waits, over) == {}
    assert lifted(waits, over, on=tomorrow) == {"beer": 1}


proposals = st.lists(
    st.builds(
        Proposal,
        st.integers(0, 9),
        st.floats(0, 9),
        st.sampled_from(["pinned", "relation", "popular"]),
    ),
    max_size=90,
    unique_by=lambda proposal: proposal.row,
).map(lambda several: sorted(several, key=lambda proposal: (proposal.source != "pinned", -proposal.score)))


@given(proposals=proposals, lifts=st.lists(st.sampled_from([-1, 0, 1]), min_size=10, max_size=10))
def test_rules_only_move_products_and_scores_keep_falling(proposals, lifts):
    falling = [proposal.scored(float(-place)) for place, proposal in enumerate(proposals)]
    moved = list(ruled(falling, np.array(lifts, np.int8), first=3))
    assert sorted(each.row for each in moved) == sorted(each.row for each in falling)
    assert [each.score for each in moved] == sorted((each.score for each in moved), reverse=True)
    free = [lifts[each.row] for each in moved if each.source != "pinned"]
    assert free == sorted(free, reverse=True)
    pins = [each.row for each in falling if each.source == "pinned"]
    assert [each.row for each in moved][: len(pins)] == pins
    assert list(ruled(falling, None, first=3)) == falling


def test_what_is_buried_stands_at_the_end_however_long_the_list():
    several = [Proposal(row % 2_000, -float(row), "popular") for row in range(2_000)]
    lifts = np.zeros(2_000, np.int8)
    lifts[[0, 1_500]] = -1
    moved = [each.row for each in ruled(several, lifts, first=5)]
    assert moved[-2:] == [0, 1_500]
    assert moved[:3] == [1, 2, 3]


def test_a_recommendation_follows_rules_and_tells_what_is_kept_apart():
    request = Request(anchor="spaghetti", customer_age=30)
    offers = lambda *rules: [o.sku for o in recommend(request, first=3, moment=moment(*rules)).offers]  # noqa: E731
    assert offers() == ["sauce", "pesto", "beer"]
    assert offers(rule(BURY, PRODUCT, "sauce")) == ["pesto", "beer", "cola"]
    assert offers(rule(BOOST, CATEGORY, "drinks")) == ["beer", "cola", "sauce"]
    apart = rule(APART, BRAND, "Verde", other=Subject(PRODUCT, "spaghetti"))
    decision = recommend(request, first=2, moment=moment(apart))
    assert {item.sku for item in decision.withheld} >= {"sauce", "pesto"}
    assert {item.reason for item in decision.withheld} == {WithheldReason.NEVER_TOGETHER}


def test_what_is_kept_apart_is_no_substitute_beside_the_rest_of_the_basket():
    base = shop.with_stock(spaghetti=0.0)
    apart = rule(APART, PRODUCT, "fusilli", other=Subject(PRODUCT, "pesto"))
    now = shop.moment(base)
    now = replace(now, facts=replace(now.facts, rules=RuleBook(base, {1: apart})))
    lines = [BasketLine("spaghetti"), BasketLine("pesto")]
    (answer,) = substitutes_for(lines, first=3, moment=now, store_id="S1")
    assert [offer.sku for offer in answer.offers] == ["penne"]
    assert WithheldReason.NEVER_TOGETHER in {item.reason for item in answer.withheld if item.sku == "fusilli"}
    (alone,) = substitutes_for(lines[:1], first=3, moment=now, store_id="S1")
    assert alone.offers[0].sku == "fusilli"


@given(
    st.lists(st.sampled_from(shop.SKUS), max_size=3),
    st.lists(st.sampled_from(shop.SKUS), max_size=3),
    st.sets(st.integers(0, len(shop.SKUS) - 1), max_size=3),
    st.sampled_from([None, "S1"]),
    st.sampled_from([None, 10, 30]),
    st.lists(st.integers(0, len(shop.SKUS) - 1), max_size=9),
)
def test_a_few_products_are_masked_as_they_are_among_all(basket, exclude, rejected, store_id, age, rows):
    apart = rule(APART, PRODUCT, "beer", other=Subject(CATEGORY, "pasta"))
    asked = Request(basket=tuple(basket), exclude=tuple(exclude), store_id=store_id, customer_age=age)
    here, few = Eligibility(moment(apart), asked, frozenset(rejected)), np.array(rows, np.int64)
    assert here.codes_at(few).tolist() == here.codes[few].tolist()
