"""Live facts: what the journal acknowledged is in the next refresh, and a value once read never changes."""

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
import service_shop as shop
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.facts_now import FactsNow
from decisions.live import LiveFacts
from journal.store import Journal
from schema.changes import Delisting, LoadPublished, PriceChange, RecordedChange, StockChange
from schema.decisions import Availability
from schema.errors import Unavailable
from schema.facts import NO_DAY


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal.db"))


def stock(sku, units, store_id="S1"):
    return StockChange(store_id, sku, units, shop.NOON)


def live(journal, read_facts=None):
    return LiveFacts(shop.facts(), journal=journal, read_facts=read_facts or _no_load)


def _no_load(version):
    raise AssertionError(f"lake version {version} was asked for")


def units(now, sku, store_id="S1"):
    return float(now.units(np.array([shop.SKUS.index(sku)]), store_id=store_id)[0])


def test_a_change_is_seen_at_the_next_refresh_and_values_read_before_stay(journal):
    facts = live(journal)
    before = facts.now()
    journal.record([stock("sauce", 0.0), stock("pesto", 4.0, "S2")], recorded_at=shop.NOON)
    after = facts.refresh()
    assert (units(before, "sauce"), units(after, "sauce"), units(after, "pesto", "S2")) == (10.0, 0.0, 4.0)
    assert (before.sequence, after.sequence) == (0, 2)
    assert after.on_hand[0] is not before.on_hand[0]


@given(
    st.lists(
        st.tuples(st.sampled_from(shop.SKUS), st.sampled_from([None, "S1", "S2"]), st.floats(1, 9), st.integers(-2, 2))
    ),
    st.booleans(),
)
def test_one_price_is_that_of_many(told, has_store_prices):
    own = np.full((len(shop.STORES), len(shop.SKUS)), np.nan, np.float32)
    own[0, ::2] = 5.0
    base = replace(shop.facts(), store_prices=own if has_store_prices else None)
    changes = [PriceChange(sku, price, store, shop.TODAY + timedelta(days=days)) for sku, store, price, days in told]
    recorded = [RecordedChange(number, each, shop.NOON) for number, each in enumerate(changes, 1)]
    now = FactsNow.start(base).with_changes(recorded)
    for store in (None, *shop.STORES):
        many = now.price(np.arange(len(shop.SKUS)), store_id=store, on=shop.TODAY)
        one = [now.price_of(row, store_id=store, on=shop.TODAY) for row in range(len(shop.SKUS))]
        assert np.array_equal(many, np.array(one, np.float32), equal_nan=True)


def test_what_nobody_knows_is_passed_by_and_counted(journal):
    facts = live(journal)
    journal.record(
        [stock("nothing", 1.0), stock("sauce", 1.0, "S9"), Delisting("nothing", None)], recorded_at=shop.NOON
    )
    after = facts.refresh()
    assert after.sequence == 3
    assert units(after, "sauce") == 10.0


def test_verdicts_arrive_too(journal):
    facts = live(journal)
    journal.save_verdicts([shop.verdict("sauce", "spaghetti", "rejected")], recorded_at=shop.NOON)
    book = facts.refresh().verdicts
    assert book.effective("COMPLEMENTS", "spaghetti", store_id=None, on=shop.TODAY)["sauce"].verdict == "rejected"


def test_a_published_load_is_read_and_only_delistings_outlive_it(journal):
    asked = []

    def read_facts(version):
        asked.append(version)
        return shop.facts(lake_version=version)

    facts = live(journal, read_facts)
    delist = Delisting("penne", shop.TODAY)
    journal.record([stock("sauce", 0.0), delist, LoadPublished(2), stock("pesto", 0.0)], recorded_at=shop.NOON)
    for now in (facts.refresh(), live(journal, read_facts).now()):
        assert now.base.lake_version == 2
        assert (units(now, "sauce"), units(now, "pesto")) == (10.0, 0.0)
        assert now.delisted_on[shop.SKUS.index("penne")] < NO_DAY
        assert now.sequence == 4
    assert asked == [2, 2]


def test_what_was_told_after_what_a_load_carries_outlives_it(journal):
    """A load takes minutes: a count told meanwhile is in none of its files."""
    read_facts = lambda version: shop.facts(lake_version=version, carried_sequence=1)  # noqa: E731
    following = live(journal, read_facts)
    told = [stock("sauce", 0.0), stock("pesto", 0.0), PriceChange("pesto", 9.0), LoadPublished(2)]
    journal.record(told, recorded_at=shop.NOON)
    pesto = np.array([shop.SKUS.index("pesto")])
    for now in (following.refresh(), live(journal, read_facts).now(), following.at(4)):
        assert (units(now, "sauce"), units(now, "pesto"), now.sequence) == (10.0, 0.0, 4)
        assert now.price(pesto, store_id=None, on=shop.TODAY)[0] == 9.0


def test_a_withdrawn_delisting_restores_what_the_load_says(journal):
    facts = live(journal)
    journal.record([Delisting("penne", shop.TODAY), Delisting("penne", None)], recorded_at=shop.NOON)
    assert facts.refresh().delisted_on[shop.SKUS.index("penne")] == NO_DAY


def test_a_load_that_cannot_be_read_leaves_what_stood(journal):
    attempts = []

    def read_facts(version):
        attempts.append(version)
        if len(attempts) == 1:
            raise Unavailable("The lake is away.")
        return shop.facts(lake_version=version)

    facts = live(journal, read_facts)
    journal.record([LoadPublished(2)], recorded_at=shop.NOON)
    with pytest.raises(Unavailable):
        facts.refresh()
    assert facts.now().base.lake_version == 1
    assert facts.refresh().base.lake_version == 2


changes = st.lists(
    st.one_of(
        st.builds(stock, st.sampled_from(shop.SKUS), st.integers(0, 9).map(float), st.sampled_from(shop.STORES)),
        st.builds(
            Delisting, st.sampled_from(shop.SKUS), st.sampled_from([None, shop.TODAY, shop.TODAY + timedelta(1)])
        ),
        st.just(LoadPublished(1)),
        st.just(LoadPublished(2)),
    ),
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(batch=changes, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_following_by_pieces_equals_starting_afterwards(tmp_path_factory, batch, cuts):
    journal = Journal(str(tmp_path_factory.mktemp("j") / "journal.db"))
    following = live(journal, lambda version: shop.facts(lake_version=version))
    edges = sorted({0, *[min(cut, len(batch)) for cut in cuts], len(batch)})
    for start, stop in pairwise(edges):
        journal.record(batch[start:stop], recorded_at=shop.NOON)
        following.refresh()
    started = live(journal, lambda version: shop.facts(lake_version=version)).now()
    now = following.now()
    assert np.array_equal(np.stack(now.on_hand), np.stack(started.on_hand), equal_nan=True)
    assert np.array_equal(now.delisted_on, started.delisted_on)
    assert (now.sequence, now.base.lake_version) == (started.sequence, started.base.lake_version)


def test_many_threads_may_refresh_and_read(journal):
    facts = live(journal)
    torn = []

    def read():
        for _ in range(200):
            now = facts.now()
            torn.extend([now.sequence] if units(now, "sauce") != units(now, "pesto") else [])

    readers = [threading.Thread(target=read) for _ in range(2)]
    followers = [threading.Thread(target=facts.refresh) for _ in range(8)]
    for thread in readers + followers:
        thread.start()
        journal.record([stock("sauce", thread.native_id), stock("pesto", thread.native_id)], recorded_at=shop.NOON)
    for thread in readers + followers:
        thread.join()
    assert torn == []
    assert facts.refresh().sequence == 20


def test_availability_at_a_store_and_anywhere(journal):
    facts = live(journal)
    row = np.array([shop.SKUS.index("sauce")])
    said = lambda store: facts.refresh().availability(row, store_id=store)[0]  # noqa: E731
    assert (said("S1"), said("S2"), said(None)) == (Availability.IN_STOCK, Availability.UNKNOWN, Availability.IN_STOCK)
    journal.record([stock("sauce", 0.0)], recorded_at=shop.NOON)
    assert (said("S1"), said(None)) == (Availability.OUT, Availability.UNKNOWN)
    journal.record([stock("sauce", 0.0, "S2")], recorded_at=shop.NOON)
    assert said(None) is Availability.OUT


def test_a_shelf_tells_of_every_store_what_units_and_availability_do(journal):
    facts, stores = live(journal), ("S2", "S1")
    journal.record([stock("pesto", 0.0), stock("pesto", 4.0, "S2")], recorded_at=shop.NOON)
    now = facts.refresh()
    for row in range(len(shop.SKUS)):
        rows = np.array([row])
        told = [
            (None if np.isnan(now.units(rows, store_id=store)[0]) else float(now.units(rows, store_id=store)[0]), said)
            for store in stores
            for said in now.availability(rows, store_id=store)
        ]
        assert now.shelf(row, stores) == told
