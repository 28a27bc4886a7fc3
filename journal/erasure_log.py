"""ErasureLog: customers who were erased, and their rows' way out of the journal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, or_, select, update

from journal import job_log
from journal.database import Kept
from journal.numbering import take_numbers
from journal.rows import aware, findable, naive
from journal.tables import ACCESS_KEYS, DECISIONS, ERASURES, EVENTS, JOBS, OUTCOMES, SALTS
from schema.erasure import Erasure, Tombstones
from schema.errors import NotFound
from schema.jobs import JobKind, JobState
from schema.ledger import ERASED

AT_ONCE: Final = 500
NOBODY: Final = "erased"
UNENDED: Final = (JobState.QUEUED.value, JobState.RUNNING.value)


class ErasureLog(Kept):
    """The erasures at a journal's address."""

    def ask(self, customer_id: str, *, asked_by: str, asked_at: datetime, reason: str) -> Erasure:
        """The erasure of a customer, the earlier one if they were erased before; durable on return.

        From now on loads and events leave the customer out, and their keys count no more. The rest is the job's, which
        is queued again where it failed.
        """
        with self._database.transaction() as connection:
            number = take_numbers(connection, ERASURES, 0) + 1
            hashed = tombstones(connection, [customer_id]).hash_of(customer_id)
            counts = _end_keys(connection, customer_id, at=asked_at)
            known = connection.execute(select(ERASURES).where(ERASURES.c.customer_hash == hashed)).first()
            if known is not None:
                _add_counts(connection, known.number, counts)
                _ask_again(connection, known, customer_id, asked_by=asked_by, asked_at=asked_at)
                return _erasure(connection, known.number)
            take_numbers(connection, ERASURES, 1)
            asked = {"asked_by": asked_by, "asked_at": asked_at}
            job = job_log.ask(connection, JobKind.ERASURE, {"erasure": number}, **asked).number  # type: ignore[arg-type]
            row = {"customer_hash": hashed, "customer_id": customer_id, "reason": reason, "counts": counts, "job": job}
            told = {"number": number, "asked_by": asked_by, "asked_at": naive(asked_at)}
            connection.execute(insert(ERASURES), {**row, **told})
            return _erasure(connection, number)

    def customer_of(self, number: int) -> str | None:
        """Whom an erasure names; None once it has ended, and nobody knows any more.

        Raises:
            NotFound: if there is no such erasure.
        """
        with self._database.transaction() as connection:
            _erasure(connection, number)
            return connection.scalar(select(ERASURES.c.customer_id).where(ERASURES.c.number == number))

    def sweep(self, number: int, *, at: datetime) -> None:
        """Take the customer out of the journal's events, decisions, outcomes and keys; nothing where it has ended."""
        with self._database.transaction(takes_time=True) as connection:
            customer_id = connection.scalar(select(ERASURES.c.customer_id).where(ERASURES.c.number == number))
            if customer_id is not None:
                _add_counts(connection, number, _sweep(connection, customer_id, at=at))

    def end(self, number: int, counts: Mapping[str, int], *, at: datetime) -> Erasure:
        """The erasure as ended: what came into the journal meanwhile is out too, and the customer's name is gone."""
        with self._database.transaction(takes_time=True) as connection:
            customer_id = connection.scalar(select(ERASURES.c.customer_id).where(ERASURES.c.number == number))
            if customer_id is not None:
                _add_counts(connection, number, {**_sweep(connection, customer_id, at=at), **counts})
                ended = {"customer_id": None, "ended_at": naive(at)}
                connection.execute(update(ERASURES).where(ERASURES.c.number == number).values(**ended))
            erasure = _erasure(connection, number)
        self._database.compact()
        return erasure

    def erasure(self, number: int) -> Erasure:
        """An erasure.

        Raises:
            NotFound: if there is none.
        """
        with self._database.transaction() as connection:
            return _erasure(connection, number)

    def tombstones(self) -> Tombstones:
        """Everybody who was erased."""
        with self._database.transaction() as connection:
            return tombstones(connection)


def tombstones(connection: Connection, among: Iterable[str | None] | None = None) -> Tombstones:
    """Who was erased, of all customers or of those named."""
    salt = str(connection.scalar(select(SALTS.c.value).where(SALTS.c.name == "erasures")))
    if among is None:
        return Tombstones(salt, frozenset(connection.scalars(select(ERASURES.c.customer_hash))))
    blank = Tombstones(salt)
    wanted = sorted({blank.hash_of(each) for each in among if each is not None})
    found: set[str] = set()
    for start in range(0, len(wanted), AT_ONCE):
        block = ERASURES.c.customer_hash.in_(wanted[start : start + AT_ONCE])
        found |= set(connection.scalars(select(ERASURES.c.customer_hash).where(block)))
    return Tombstones(salt, frozenset(found))


def _ask_again(connection: Connection, known: Any, customer_id: str, *, asked_by: str, asked_at: datetime) -> None:
    state = connection.scalar(select(JOBS.c.state).where(JOBS.c.number == known.job))
    if known.ended_at is not None or state in UNENDED:
        return
    asked = {"asked_by": asked_by, "asked_at": asked_at}
    job = job_log.ask(connection, JobKind.ERASURE, {"erasure": known.number}, **asked).number  # type: ignore[arg-type]
    again = {"job": job, "customer_id": customer_id}
    connection.execute(update(ERASURES).where(ERASURES.c.number == known.number).values(**again))


def _sweep(connection: Connection, customer_id: str, *, at: datetime) -> dict[str, int]:
    kept = findable(customer_id)
    theirs = select(DECISIONS.c.decision_id).where(DECISIONS.c.customer_id == kept)
    of_theirs = EVENTS.c.decision_id.in_(theirs)
    events = connection.execute(delete(EVENTS).where(or_(EVENTS.c.customer_id == customer_id, of_theirs))).rowcount
    outcomes = connection.execute(delete(OUTCOMES).where(OUTCOMES.c.decision_id.in_(theirs))).rowcount
    blank = {"customer_id": None, "inputs": ERASED, "answer": ERASED}
    decisions = connection.execute(update(DECISIONS).where(DECISIONS.c.customer_id == kept).values(**blank)).rowcount
    counts = {"events": events, "outcomes": outcomes, "decisions": decisions}
    keys = _end_keys(connection, customer_id, at=at)
    return {**{f"journal {name}": count for name, count in counts.items()}, **keys}


def _end_keys(connection: Connection, customer_id: str, *, at: datetime) -> dict[str, int]:
    theirs = ACCESS_KEYS.c.customer_id == customer_id
    ended = update(ACCESS_KEYS).where(theirs, ACCESS_KEYS.c.revoked_at.is_(None)).values(revoked_at=naive(at))
    connection.execute(ended)
    # A key bound to nobody could see everybody: this one stays bound, to nobody there is, and is revoked for ever.
    nameless = update(ACCESS_KEYS).where(theirs).values(customer_id=NOBODY, name=NOBODY)
    return {"access keys": connection.execute(nameless).rowcount}


def _add_counts(connection: Connection, number: int, counts: Mapping[str, int]) -> None:
    before = connection.scalar(select(ERASURES.c.counts).where(ERASURES.c.number == number)) or {}
    both = {name: before.get(name, 0) + counts.get(name, 0) for name in {**before, **counts}}
    connection.execute(update(ERASURES).where(ERASURES.c.number == number).values(counts=both))


def _erasure(connection: Connection, number: int) -> Erasure:
    row = connection.execute(select(ERASURES).where(ERASURES.c.number == number)).first()
    if row is None:
        raise NotFound("erasure", number)
    values = {name: row._mapping[name] for name in Erasure.__dataclass_fields__}
    instants = {name: values[name] and aware(values[name]) for name in ("asked_at", "ended_at")}
    return Erasure(**{**values, **instants})
