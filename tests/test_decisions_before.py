"""What stood before a change is what the facts said, and what the same change says next time is what it made."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import service_shop as shop

from decisions.before import stood_before, verdicts_before
from decisions.facts_now import FactsNow
from decisions.verdicts import VerdictBook
from schema.changes import Delisting, PriceChange, RecordedChange, RuleSet, RuleWithdrawn, StockChange, VerdictsSaved
from schema.relations import Verdict
from schema.rules import Rule, RuleAction, Subject, SubjectKind

DAY = shop.TODAY
RULE = Rule(RuleAction.BURY, Subject(SubjectKind.PRODUCT, "beer"), reason="old stock", set_by="ann")


def moment(facts):
    return SimpleNamespace(facts=facts, on=DAY)


def after(*changes):
    facts = FactsNow.start(shop.facts())
    return facts.with_changes([RecordedChange(n, change, shop.NOON) for n, change in enumerate(changes, 1)])


@pytest.mark.parametrize(
    ("change", "made"),
    [
        (StockChange("S1", "beer", 7.0, shop.NOON), 7.0),
        (PriceChange("beer", 9.5, "S1"), 9.5),
        (PriceChange("beer", 9.5, None, DAY + timedelta(days=3)), 9.5),
        (Delisting("beer", date(2024, 6, 1)), "2024-06-01"),
    ],
)
def test_the_next_change_finds_what_the_last_one_made(change, made):
    first = stood_before([change], moment(after()))
    assert first != [made]
    assert stood_before([change], moment(after(change))) == [made]


def test_what_nobody_counted_or_knows_stood_for_nothing():
    facts = after()
    changes = [Delisting("beer", None), Delisting("unobtainium", None), VerdictsSaved(1, 1), RuleWithdrawn(3)]
    assert stood_before(changes, moment(facts)) == [None] * 4


def test_a_withdrawn_rule_is_told_in_full():
    assert stood_before([RuleWithdrawn(1)], moment(after(RuleSet(RULE)))) == [RULE]


def test_the_word_before_a_verdict_is_the_one_that_counted():
    word = Verdict("v1", "beer", "cola", "SUBSTITUTES_FOR", "rejected", False, "ann", shop.NOON, "no")
    facts = SimpleNamespace(verdicts=VerdictBook.of([word]))
    other = Verdict("v2", "cola", "beer", "SUBSTITUTES_FOR", "pinned", False, "bob", shop.NOON, "yes")
    unknown = Verdict("v3", "cola", "wine", "SUBSTITUTES_FOR", "pinned", False, "bob", shop.NOON, "yes")
    assert verdicts_before([other, unknown], moment(facts)) == [word, None]
