"""Leases: one holder at a time, the next when it is gone, and a number that rises with each."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.store import Journal

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def journal(journal_address):
    opened = Journal(journal_address)
    yield opened
    opened.close()


def take(journal, holder, after=0.0, name="work"):
    return journal.take_lease(name, holder=holder, now=NOON + timedelta(seconds=after), seconds=10)


def test_a_second_holder_waits_until_the_first_is_gone(journal):
    first = take(journal, "a")
    assert (first.fence, first.expires_at) == (1, NOON + timedelta(seconds=10))
    assert take(journal, "b", 9.9) is None
    assert take(journal, "a", 9).fence == 1
    assert take(journal, "b", 18.9) is None
    assert take(journal, "b", 19).fence == 2
    assert take(journal, "a", 20) is None
    assert journal.lease("work").holder == "b"


def test_a_holder_that_slept_through_its_lease_begins_another(journal):
    assert take(journal, "a").fence == 1
    assert take(journal, "a", 30).fence == 2


def test_given_back_it_is_free_at_once_and_only_its_holder_can(journal):
    first = take(journal, "a")
    journal.give_back(first)
    second = take(journal, "b")
    journal.give_back(first)
    assert second.fence == 2
    assert take(journal, "c") is None


def test_pieces_of_work_know_nothing_of_each_other(journal):
    assert take(journal, "a", name="one").fence == take(journal, "b", name="two").fence == 1
    assert journal.lease("three") is None


def test_of_many_that_come_together_one_gets_it(journal):
    won = []
    crowd = [threading.Thread(target=lambda n=n: won.append(take(journal, f"h{n}"))) for n in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(won) == 8
    assert len([lease for lease in won if lease]) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 15)), max_size=8))
def test_the_number_rises_exactly_when_the_lease_passes_on(journal, steps):
    name, at, holder, expires, fence = f"law-{uuid4()}", 0, None, -1, 0
    for asker, waited in steps:
        at += waited
        got = take(journal, asker, at, name)
        if at >= expires or holder is None:
            fence, holder, expires = fence + 1, asker, at + 10
        elif asker == holder:
            expires = at + 10
        assert (got.fence if got else None) == (fence if asker == holder else None)
