"""JobLog: jobs in the journal, so that whoever asked, whoever runs them and whoever looks may be other processes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from journal.database import Kept
from journal.newest_first import newest_first
from journal.numbering import take_numbers
from journal.rows import aware, naive
from journal.tables import JOBS
from schema.errors import BadInput, KeyReused, NotFound
from schema.jobs import Job, JobEnd, JobKind, JobState

STALE_AFTER: Final = timedelta(seconds=30)
"""A running job that has not told that it lives for so long is taken for dead."""
DIED: Final = "Its process ended before it did. Start it again: what it had finished is not done twice."
QUEUED, RUNNING = JobState.QUEUED.value, JobState.RUNNING.value


class JobLog(Kept):
    """The jobs at a journal's address; one runs at a time, since each of them writes the shop."""

    def ask(
        self,
        kind: JobKind,
        arguments: Mapping[str, Any],
        *,
        asked_by: str,
        asked_at: datetime,
        idempotency_key: str | None = None,
    ) -> Job:
        """The job that was asked for, queued and durable on return; the earlier one where the key came before.

        Raises:
            KeyReused: if the key came before with another kind or other arguments.
            Unavailable: if it cannot be kept.
        """
        with self._database.transaction() as connection:
            return ask(connection, kind, arguments, asked_by=asked_by, asked_at=asked_at, key=idempotency_key)

    def is_wanted(self, *, at: datetime) -> bool:
        """Whether a job waits to be run, or one whose process died waits to be told so."""
        waiting = or_(JOBS.c.state == QUEUED, _is_dead(at))
        with self._database.transaction() as connection:
            return connection.scalar(select(JOBS.c.number).where(waiting).limit(1)) is not None

    def claim(self, *, worker: str, at: datetime) -> Job | None:
        """The oldest job that waits, from now on this worker's; None where none waits or another one runs.

        Jobs whose process died are marked as failed first.
        """
        with self._database.transaction() as connection:
            take_numbers(connection, JOBS, 0)  # writers queue here, so that two workers never both find nothing running
            connection.execute(
                update(JOBS)
                .where(_is_dead(at), JOBS.c.is_cancelling)
                .values(state=JobState.CANCELLED.value, ended_at=naive(at))
            )
            connection.execute(
                update(JOBS).where(_is_dead(at)).values(state=JobState.FAILED.value, ended_at=naive(at), error=DIED)
            )
            if connection.scalar(select(func.count()).select_from(JOBS).where(JOBS.c.state == RUNNING)):
                return None
            oldest = select(JOBS.c.number).where(JOBS.c.state == QUEUED).order_by(JOBS.c.number).limit(1)
            number = connection.scalar(oldest)
            if number is None:
                return None
            begun = {"state": RUNNING, "worker": worker, "started_at": naive(at), "beat_at": naive(at)}
            connection.execute(update(JOBS).where(JOBS.c.number == number).values(**begun))
            return _found(connection, number)

    def beat(
        self, number: int, *, worker: str, at: datetime, step: str, done: int | None = None, total: int | None = None
    ) -> bool:
        """Whether the job is to go on: it is this worker's still and nobody wants it to end. Tells how far it is."""
        told = {"beat_at": naive(at), "step": step, "done": done, "total": total}
        with self._database.transaction() as connection:
            connection.execute(update(JOBS).where(_is_run_by(number, worker)).values(**told))
            return connection.scalar(select(JOBS.c.is_cancelling).where(_is_run_by(number, worker))) is False

    def end(self, number: int, end: JobEnd, *, worker: str, at: datetime) -> None:
        """Keep how a job ended; nothing where it is no longer this worker's."""
        told = {**asdict(end), "state": end.state.value, "ended_at": naive(at)}
        with self._database.transaction() as connection:
            connection.execute(update(JOBS).where(_is_run_by(number, worker)).values(**told))

    def cancel(self, number: int, *, at: datetime) -> Job:
        """The job, cancelled if it was waiting, told to end if it runs, as it was if it has ended.

        Raises:
            NotFound: if there is none.
            BadInput: if it erases a customer: that is promised already.
        """
        with self._database.transaction() as connection:
            take_numbers(connection, JOBS, 0)
            if _found(connection, number).kind is JobKind.ERASURE:
                raise BadInput("An erasure cannot be ended.", remedy="Wait until it has.")
            is_it = JOBS.c.number == number
            ended = {"state": JobState.CANCELLED.value, "ended_at": naive(at)}
            connection.execute(update(JOBS).where(is_it, JOBS.c.state == QUEUED).values(**ended))
            connection.execute(update(JOBS).where(is_it, JOBS.c.state == RUNNING).values(is_cancelling=True))
            return _found(connection, number)

    def job(self, number: int) -> Job:
        """A job.

        Raises:
            NotFound: if there is none.
        """
        with self._database.transaction() as connection:
            return _found(connection, number)

    def jobs(
        self,
        *,
        limit: int,
        after: int | None = None,
        before: int | None = None,
        is_last: bool = False,
        kind: JobKind | None = None,
        state: JobState | None = None,
    ) -> list[Job]:
        """Jobs, the newest first; which of them `newest_first` says."""
        query = select(JOBS)
        if kind is not None:
            query = query.where(JOBS.c.kind == kind.value)
        if state is not None:
            query = query.where(JOBS.c.state == state.value)
        with self._database.transaction() as connection:
            rows = newest_first(
                connection, query, JOBS.c.number, limit=limit, after=after, before=before, is_last=is_last
            )
        return [_job(row._mapping) for row in rows]  # type: ignore[arg-type]


def ask(  # a job's columns, within a transaction of more than it
    connection: Connection,
    kind: JobKind,
    arguments: Mapping[str, Any],
    *,
    asked_by: str,
    asked_at: datetime,
    key: str | None = None,
) -> Job:
    """The job as kept within a transaction.

    Raises:
        KeyReused: if the key came before with another kind or other arguments.
    """
    number = take_numbers(connection, JOBS, 0) + 1
    if key is not None:
        known = connection.execute(select(JOBS).where(JOBS.c.idempotency_key == key)).first()
        if known is not None:
            if (known.kind, _canonical(known.arguments)) != (kind.value, _canonical(arguments)):
                raise KeyReused(key)
            return _job(known._mapping)  # type: ignore[arg-type]
    take_numbers(connection, JOBS, 1)
    job = Job(number, kind, dict(arguments), JobState.QUEUED, asked_by, asked_at)
    row = {**asdict(job), "kind": kind.value, "state": QUEUED, "asked_at": naive(asked_at)}
    connection.execute(insert(JOBS), {**row, "idempotency_key": key, "worker": ""})
    return job


def _canonical(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)


def _is_dead(at: datetime) -> Any:
    return and_(JOBS.c.state == RUNNING, JOBS.c.beat_at < naive(at - STALE_AFTER))


def _is_run_by(number: int, worker: str) -> Any:
    return and_(JOBS.c.number == number, JOBS.c.worker == worker, JOBS.c.state == RUNNING)


def _found(connection: Connection, number: int) -> Job:
    row = connection.execute(select(JOBS).where(JOBS.c.number == number)).first()
    if row is None:
        raise NotFound("job", number, remedy="`shelfgraph jobs list` shows them.")
    return _job(row._mapping)  # type: ignore[arg-type]


def _job(row: Mapping[str, Any]) -> Job:
    values = {name: row[name] for name in Job.__dataclass_fields__}
    instants = {name: row[name] and aware(row[name]) for name in ("asked_at", "started_at", "ended_at", "beat_at")}
    return Job(**{**values, **instants, "kind": JobKind(row["kind"]), "state": JobState(row["state"])})
