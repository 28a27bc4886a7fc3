"""Relations as callers meet them: judged on the day they ask for, and told what their places hang on."""

from datetime import timedelta

import pytest
import service_shop as shop
from service_client import within_two_seconds

from schema.changes import Delisting, RuleSet
from schema.rules import Rule, RuleAction, Subject, SubjectKind

pytestmark = pytest.mark.graph
TOMORROW = shop.TODAY + timedelta(days=1)
ON_DAY = """query ($day: Date) { product(sku: "spaghetti") { substitutes(asOf: $day) { edges {
  rank node { sku } verdict { word } } } } }"""


def on_day(service, day=None):
    edges = service.data(ON_DAY, day=day and day.isoformat())["product"]["substitutes"]["edges"]
    return [edge["node"]["sku"] for edge in edges]


def test_a_list_is_judged_on_the_day_it_is_asked_for(fresh):
    days = {"valid_from": TOMORROW, "valid_to": shop.NEXT_WEEK}
    pin = shop.verdict("lasagne", "spaghetti", "pinned", relation="SUBSTITUTES_FOR", position=1, **days)
    penne = Subject(SubjectKind.PRODUCT, "penne")
    rule = Rule(RuleAction.BOOST, penne, reason="Sells.", set_by="ann", valid_from=shop.NEXT_WEEK)
    fresh.journal.save_verdicts([pin], recorded_at=shop.NOON)
    fresh.journal.record([Delisting("spaghetti_xl", TOMORROW), RuleSet(rule)], recorded_at=shop.NOON)
    within_two_seconds(lambda: on_day(fresh, TOMORROW)[0] == "lasagne")
    today = ["fusilli", "penne", "spaghetti_xl", "lasagne"]
    assert on_day(fresh) == on_day(fresh, shop.TODAY) == today
    assert on_day(fresh, TOMORROW) == ["lasagne", "fusilli", "penne"]
    assert on_day(fresh, shop.NEXT_WEEK) == ["penne", "fusilli", "lasagne"]
    assert on_day(fresh) == today


def test_a_day_that_is_none_is_refused(service):
    assert service.code('{ product(sku: "beer") { substitutes(asOf: "tomorrow") { totalCount } } }') == "BAD_USER_INPUT"


def test_an_explanation_tells_what_the_place_hangs_on(service):
    asked = """{ product(sku: "spaghetti") { substitutes(first: 1) { edges {
      explanation { sentence counterfactual { sentence modelRank overtakenBelow } } } } }
      recommendations(for: { product: "spaghetti" }, first: 1) { products {
        relation explanation { counterfactual { sentence modelRank } } } } }"""
    told = service.data(asked)
    (edge,) = told["product"]["substitutes"]["edges"]
    said = edge["explanation"]["counterfactual"]
    assert (said["modelRank"], round(said["overtakenBelow"], 2)) == (1, 0.8)
    assert said["sentence"].endswith("it would stand behind Penne.")
    (offer,) = told["recommendations"]["products"]
    assert offer["relation"] == "COMPLEMENTS"
    assert "what goes with Spaghetti" in offer["explanation"]["counterfactual"]["sentence"]
