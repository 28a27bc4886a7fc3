"""The worker: what it tells the journal of a job that goes well, fails, waits, is cancelled, or dies."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs import worker as worker_module
from jobs.worker import Worker
from journal.job_log import STALE_AFTER, JobLog
from schema.errors import BadInput, Busy
from schema.jobs import JobKind, JobState

ROOT = Path(__file__).parents[1]
SLEEPER = """
import sys, time
from datetime import UTC, datetime
from jobs.worker import Worker
from journal.job_log import JobLog

def work(job, progress):
    progress("sleeping", 1, 4)
    print("asleep", flush=True)
    try:
        time.sleep(60)
    finally:
        print("let go", flush=True)

Worker(JobLog(sys.argv[1]), work=work, clock=lambda: datetime.now(UTC)).run_next()
"""


def clock():
    return datetime.now(UTC)


@pytest.fixture
def jobs(tmp_path):
    return JobLog(str(tmp_path / "journal.db"))


def ask(jobs):
    return jobs.ask(JobKind.LOAD, {}, asked_by="ann", asked_at=clock())


def ran(jobs, work):
    ask(jobs)
    return Worker(jobs, work=work, clock=clock).run_next()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(worker_module, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(worker_module, "BUSY_SECONDS", 0.02)


def test_what_came_of_a_job_is_kept(jobs):
    done = ran(jobs, lambda *_: ("Lake version 3.", {"lake_version": 3}))
    assert (done.state, done.message, done.result) == (JobState.DONE, "Lake version 3.", {"lake_version": 3})
    assert Worker(jobs, work=None, clock=clock).run_next() is None


@pytest.mark.parametrize(
    ("error", "told"),
    [(BadInput("Line 3.", remedy="Mend it."), "Line 3. Mend it."), (KeyError("x"), "log")],
)
def test_a_failure_says_why_and_the_next_job_runs(jobs, error, told):
    def work(job, progress):
        raise error

    failed = ran(jobs, work)
    assert failed.state is JobState.FAILED
    assert told in failed.error
    assert ran(jobs, lambda *_: ("", {})).state is JobState.DONE


def test_work_waits_for_whoever_writes(jobs):
    tries = []

    def work(job, progress):
        tries.append(1)
        if len(tries) < 3:
            raise Busy("Another command is writing to the shop.")
        return "", {}

    assert ran(jobs, work).state is JobState.DONE
    assert len(tries) == 3


def test_a_cancelled_job_lets_go(jobs):
    let_go = []

    def work(job, progress):
        jobs.cancel(job.number, at=clock())
        try:
            time.sleep(5)
        finally:
            let_go.append(job.number)

    cancelled = ran(jobs, work)
    assert (cancelled.state, let_go) == (JobState.CANCELLED, [1])
    assert ran(jobs, lambda *_: ("", {})).state is JobState.DONE


def asleep(jobs, address):
    ask(jobs)
    sleeper = subprocess.Popen([sys.executable, "-c", SLEEPER, address], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    while "asleep" not in sleeper.stdout.readline():
        assert sleeper.poll() is None
    return sleeper


@pytest.mark.slow
def test_a_killed_job_fails_and_can_be_started_again(jobs, tmp_path):
    sleeper = asleep(jobs, str(tmp_path / "journal.db"))
    deadline = time.monotonic() + 20
    while jobs.job(1).step != "sleeping":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(sleeper.pid, signal.SIGKILL)
    sleeper.wait()
    late = Worker(jobs, work=lambda *_: ("", {}), clock=lambda: clock() + STALE_AFTER + timedelta(seconds=2))
    assert late.run_next() is None
    assert (jobs.job(1).state, "Start it again" in jobs.job(1).error) == (JobState.FAILED, True)
    ask(jobs)
    assert late.run_next().state is JobState.DONE


@pytest.mark.slow
def test_a_job_cancelled_from_elsewhere_lets_go_within_seconds(jobs, tmp_path):
    sleeper = asleep(jobs, str(tmp_path / "journal.db"))
    jobs.cancel(1, at=clock())
    assert "let go" in sleeper.stdout.read()
    assert sleeper.wait(20) == 0
    assert jobs.job(1).state is JobState.CANCELLED
