"""What mutations recorded comes into the lake once, as one version or none, and earlier versions stay as they were."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT
from live_shops import NOON, TODAY, stock, tables

from jobs.carry import carry
from journal.erasure_log import ErasureLog
from journal.store import Journal
from lake.snapshot import build_snapshot
from lake.store import Lake
from schema.changes import Delisting, LoadPublished, PriceChange
from schema.events import Event, EventKind


class Told:
    """A lake with one load and a journal, without a graph."""

    def __init__(self, folder):
        self.folder, self.lake = folder, Lake(str(folder / "lake"))
        self.journal = Journal(str(folder / "journal.db"))

    def publish(self, **more):
        reached = carry(lake=self.lake, journal=self.journal, home=self.folder, now=PUBLISHED_AT).reached
        return self.lake.publish(tables(self.folder, **more), published_at=PUBLISHED_AT, carried=reached)

    def carry(self):
        return carry(lake=self.lake, journal=self.journal, home=self.folder, now=NOON)

    def record(self, *changes):
        return self.journal.record(changes, recorded_at=NOON)[-1]

    def click(self, number, sku="a", kind=EventKind.VIEW):
        happened = NOON + timedelta(seconds=number)
        event = Event(f"e{number}", kind, happened, session_id="s", customer_id="k", sku=sku)
        self.journal.save_events([event], recorded_at=NOON)

    def rows(self, name, *columns):
        return sorted(
            map(tuple, (row.values() for row in self.lake.at().rows(name, list(columns)).to_pylist())), key=str
        )


@pytest.fixture
def told(tmp_path):
    made = Told(tmp_path)
    made.publish()
    return made


def test_counts_prices_and_events_are_rows_of_one_new_version(told):
    reached = told.record(stock("a", 0), stock("a", 5), PriceChange("a", 3.0, None, None, date(2024, 6, 1)))
    told.click(1)
    carried = told.carry()
    assert carried.published.version == told.lake.latest() == 2
    assert told.lake.at().carried == carried.reached == {"changes": reached, "events": 1}
    assert ("choosy", "a", NOON + timedelta(hours=1), 5.0) in told.rows(
        "stocks", "store_id", "sku", "counted_at", "on_hand_units"
    )
    assert told.rows("prices", "sku", "store_id", "valid_from", "valid_to", "price") == [
        ("a", None, date(2024, 1, 1), None, 2.0),
        ("a", None, TODAY, date(2024, 6, 1), 3.0),
    ]
    assert told.rows("events", "event_id", "kind", "session_id") == [("e1", "view", "s")]
    assert "events" not in told.lake.at(1)
    assert told.lake.at(2).load_counts == told.lake.at(1).load_counts


def test_nothing_told_makes_no_version_and_neither_does_what_the_journal_keeps(told):
    assert told.carry().published is None
    reached = told.record(Delisting("a", TODAY), LoadPublished(1))
    assert told.carry().reached["changes"] == reached
    assert told.lake.latest() == 1


def test_carried_twice_is_carried_once(told):
    told.record(stock("a", 0))
    assert told.carry().published.version == 2
    assert told.carry().published is None
    told.click(1)
    assert told.carry().published.changes["events"].total == 1


def test_a_lake_without_a_load_carries_nothing_and_its_first_load_carries_all_later(tmp_path):
    told = Told(tmp_path)
    told.record(stock("a", 4))
    assert told.carry().published is None
    told.publish()
    assert told.lake.at().carried == {"changes": 0, "events": 0}
    assert told.carry().published.version == 2


def test_what_an_erased_customer_did_is_left_behind(told):
    told.click(1)
    told.record(stock("a", 0))
    ErasureLog(str(told.folder / "journal.db")).ask("k", asked_by="admin", asked_at=NOON, reason="asked")
    assert told.carry().reached["events"] == 1
    assert told.rows("events", "event_id") == []


def test_a_load_after_it_says_that_it_carries_the_same(told):
    told.record(stock("a", 0))
    published = told.publish(customers=[{"customer_id": "k"}, {"customer_id": "l"}])
    assert (published.version, told.lake.at().carried["changes"]) == (3, 1)


@pytest.mark.slow
def test_what_shoppers_did_is_learnt_as_switches(tmp_path):
    told = Told(tmp_path)
    products = [{"sku": sku, "name": sku, "category_id": "x"} for sku in "ab"]
    told.publish(categories=[{"category_id": "x"}], products=products)
    for number in range(4):
        shopper = {"session_id": f"s{number}", "customer_id": f"k{number}"}
        looks = [("a", EventKind.VIEW), ("b", EventKind.VIEW), ("b", EventKind.PURCHASE)]
        events = [
            Event(f"{number}-{place}", kind, NOON + timedelta(minutes=place), sku=sku, **shopper)
            for place, (sku, kind) in enumerate(looks)
        ]
        told.journal.save_events(events, recorded_at=NOON)
    told.carry()
    before, after = (
        build_snapshot(told.lake.at(version), as_of=told.lake.default_as_of(version)).edges["SWITCHED_TO"].num_rows
        for version in (1, 2)
    )
    assert (before, after) == (0, 1)


STEPS = {
    "count": lambda shop, n: shop.record(stock("a", n, hour=n % 3)),
    "price": lambda shop, n: shop.record(PriceChange("a", float(n), None, TODAY + timedelta(n % 2))),
    "click": lambda shop, n: shop.click(n),
}


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from([*STEPS, "carry"]), max_size=8))
def test_carrying_now_and_then_ends_as_carrying_once(tmp_path_factory, steps):
    pieces, whole = (Told(tmp_path_factory.mktemp("told")) for _ in range(2))
    pieces.publish()
    whole.publish()
    for number, step in enumerate(steps):
        if step == "carry":
            pieces.carry()
        else:
            STEPS[step](pieces, number)
            STEPS[step](whole, number)
    pieces.carry()
    whole.carry()
    for name in ("stocks", "prices", "events"):
        columns = [each for each in pieces.lake.at().rows(name).column_names if each != "load_id"]
        assert pieces.rows(name, *columns) == whole.rows(name, *columns)
