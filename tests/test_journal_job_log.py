"""Jobs in the journal, on both databases: one at a time, each once, and none is lost with its process."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from journal.job_log import STALE_AFTER, JobLog
from schema.errors import BadInput, KeyReused, NotFound
from schema.jobs import JobEnd, JobKind, JobState

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LOAD = {"source": "nightly", "folder": None}


@pytest.fixture
def jobs(journal_address):
    log = JobLog(journal_address)
    yield log
    log.close()


def ask(jobs, kind=JobKind.LOAD, arguments=LOAD, key=None):
    return jobs.ask(kind, arguments, asked_by="key:ann", asked_at=NOON, idempotency_key=key)


def later(seconds):
    return NOON + timedelta(seconds=seconds)


def test_a_job_is_told_of_from_its_asking_to_its_end(jobs):
    asked = ask(jobs)
    assert jobs.job(asked.number) == asked
    assert jobs.is_wanted(at=NOON)
    claimed = jobs.claim(worker="a", at=later(1))
    assert (claimed.state, claimed.started_at) == (JobState.RUNNING, later(1))
    assert not jobs.is_wanted(at=later(1))
    assert jobs.beat(1, worker="a", at=later(2), step="reading", done=2**40, total=2**41)
    told = jobs.job(1)
    assert (told.step, told.done, told.total) == ("reading", 2**40, 2**41)
    jobs.end(1, JobEnd(JobState.DONE, "Lake version 3.", result={"lake_version": 3}), worker="a", at=later(3))
    ended = jobs.job(1)
    assert (ended.state, ended.ended_at, ended.result) == (JobState.DONE, later(3), {"lake_version": 3})


def test_the_same_key_asks_once_and_other_content_is_refused(jobs):
    first = ask(jobs, key="startLoad:k")
    jobs.claim(worker="a", at=NOON)
    again = ask(jobs, key="startLoad:k")
    assert (again.number, again.state) == (first.number, JobState.RUNNING)
    with pytest.raises(KeyReused):
        ask(jobs, arguments={**LOAD, "folder": "x"}, key="startLoad:k")
    with pytest.raises(KeyReused):
        ask(jobs, kind=JobKind.RETRAINING, key="startLoad:k")
    assert len(jobs.jobs(limit=9)) == 1


def test_workers_that_race_never_run_two_at_a_time_and_each_job_once(jobs, journal_address):
    for _ in range(12):
        ask(jobs)
    ran = []

    def work(name):
        mine = JobLog(journal_address)
        while len(ran) < 12:
            job = mine.claim(worker=name, at=NOON)
            if job is not None:
                assert len(mine.jobs(limit=20, state=JobState.RUNNING)) == 1
                ran.append(job.number)
                mine.end(job.number, JobEnd(JobState.DONE), worker=name, at=NOON)
        mine.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, "abcd"))
    assert ran == list(range(1, 13))


def test_a_job_whose_process_died_fails_and_another_is_begun(jobs):
    ask(jobs)
    ask(jobs)
    jobs.claim(worker="a", at=NOON)
    assert jobs.claim(worker="b", at=NOON + STALE_AFTER) is None
    dead_at = NOON + STALE_AFTER + timedelta(seconds=1)
    assert jobs.is_wanted(at=dead_at)
    assert jobs.claim(worker="b", at=dead_at).number == 2
    assert jobs.job(1).state is JobState.FAILED
    assert "Start it again" in jobs.job(1).error
    # What was only asleep finds out, and ends nothing that is not its own.
    assert not jobs.beat(1, worker="a", at=dead_at, step="on")
    jobs.end(1, JobEnd(JobState.DONE, "late"), worker="a", at=dead_at)
    assert jobs.job(1).state is JobState.FAILED


def test_what_waits_is_cancelled_at_once_and_what_runs_is_told(jobs):
    ask(jobs)
    ask(jobs)
    jobs.claim(worker="a", at=NOON)
    assert jobs.cancel(2, at=NOON).state is JobState.CANCELLED
    running = jobs.cancel(1, at=NOON)
    assert (running.state, running.is_cancelling) == (JobState.RUNNING, True)
    assert not jobs.beat(1, worker="a", at=NOON, step="on")
    assert jobs.claim(worker="b", at=NOON + 2 * STALE_AFTER) is None
    assert jobs.job(1).state is JobState.CANCELLED
    assert jobs.cancel(1, at=NOON).state is JobState.CANCELLED


def test_an_erasure_is_not_cancelled(jobs):
    asked = ask(jobs, JobKind.ERASURE)
    with pytest.raises(BadInput):
        jobs.cancel(asked.number, at=NOON)
    assert jobs.job(asked.number).state is JobState.QUEUED


@pytest.mark.parametrize("number", [0, 7, 10**17])
def test_a_job_that_there_is_not_is_not_found(jobs, number):
    with pytest.raises(NotFound):
        jobs.job(number)
    with pytest.raises(NotFound):
        jobs.cancel(number, at=NOON)


def test_jobs_are_listed_newest_first_by_kind_state_and_page(jobs):
    for n in range(5):
        ask(jobs, JobKind.RETRAINING if n % 2 else JobKind.LOAD)
    jobs.cancel(3, at=NOON)
    assert [job.number for job in jobs.jobs(limit=2)] == [5, 4]
    assert [job.number for job in jobs.jobs(limit=9, after=4)] == [3, 2, 1]
    assert [job.number for job in jobs.jobs(limit=9, kind=JobKind.RETRAINING)] == [4, 2]
    assert [job.number for job in jobs.jobs(limit=9, state=JobState.CANCELLED)] == [3]
