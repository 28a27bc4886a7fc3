"""What a related product's place hangs on: people's words, rules, and the probability of the next one."""

from dataclasses import replace

import pytest
import service_shop as shop
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.counterfactual import counterfactual
from decisions.relations import related
from decisions.rules import RuleBook
from schema.changes import RecordedChange, RuleSet
from schema.edges import RelationName
from schema.rules import Rule, RuleAction, Subject, SubjectKind

SUB: RelationName = "SUBSTITUTES_FOR"


def word(sku, said, **values):
    return shop.verdict(sku, "spaghetti", said, relation=SUB, **values)


def told(moment):
    return {edge.sku: counterfactual(edge, moment=moment) for edge in related("spaghetti", SUB, moment=moment)}


def with_rule(action, sku):
    rule = Rule(action, Subject(SubjectKind.PRODUCT, sku), reason="Sells.", set_by="ann")
    moment = shop.moment()
    change = RecordedChange(1, RuleSet(rule), shop.NOON)
    rules = RuleBook(moment.facts.base).with_changes([change])
    return replace(moment, facts=replace(moment.facts, rules=rules))


def test_where_nobody_spoke_the_next_ones_probability_is_what_holds_it():
    first, *_, last = told(shop.moment()).values()
    assert (first.model_rank, first.overtaken_below) == (1, pytest.approx(0.8))
    assert first.sentence == (
        "It is number 1 of what can stand in for Spaghetti with people's words and rules or without. "
        "With a probability below 0.80 it would stand behind Penne."
    )
    assert (last.model_rank, last.overtaken_below) == (4, None)
    assert last.sentence.endswith("The model proposes none after it.")


def test_a_pin_that_the_model_never_proposed_hangs_on_the_person_alone():
    said = told(shop.moment(verdicts=[word("pesto", "pinned", position=1)]))["pesto"]
    assert (said.model_rank, said.overtaken_below) == (None, None)
    assert said.sentence.startswith("Without the word of a person it would not be among what can stand in")


def test_without_the_word_or_rule_that_moved_it_it_stands_where_the_model_puts_it():
    pinned = told(shop.moment(verdicts=[word("lasagne", "pinned", position=1)]))
    assert pinned["lasagne"].sentence.startswith("Without people's words and rules it would be number 4 of")
    buried = told(with_rule(RuleAction.BURY, "fusilli"))
    assert buried["fusilli"].sentence.startswith("Without people's words and rules it would be number 1 of")
    assert buried["fusilli"].sentence.count(", not 4.") == 1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(shop.SKUS), st.sampled_from(["rejected", "pinned", "confirmed"])), max_size=4)
)
def test_the_place_it_would_have_is_the_one_it_has_once_nobody_has_spoken(words):
    verdicts = [word(sku, said) for sku, said in words if sku != "spaghetti"]
    plain = {edge.sku: edge.rank for edge in related("spaghetti", SUB, moment=shop.moment())}
    for sku, said in told(shop.moment(verdicts=verdicts)).items():
        assert said.model_rank == plain.get(sku)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 0.99))
def test_below_the_probability_it_is_told_it_stands_behind_the_other(probability):
    said = told(shop.moment())["fusilli"]
    changed = [
        (*edge[:3], probability, *edge[4:]) if edge[2] == "fusilli" and edge[0] == SUB else edge for edge in shop.EDGES
    ]
    changed.sort(key=lambda edge: (edge[0], edge[1], -edge[3]))
    order = [edge.sku for edge in related("spaghetti", SUB, moment=shop.moment(model=shop.artefact(changed)))]
    if abs(probability - said.overtaken_below) > 1e-6:
        assert (order.index("fusilli") < order.index("penne")) == (probability > said.overtaken_below)
