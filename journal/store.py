"""Journal: changes and verdicts kept durably, each with a number, in any SQL database."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from journal import erasure_log, event_log, leases, verdict_log
from journal.database import Database
from journal.numbering import take_numbers
from journal.rows import change_of, change_row
from journal.tables import CHANGES
from schema.changes import Change, RecordedChange
from schema.erasure import Tombstones
from schema.errors import KeyReused
from schema.events import Event
from schema.relations import Verdict

PAGE = 10_000
"""How many changes one reading returns at most."""


class Journal:
    """The operational store at an address; safe to share between threads and processes.

    Args:
        address: an SQLAlchemy URL, or the path of an SQLite file, which is made if absent.

    Raises:
        Unavailable: if the database cannot be reached.
        BadInput: if the address is not one.
    """

    def __init__(self, address: str) -> None:
        self._database = Database(address)

    def record(
        self, changes: Sequence[Change], *, recorded_at: datetime, idempotency_key: str | None = None
    ) -> list[int]:
        """The sequence numbers of a batch, which is kept whole or not at all, durable on return.

        Args:
            changes: may be empty, which records nothing.
            recorded_at: an aware instant.
            idempotency_key: the same key with the same changes answers the same numbers and records nothing.

        Raises:
            KeyReused: if the key came before with other changes.
            Unavailable: if the database cannot be written.
        """
        rows = [
            change_row(change, position=position, recorded_at=recorded_at, idempotency_key=idempotency_key)
            for position, change in enumerate(changes)
        ]
        if not rows:
            return []
        with self._database.transaction() as connection:
            last = take_numbers(connection, CHANGES, 0)
            if known := _recorded(connection, idempotency_key):
                return _same_numbers(known, rows, str(idempotency_key))
            take_numbers(connection, CHANGES, len(rows))
            numbers = list(range(last + 1, last + 1 + len(rows)))
            connection.execute(insert(CHANGES), [{**row, "sequence": n} for row, n in zip(rows, numbers, strict=True)])
        return numbers

    def changes_after(
        self, sequence: int, *, kind: str | None = None, until: int | None = None, limit: int = PAGE
    ) -> list[RecordedChange]:
        """Changes with a greater number, up to `until`, ascending, at most `limit`; of one kind where one is named."""
        query = select(CHANGES).where(CHANGES.c.sequence > sequence).order_by(CHANGES.c.sequence).limit(limit)
        if kind is not None:
            query = query.where(CHANGES.c.kind == kind)
        if until is not None:
            query = query.where(CHANGES.c.sequence <= until)
        with self._database.transaction() as connection:
            return [change_of(row._mapping) for row in connection.execute(query)]  # type: ignore[arg-type]

    def last_sequence(self) -> int:
        """The number of the newest change; 0 where there is none."""
        with self._database.transaction() as connection:
            return int(connection.scalar(select(func.max(CHANGES.c.sequence))) or 0)

    def save_verdicts(
        self, verdicts: Sequence[Verdict], *, recorded_at: datetime, idempotency_key: str | None = None
    ) -> int:
        """The sequence number from which all of these verdicts hold; those known already are left as they are.

        Args:
            verdicts: kept whole or not at all.
            recorded_at: an aware instant.
            idempotency_key: the same key with the same verdicts (whenever judged) answers the same number.

        Raises:
            KeyReused: if a verdict's id, or the key, came before with another content; nothing is then saved.
            Unavailable: if the database cannot be written.
        """
        with self._database.transaction() as connection:
            return verdict_log.save(connection, verdicts, recorded_at=recorded_at, idempotency_key=idempotency_key)

    def verdicts(self, *, after: int = 0, until: int | None = None) -> list[Verdict]:
        """Verdicts in the order in which they arrived: all but the first `after`, up to number `until`."""
        with self._database.transaction() as connection:
            return verdict_log.numbered(connection, after=after, until=until)

    def num_unannounced_verdicts(self) -> int:
        """How many verdicts, the oldest ones, no change announces: an earlier program kept them without one."""
        with self._database.transaction() as connection:
            return verdict_log.unannounced(connection)

    def save_events(self, events: Sequence[Event], *, recorded_at: datetime) -> int:
        """How many of these events were new; kept whole or not at all, each id once.

        Raises:
            KeyReused: if an event's id came before with another content; nothing is then kept.
            Unavailable: if the database cannot be written.
        """
        with self._database.transaction() as connection:
            return event_log.save(connection, events, recorded_at=recorded_at)

    def events(self, *, after: int = 0, limit: int = PAGE) -> list[Event]:
        """Events in the order in which they arrived: all but the first `after`, at most `limit`."""
        with self._database.transaction() as connection:
            return [event for _, event in event_log.numbered(connection, after=after, limit=limit)]

    def numbered_events(self, *, after: int) -> list[tuple[int, Event]]:
        """Every event with a number above `after`, each with its own, ascending."""
        with self._database.transaction(takes_time=True) as connection:
            return event_log.numbered(connection, after=after, limit=None)

    def take_lease(self, name: str, *, holder: str, now: datetime, seconds: float) -> leases.Lease | None:
        """The lease on a piece of work, begun or renewed for `seconds` from now; None where somebody else holds it."""
        with self._database.transaction() as connection:
            return leases.take(connection, name, holder=holder, now=now, seconds=seconds)

    def lease(self, name: str) -> leases.Lease | None:
        """The newest lease on a piece of work, expired or not; None if nobody ever had one."""
        with self._database.transaction() as connection:
            return leases.held(connection, name)

    def give_back(self, lease: leases.Lease) -> None:
        """Let anybody take a lease from now on; nothing where it has passed to another holder."""
        with self._database.transaction() as connection:
            leases.give_back(connection, lease)

    def tombstones(self) -> Tombstones:
        """Every customer who was erased: loads leave them out."""
        with self._database.transaction() as connection:
            return erasure_log.tombstones(connection)

    def close(self) -> None:
        """Give back every connection; the next use opens new ones."""
        self._database.close()


def _recorded(connection: Connection, idempotency_key: str | None) -> list[Any]:
    if idempotency_key is None:
        return []
    query = select(CHANGES).where(CHANGES.c.idempotency_key == idempotency_key).order_by(CHANGES.c.position)
    return list(connection.execute(query))


def _same_numbers(known: Sequence[Any], rows: Sequence[dict[str, Any]], key: str) -> list[int]:
    before = [(row.kind, json.dumps(row.payload, sort_keys=True)) for row in known]
    now = [(row["kind"], json.dumps(row["payload"], sort_keys=True)) for row in rows]
    if before != now:
        raise KeyReused(key)
    return [row.sequence for row in known]
