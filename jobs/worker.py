"""Worker: runs one claimed job, tells the journal that it lives and how far it is, and ends when it is told to."""

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from journal.job_log import JobLog
from schema.errors import Busy, ShelfgraphError
from schema.jobs import Job, JobEnd, JobState, Work

log = structlog.get_logger("shelfgraph.jobs")
BEAT_SECONDS: Final = 1.0
BUSY_SECONDS: Final = 2.0
GRACE_SECONDS: Final = 10.0
"""How long a cancelled job may take to let go before its process ends all the same."""


class Worker:
    """Runs jobs in this process, one after the other, in its main thread.

    Args:
        jobs: where jobs are kept.
        work: does a job; work that finds somebody else writing (Busy) is tried again until it is done or cancelled.
        clock: the present instant, aware.
    """

    def __init__(self, jobs: JobLog, *, work: Work, clock: Callable[[], datetime]) -> None:
        self._jobs, self._work, self._clock = jobs, work, clock
        self._name = secrets.token_hex(8)

    def run_next(self) -> Job | None:
        """The oldest waiting job, run to its end; None where none waits or another process runs one."""
        job = self._jobs.claim(worker=self._name, at=self._clock())
        if job is None:
            return None
        log.info("job begun", number=job.number, kind=job.kind.value)
        end, beating = None, _Beating(self._jobs, job, worker=self._name, clock=self._clock)
        try:
            with beating:
                end = self._done(job, beating)
        except KeyboardInterrupt:
            if not beating.is_told_to_end:
                raise
        end = end or JobEnd(JobState.CANCELLED, message="Cancelled.")  # told to end when the work was over already
        self._end(job, end)
        log.info("job ended", number=job.number, state=end.state.value, error=end.error)
        return self._jobs.job(job.number)

    def _done(self, job: Job, beating: "_Beating") -> JobEnd:
        try:
            message, result = self._worked(job, beating)
        except KeyboardInterrupt:
            if not beating.is_told_to_end:
                self._end(job, JobEnd(JobState.FAILED, error="Somebody ended its process. Start it again."))
                raise
            return JobEnd(JobState.CANCELLED, message="Cancelled.")
        except ShelfgraphError as error:
            return JobEnd(JobState.FAILED, error=str(error))
        except Exception as error:  # whatever it is, whoever asked must be told that it failed
            log.error("job failed", number=job.number, exc_info=error)
            return JobEnd(JobState.FAILED, error=f"{type(error).__name__}: see the worker's log.")
        return JobEnd(JobState.DONE, message=message, result=result)

    def _end(self, job: Job, end: JobEnd) -> None:
        self._jobs.end(job.number, end, worker=self._name, at=self._clock())

    def _worked(self, job: Job, beating: "_Beating") -> tuple[str, dict[str, object]]:
        while True:
            try:
                message, result = self._work(job, beating)
            except Busy as error:
                beating(f"waiting: {error.what}", 0)
                time.sleep(BUSY_SECONDS)
            else:
                return message, dict(result)


class _Beating:
    """Progress that the journal hears of, and the thread that tells it, once a second."""

    def __init__(self, jobs: JobLog, job: Job, *, worker: str, clock: Callable[[], datetime]) -> None:
        self._jobs, self._job, self._worker, self._clock = jobs, job, worker, clock
        self._told: tuple[str, int | None, int | None] = ("beginning", None, None)
        self._over, self._ending = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="job heartbeat")
        self.is_told_to_end = False

    def __enter__(self) -> "_Beating":
        # SIGTERM unwinds the work, whoever sends it: what it holds is let go, and the journal hears of it.
        self._before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            with self._ending:
                self._over.set()
            self._thread.join()
        finally:
            signal.signal(signal.SIGTERM, self._before)

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        self._told = (stage, done, total)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            if self._is_to_go_on():
                continue
            with self._ending:
                if self._over.is_set():
                    return
                self.is_told_to_end = True
                signal.pthread_kill(_main_thread(), signal.SIGTERM)
            if not self._over.wait(GRACE_SECONDS):
                self._give_up()
            return

    def _is_to_go_on(self) -> bool:
        step, done, total = self._told
        told = {"step": step, "done": done, "total": total}
        try:
            return self._jobs.beat(self._job.number, worker=self._worker, at=self._clock(), **told)  # type: ignore[arg-type]
        except ShelfgraphError:
            return True  # A journal that is away for a moment ends no job; for longer, another worker calls it dead.

    def _give_up(self) -> None:
        end = JobEnd(JobState.CANCELLED, message="Cancelled; it did not let go by itself.")
        try:
            self._jobs.end(self._job.number, end, worker=self._worker, at=self._clock())
        finally:
            os._exit(1)


def _main_thread() -> int:
    main = threading.main_thread().ident
    assert main is not None  # noqa: S101  # it runs this
    return main
