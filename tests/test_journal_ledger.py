"""The ledger: an id that was handed out is kept, whatever dies; what cannot be kept has none."""

import multiprocessing
import threading
import time
from datetime import timedelta
from pathlib import Path

import own_process
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_entries import NOON, entry

from journal.decision_log import DecisionLog
from journal.ledger import Ledger, entry_of, payload_of
from schema.errors import KeyReused, NotFound, Unavailable
from schema.ledger import OUTCOME_KINDS, EntryFilter, Outcome

MANY = 1 << 30


@pytest.fixture
def log(journal_address):
    opened = DecisionLog(journal_address)
    yield opened
    opened.close()


def kept(ledger, *entries):
    return [future.result(timeout=20) for future in [ledger.keep(lambda one=one: one) for one in entries]]


texts = st.text(st.characters(), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(customers=st.lists(st.none() | texts, max_size=5), seconds=st.floats(0, 1e6))
def test_entries_are_read_back_as_they_were_and_found_by_customer(log, customers, seconds):
    entries = [entry(customer_id=customer, after_seconds=seconds + n) for n, customer in enumerate(customers)]
    assert [entry_of(payload_of(one)) for one in entries] == entries
    assert log.add(entries) == len(entries)
    assert log.add(entries) == 0
    for one in entries:
        found = log.entry(one.decision_id)
        assert found.decided_at == one.decided_at
        if one.customer_id is not None:
            mine = log.entries(EntryFilter(customer_id=one.customer_id), limit=100)
            assert one.decision_id in [each.decision_id for each in mine]


def test_entries_are_listed_newest_first_page_by_page_and_by_every_filter(log):
    entries = [entry(after_seconds=n, kind=kind) for n, kind in enumerate(["recommendation", "substitution"] * 5)]
    other = entry(after_seconds=100, model_version="other")
    log.add([*entries, other])
    log.add_outcomes([Outcome(entries[3].decision_id, "bought", "A", NOON)], recorded_at=NOON, idempotency_key="k")
    newest_first = [one.decision_id for one in [other, *reversed(entries)]]

    def ids(limit=100, after=None, **chosen):
        return [each.decision_id for each in log.entries(EntryFilter(**chosen), limit=limit, after=after)]

    assert ids(limit=4) + ids(limit=100, after=newest_first[3]) == newest_first
    assert ids(kind="substitution") == [one.decision_id for one in reversed(entries[1::2])]
    assert ids(model_version="other") == [other.decision_id]
    since, until = NOON + timedelta(seconds=2), NOON + timedelta(seconds=5)
    assert ids(since=since, until=until) == [one.decision_id for one in reversed(entries[2:5])]
    assert (ids(outcome="bought"), ids(outcome="shown")) == ([entries[3].decision_id], [])


def test_outcomes_join_back_once_and_never_rewrite(log):
    one = entry()
    log.add([one])
    batch = [Outcome(one.decision_id, kind, "A", NOON + timedelta(hours=n)) for n, kind in enumerate(OUTCOME_KINDS)]
    assert log.add_outcomes(batch, recorded_at=NOON, idempotency_key="k") == 5
    assert log.add_outcomes(batch, recorded_at=NOON + timedelta(days=1), idempotency_key="k") == 0
    with pytest.raises(KeyReused):
        log.add_outcomes(batch[:2], recorded_at=NOON, idempotency_key="k")
    log.add_outcomes([Outcome(one.decision_id, "bought", "A", NOON, 2.0)], recorded_at=NOON, idempotency_key="later")
    assert len(log.outcomes([one.decision_id])[one.decision_id]) == 6
    with pytest.raises(NotFound, match="decision"):
        log.add_outcomes([batch[0], Outcome("nothing", "shown", "A", NOON)], recorded_at=NOON, idempotency_key="other")
    assert len(log.outcomes([one.decision_id, "nothing"])[one.decision_id]) == 6


def test_pruning_takes_what_is_older_and_its_outcomes(log):
    entries = [entry(after_seconds=n) for n in range(1200)]
    log.add(entries)
    log.add_outcomes([Outcome(entries[0].decision_id, "shown", "A", NOON)], recorded_at=NOON, idempotency_key="k")
    assert log.prune(NOON + timedelta(seconds=1100)) == 1100
    assert log.prune(NOON + timedelta(seconds=1100)) == 0
    assert len(log.entries(EntryFilter(), limit=2000)) == 100
    assert log.outcomes([entries[0].decision_id]) == {}


@pytest.mark.parametrize("is_power_safe", [False, True])
def test_every_id_handed_out_reaches_the_store(log, journal_address, tmp_path, is_power_safe):
    ledger = Ledger(log, tmp_path / "spool", max_bytes=MANY, is_power_safe=is_power_safe)
    entries = [entry(after_seconds=n) for n in range(300)]
    assert kept(ledger, *entries) == [one.decision_id for one in entries]
    assert ledger.flush(within_seconds=20)
    assert len(log.entries(EntryFilter(), limit=1000)) == 300
    ledger.close()
    assert kept(ledger, entry()) == [None]
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.slow
def test_without_the_store_decisions_go_on_and_reach_it_when_it_is_back(postgres, tmp_path):
    log = DecisionLog(postgres.new_journal())
    ledger = Ledger(log, tmp_path, max_bytes=MANY)
    first = kept(ledger, entry())
    assert ledger.flush(within_seconds=20)
    postgres.stop()
    try:
        second = kept(ledger, *[entry(after_seconds=n) for n in range(50)])
        assert None not in second
        assert not ledger.flush(within_seconds=0.5)
        assert ledger.problem == "the store does not answer: decisions wait in the spool"
    finally:
        postgres.start()
    assert ledger.flush(within_seconds=30)
    assert ledger.problem is None
    assert {each.decision_id for each in log.entries(EntryFilter(), limit=100)} == {*first, *second}
    ledger.close()


class NoStore(DecisionLog):
    """A store that is away."""

    def __init__(self):
        pass

    def add(self, entries):  # noqa: ARG002
        raise Unavailable("The store is away.")

    def close(self):
        pass


def test_past_the_bound_there_is_no_id_and_the_next_process_stores_what_had_one(tmp_path):
    ledger = Ledger(NoStore(), tmp_path / "spool", max_bytes=20_000)
    ids = kept(ledger, *[entry(after_seconds=n, answer="x" * 400) for n in range(100)])
    assert ids[-1] is None
    assert ledger.problem == "the spool is full: decisions are answered without an id"
    ledger.close(within_seconds=0.1)
    log = DecisionLog(str(tmp_path / "journal.db"))
    again = Ledger(log, tmp_path / "spool", max_bytes=20_000)
    assert again.flush(within_seconds=20)
    again.close()
    handed_out = {each for each in ids if each is not None}
    assert {each.decision_id for each in log.entries(EntryFilter(), limit=1000)} == handed_out


def test_an_entry_that_cannot_be_made_has_no_id_and_harms_no_other(tmp_path):
    ledger = Ledger(NoStore(), tmp_path, max_bytes=MANY)
    good = entry()
    futures = [ledger.keep(lambda: good), ledger.keep(lambda: 1 / 0), ledger.keep(lambda: good)]
    assert [future.result(timeout=20) for future in futures] == [good.decision_id, None, good.decision_id]
    ledger.close(within_seconds=0.1)


def _keep_many(address, folder, results):
    ledger = Ledger(DecisionLog(address), Path(folder), max_bytes=MANY)
    results.put(kept(ledger, *[entry(after_seconds=n) for n in range(100)]))
    ledger.close(within_seconds=30)


def test_several_processes_and_threads_keep_side_by_side(journal_address, tmp_path):
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    keepers = [fork.Process(target=_keep_many, args=(journal_address, str(tmp_path), results)) for _ in range(3)]
    for keeper in keepers:
        keeper.start()
    handed_out = [each for _ in keepers for each in results.get(timeout=60)]
    for keeper in keepers:
        keeper.join()
    log = DecisionLog(journal_address)
    assert sorted(handed_out) == sorted(each.decision_id for each in log.entries(EntryFilter(), limit=1000))


def _keep_on(address, spool, handed_out):
    ledger = Ledger(DecisionLog(address), spool, max_bytes=MANY)
    while True:
        for future in [ledger.keep(lambda: entry(answer="x" * 3000)) for _ in range(7)]:
            handed_out.send(future.result())


@pytest.mark.slow
@pytest.mark.parametrize("kill_after", [1, 30, 400, 2000])
def test_no_id_handed_out_is_lost_when_its_process_is_killed(journal_address, tmp_path, kill_after):
    spool = tmp_path / "spool"
    handed_out = own_process.sent_until_killed(_keep_on, journal_address, spool, after=kill_after)
    log = DecisionLog(journal_address)
    ledger = Ledger(log, spool, max_bytes=MANY)
    assert ledger.flush(within_seconds=60)
    found = {each.decision_id for each in log.entries(EntryFilter(), limit=1_000_000)}
    assert set(handed_out) <= found
    ledger.close()


def test_asking_for_ids_does_not_wait_for_a_store_that_hangs(tmp_path):
    released = threading.Event()

    class Hangs(NoStore):
        def add(self, entries):  # noqa: ARG002
            released.wait(20)

    ledger = Ledger(Hangs(), tmp_path, max_bytes=MANY)
    kept(ledger, entry())
    time.sleep(0.4)  # the store's thread hangs by now
    started = time.monotonic()
    assert None not in kept(ledger, *[entry() for _ in range(20)])
    assert time.monotonic() - started < 2
    released.set()
    ledger.close()
