"""A sequence number fixes every fact: stocks, prices, delistings, rules and verdicts, however they were followed."""

import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import count

import numpy as np
import pytest
import service_shop as shop
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from decisions.facts_now import FactsNow
from decisions.live import LiveFacts
from journal.store import Journal
from journal.tables import CHANGES
from schema.changes import (
    Delisting,
    ForecastOverridden,
    LoadPublished,
    OrderJudged,
    PriceChange,
    RuleSet,
    RuleWithdrawn,
    StockChange,
)
from schema.errors import KeyReused
from schema.rules import Rule, RuleAction, Subject, SubjectKind

SKU = st.sampled_from([*shop.SKUS[:4], "gone"])
DAYS = st.sampled_from([None, shop.TODAY - timedelta(1), shop.TODAY, shop.TODAY + timedelta(1)])
STORE = st.sampled_from(["S1", "S2", "S9"])
stocks = st.builds(StockChange, STORE, SKU, st.integers(-1, 9).map(float), st.just(shop.NOON))
prices = st.builds(PriceChange, SKU, st.integers(0, 9).map(float), st.none() | STORE, DAYS, DAYS)
subjects = st.builds(Subject, st.sampled_from(SubjectKind), SKU | st.sampled_from(["drinks", "Roma", "acme"]))
actions = st.sampled_from([RuleAction.BURY, RuleAction.BOOST])
rules = st.builds(Rule, actions, subjects, st.just("r"), st.just("ann"), store_id=st.none() | STORE, valid_from=DAYS)
WORDS = {"reason": st.just("r")}
overrides = st.builds(
    ForecastOverridden, SKU, STORE, st.just(shop.TODAY), st.none() | st.just(3.0), said_by=st.just("ann"), **WORDS
)
ORDER_DAYS = {"order_on": st.just(shop.TODAY), "expected_on": st.just(shop.NEXT_WEEK)}
orders = st.builds(
    OrderJudged,
    st.sampled_from(["d1", "d2"]),
    STORE,
    SKU,
    st.just("acme"),
    st.integers(0, 9).map(float),
    is_approved=st.booleans(),
    judged_by=st.just("ann"),
    **ORDER_DAYS,
    **WORDS,
)
changes = st.one_of(
    stocks,
    overrides,
    orders,
    prices,
    st.builds(Delisting, SKU, DAYS),
    st.builds(RuleSet, rules),
    st.builds(RuleWithdrawn, st.integers(1, 8)),
    st.builds(LoadPublished, st.sampled_from([1, 2])),
)
verdicts = st.builds(
    shop.verdict,
    st.sampled_from(shop.SKUS[:3]),
    st.sampled_from(shop.SKUS[3:6]),
    st.sampled_from(["confirmed", "rejected", "released"]),
    store_id=st.none() | st.just("S1"),
)
batches = st.lists(st.lists(changes, min_size=1, max_size=3) | verdicts, max_size=8)


@pytest.fixture(scope="module")
def fresh_journal(tmp_path_factory):
    """Makes journals of their own, quickly: copies of one whose tables stand already."""
    folder = tmp_path_factory.mktemp("journals")
    Journal(str(folder / "empty.db")).close()
    numbers = count()

    def made():
        return Journal(str(shutil.copy(folder / "empty.db", folder / f"{next(numbers)}.db")))

    return made


def read_facts(version):
    return replace(shop.with_stock(beer=float(version)), lake_version=version)


def following(journal):
    return LiveFacts(read_facts(1), journal=journal, read_facts=read_facts)


def tell(journal, batch, key):
    if isinstance(batch, list):
        journal.record(batch, recorded_at=shop.NOON, idempotency_key=key)
    else:
        journal.save_verdicts([replace(batch, verdict_id=key)], recorded_at=shop.NOON, idempotency_key=key)


def looked_at(now: FactsNow):
    """Everything that decisions can see of the facts."""
    rows = np.arange(len(shop.SKUS))
    days = [shop.TODAY + timedelta(n) for n in (-1, 0, 1)]
    stores = [None, *shop.STORES]
    return {
        "sequence": now.sequence,
        "plans": vars(now.plans),
        "units": [now.units(rows, store_id=store).tolist() for store in shop.STORES],
        "delisted": now.delisted_on.tolist(),
        "prices": [now.price(rows, store_id=store, on=day).tolist() for store in stores for day in days],
        "rules": dict(now.rules.rules),
        "lifts": [np.asarray(now.rules.lifts(store_id=s, on=d)).tolist() for s in stores for d in days],
        "verdicts": [
            now.verdicts.effective("COMPLEMENTS", sku, store_id=store, on=shop.TODAY)
            for sku in shop.SKUS
            for store in stores
        ],
    }


def same(one: FactsNow, other: FactsNow):
    np.testing.assert_equal(looked_at(one), looked_at(other))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(batches=batches)
def test_facts_built_up_to_a_number_equal_facts_followed_live(fresh_journal, batches):
    journal = fresh_journal()
    journal.record([LoadPublished(1)], recorded_at=shop.NOON)
    live = following(journal)
    seen = [live.now()]
    for place, batch in enumerate(batches):
        tell(journal, batch, f"k{place}")
        seen.append(live.refresh())
    later = following(journal)
    same(later.now(), live.now())
    for now in seen:
        same(later.at(now.sequence), now)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(batches=batches, data=st.data())
def test_repeats_in_any_order_change_nothing(fresh_journal, batches, data):
    journal = fresh_journal()
    told = [(f"k{place}", batch) for place, batch in enumerate(batches)]
    for key, batch in told:
        tell(journal, batch, key)
    before = following(journal).now()
    for key, batch in data.draw(st.permutations([*told, *told])):
        tell(journal, batch, key)
    same(following(journal).now(), before)


def test_verdicts_of_a_journal_that_knew_no_change_for_them_hold_from_the_start(tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    old = shop.verdict("beer", "cola", "rejected")
    journal.save_verdicts([old], recorded_at=shop.NOON)
    with journal._database.transaction() as connection:  # as an earlier program left its journal
        connection.execute(delete(CHANGES))
    assert following(journal).now().verdicts.by_anchor["COMPLEMENTS", "cola"] == {"beer": (old,)}
    journal.save_verdicts([shop.verdict("beer", "nuts", "rejected")], recorded_at=shop.NOON)
    assert len(following(journal).now().verdicts.by_anchor) == 2
    assert len(following(journal).at(0).verdicts.by_anchor) == 1


def test_a_batch_of_verdicts_is_the_same_whenever_it_is_repeated(tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    word = shop.verdict("beer", "cola", "rejected")
    first = journal.save_verdicts([word], recorded_at=shop.NOON, idempotency_key="k")
    later = replace(word, judged_at=shop.NOON + timedelta(hours=1))
    assert journal.save_verdicts([later], recorded_at=shop.NOON, idempotency_key="k") == first
    for other in ([replace(word, reason="No.")], [word, replace(word, verdict_id="w")], []):
        with pytest.raises(KeyReused):
            journal.save_verdicts(other, recorded_at=shop.NOON, idempotency_key="k")
    assert journal.verdicts() == [word]
