"""The journal: batches whole and once, numbers in order, nothing acknowledged is lost."""

import itertools
import multiprocessing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import own_process
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.store import Journal
from schema.changes import Delisting, LoadPublished, StockChange
from schema.errors import BadInput, KeyReused, Unavailable
from schema.relations import Verdict

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
VERDICT = Verdict("v1", "A", "B", "SUBSTITUTES_FOR", "rejected", False, "ann", NOON, "Not the same.")


def stock(sku="A", units=3.0, store_id="S1"):
    return StockChange(store_id, sku, units, NOON)


@pytest.fixture
def journal(journal_address):
    opened = Journal(journal_address)
    yield opened
    opened.close()


changes = st.one_of(
    st.builds(
        StockChange,
        st.text(max_size=5),
        st.text(max_size=5),
        st.floats(-10, 1e6),
        st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)),
    ),
    st.builds(Delisting, st.text(max_size=5), st.none() | st.dates()),
    st.builds(LoadPublished, st.integers(0, 10**6)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(batch=st.lists(changes, max_size=6))
def test_what_is_recorded_is_read_back_in_order(journal, batch):
    before = journal.last_sequence()
    numbers = journal.record(batch, recorded_at=NOON)
    assert numbers == list(range(before + 1, before + 1 + len(batch)))
    read = journal.changes_after(before)
    assert [change.change for change in read] == batch
    assert [change.sequence for change in read] == numbers
    assert all(change.recorded_at == NOON for change in read)


def test_the_same_key_and_content_records_once(journal):
    first = journal.record([stock(), stock("B")], recorded_at=NOON, idempotency_key="k")
    again = journal.record([stock(), stock("B")], recorded_at=NOON + timedelta(hours=1), idempotency_key="k")
    assert again == first
    assert journal.last_sequence() == 2


@pytest.mark.parametrize("other", [[stock("C")], [stock(), stock("B"), stock("C")], [Delisting("A", None)]])
def test_the_same_key_with_other_content_is_refused(journal, other):
    journal.record([stock(), stock("B")], recorded_at=NOON, idempotency_key="k")
    with pytest.raises(KeyReused, match="'k'"):
        journal.record(other, recorded_at=NOON, idempotency_key="k")
    assert journal.last_sequence() == 2


def test_numbers_have_no_gap_after_a_refusal(journal):
    journal.record([stock()], recorded_at=NOON, idempotency_key="k")
    with pytest.raises(KeyReused):
        journal.record([stock("B")], recorded_at=NOON, idempotency_key="k")
    assert journal.record([stock("B")], recorded_at=NOON) == [2]


def test_reading_by_kind_and_page(journal):
    journal.record([stock(), LoadPublished(4), stock("B"), LoadPublished(5)], recorded_at=NOON)
    assert [c.change for c in journal.changes_after(0, kind="load_published")] == [LoadPublished(4), LoadPublished(5)]
    assert [c.sequence for c in journal.changes_after(1, limit=2)] == [2, 3]


def test_instants_keep_their_moment_whatever_their_timezone(journal):
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    journal.record([replace(stock(), counted_at=tokyo)], recorded_at=tokyo)
    (read,) = journal.changes_after(0)
    assert read.recorded_at == NOON
    assert isinstance(read.change, StockChange)
    assert read.change.counted_at == NOON


def test_an_instant_without_timezone_is_refused_and_nothing_kept(journal):
    with pytest.raises(BadInput, match="timezone"):
        journal.record([stock(), replace(stock(), counted_at=datetime(2024, 1, 1))], recorded_at=NOON)
    assert journal.last_sequence() == 0


def test_verdicts_are_kept_once_in_order(journal):
    second = replace(VERDICT, verdict_id="v2", store_id="S1", valid_from=date(2024, 1, 1), position=2)
    assert journal.save_verdicts([VERDICT, VERDICT], recorded_at=NOON) == 1
    assert journal.save_verdicts([VERDICT], recorded_at=NOON) == 1
    assert journal.save_verdicts([VERDICT, second], recorded_at=NOON) == 2
    assert journal.verdicts() == [VERDICT, second]
    assert journal.verdicts(after=1) == [second]


def test_a_verdict_id_with_other_content_saves_nothing(journal):
    journal.save_verdicts([VERDICT], recorded_at=NOON)
    with pytest.raises(KeyReused, match="'v1'"):
        journal.save_verdicts([replace(VERDICT, verdict_id="v9"), replace(VERDICT, reason="Other.")], recorded_at=NOON)
    assert journal.verdicts() == [VERDICT]


def _write(address, name, count):
    journal = Journal(address)
    for n in range(count):
        journal.record([stock(f"{name}-{n}"), stock(f"{name}-{n}b")], recorded_at=NOON, idempotency_key=f"{name}-{n}")


def test_several_processes_write_one_gapless_order(journal_address):
    address = journal_address
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write, args=(address, f"w{n}", 20)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    read = Journal(address).changes_after(0)
    assert [change.sequence for change in read] == list(range(1, 121))
    pairs = zip(read[::2], read[1::2], strict=True)
    assert all(getattr(a.change, "sku", "") + "b" == getattr(b.change, "sku", None) for a, b in pairs)


def _write_on(address, acknowledged):
    journal = Journal(address)
    for n in itertools.count():
        acknowledged.send(journal.record([stock(f"{n}")] * 3, recorded_at=NOON, idempotency_key=str(n))[-1])


@pytest.mark.slow
@pytest.mark.parametrize("kill_after", [1, 7, 20])
def test_what_was_acknowledged_survives_a_kill(journal_address, kill_after):
    acknowledged = own_process.sent_until_killed(_write_on, journal_address, after=kill_after)
    journal = Journal(journal_address)
    kept = [change.sequence for change in journal.changes_after(0)]
    assert set(acknowledged) <= set(kept)
    assert len(kept) % 3 == 0, "a batch was torn"
    assert journal.record([stock()], recorded_at=NOON) == [len(kept) + 1]


def test_a_database_that_cannot_be_reached_is_told(tmp_path):
    with pytest.raises(Unavailable, match=r"journal.*cannot be used"):
        Journal(str(tmp_path / "missing" / "folder" / "journal.db"))


@pytest.mark.parametrize("address", ["nosuch://db", "sqlite://[", "postgresql+nodriver://u:secret@h/db"])
def test_an_address_that_is_none_is_told_without_its_password(address):
    with pytest.raises(BadInput, match="address of a database") as told:
        Journal(address)
    assert "secret" not in str(told.value)
