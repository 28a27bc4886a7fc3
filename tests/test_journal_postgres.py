"""A PostgreSQL that hangs: it takes connections and answers nobody; told in bounded time, and used again by itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest
from ledger_entries import entry
from sqlalchemy import text

import journal.postgres
from journal.database import Database
from journal.decision_log import DecisionLog
from journal.ledger import Ledger
from journal.patience import CONNECT_SECONDS, PING_SECONDS
from journal.postgres import AGAIN_SECONDS, GRACE_SECONDS
from journal.store import Journal
from schema.changes import StockChange
from schema.errors import Unavailable
from schema.ledger import EntryFilter

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
STOCK = StockChange("S1", "A", 3.0, NOON)
BUSY = 1.5
"""Seconds by which a busy machine may be late."""
SLEEP = text("SELECT pg_sleep(3)")


@pytest.fixture
def address(postgres):
    new = postgres.new_journal()
    yield new
    postgres.end_sessions(new)


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(journal.postgres, "ANSWER_SECONDS", 1.0)


@contextmanager
def taking(at_most):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < at_most + BUSY


def refused_after(read):
    """Seconds until the database was given up."""
    began = time.monotonic()
    with pytest.raises(Unavailable, match="journal"):
        read()
    return time.monotonic() - began


@pytest.mark.slow
def test_a_server_that_hangs_is_told_in_time_and_used_again_when_it_answers(postgres, address):
    kept = Journal(address)
    kept.record([STOCK], recorded_at=NOON)
    with postgres.silent():
        assert refused_after(kept.last_sequence) < PING_SECONDS + CONNECT_SECONDS + BUSY
        time.sleep(AGAIN_SECONDS)
        with ThreadPoolExecutor(20) as crowd:
            waited = sorted(crowd.map(lambda _: refused_after(kept.last_sequence), range(20)))
        assert waited[-1] < CONNECT_SECONDS + BUSY
        assert waited[-2] < BUSY  # one asks again for all
    time.sleep(AGAIN_SECONDS)
    with taking(at_most=0):
        assert kept.record([STOCK], recorded_at=NOON) == [2]
    assert postgres.num_sessions(address) == 1
    kept.close()


@pytest.mark.slow
def test_a_transaction_that_is_left_without_an_answer_is_given_up_and_undone(postgres, address, hurried):
    kept, database = Journal(address), Database(address)

    def write():
        with database.transaction() as connection, ExitStack() as hanging:
            connection.execute(text("INSERT INTO leases VALUES ('work', 'me', 1, now())"))
            hanging.enter_context(postgres.silent())
            connection.execute(text("SELECT 1"))

    assert 1 < refused_after(write) < 1 + GRACE_SECONDS + BUSY
    assert kept.lease("work") is None
    database.close()
    kept.close()


def test_a_statement_may_take_as_long_as_an_answer_may_and_longer_where_it_takes_time(address, hurried):
    database = Database(address)

    def sleep():
        with database.transaction() as connection:
            connection.execute(SLEEP)

    with database.transaction(takes_time=True) as connection:
        connection.execute(SLEEP)
    assert refused_after(sleep) < 1 + BUSY
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    database.close()


def test_who_finds_every_connection_in_use_is_told_so(address):
    database = Database(address)
    with ExitStack() as uses:
        for _ in range(15):
            uses.enter_context(database.transaction())
        assert refused_after(lambda: uses.enter_context(database.transaction())) < CONNECT_SECONDS + BUSY
    database.close()


@pytest.mark.slow
def test_while_its_store_hangs_the_ledger_keeps_decisions_and_carries_them_later(postgres, address, tmp_path):
    log = DecisionLog(address)
    ledger = Ledger(log, tmp_path, max_bytes=1 << 20)
    ids = [ledger.keep(entry).result(timeout=20)]
    assert ledger.flush(within_seconds=20)
    with postgres.silent():
        with taking(at_most=0):
            ids += [ledger.keep(entry).result(timeout=20) for _ in range(50)]
        assert None not in ids
        assert not ledger.flush(within_seconds=PING_SECONDS + CONNECT_SECONDS + BUSY)
        assert ledger.problem == "the store does not answer: decisions wait in the spool"
        assert refused_after(lambda: log.entry(ids[0])) < CONNECT_SECONDS + BUSY
    assert ledger.flush(within_seconds=5)
    assert ledger.problem is None
    assert {each.decision_id for each in log.entries(EntryFilter(), limit=100)} == set(ids)
    ledger.close()
