"""The audit log: every mutation's attempt, written before it is tried, and its outcome; rows are only ever added."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from journal.database import Database
from journal.numbering import take_numbers
from journal.rows import aware, naive
from journal.tables import AUDIT, AUDIT_OUTCOMES
from schema.audit import Attempt, AuditEntry, Outcome


class AuditLog:
    """The audit log at a journal's address.

    Args:
        address: the journal's.

    Raises:
        Unavailable: if the database cannot be reached.
        BadInput: if the address is not one.
    """

    def __init__(self, address: str) -> None:
        self._database = Database(address)

    def begin(self, attempt: Attempt) -> int:
        """The number of an attempt, durable on return.

        Raises:
            Unavailable: if it cannot be kept; what it is about must then not be tried.
        """
        row = {**vars(attempt), "asked_at": naive(attempt.asked_at)}
        with self._database.transaction() as connection:
            number = take_numbers(connection, AUDIT, 1) + 1
            connection.execute(insert(AUDIT), {**row, "number": number})
        return number

    def end(self, number: int, outcome: Outcome) -> None:
        """Keep how an attempt ended.

        Raises:
            Unavailable: if it cannot be kept.
        """
        row = {**vars(outcome), "ended_at": naive(outcome.ended_at), "number": number}
        with self._database.transaction() as connection:
            connection.execute(insert(AUDIT_OUTCOMES), row)

    def entries(self, *, before: int | None = None, limit: int, **equal: str) -> list[AuditEntry]:
        """Entries, the newest first.

        Args:
            before: only those with a smaller number.
            limit: at most so many.
            equal: only those whose `caller`, `mutation` or `request_id` is this.
        """
        outcomes = AUDIT_OUTCOMES.c
        query = select(AUDIT, outcomes.ended_at, outcomes.is_done, outcomes.before, outcomes.after)
        query = query.outerjoin(AUDIT_OUTCOMES, AUDIT.c.number == outcomes.number).order_by(AUDIT.c.number.desc())
        query = query.where(*(AUDIT.c[name] == value for name, value in equal.items())).limit(limit)
        if before is not None:
            query = query.where(AUDIT.c.number < before)
        with self._database.transaction() as connection:
            return [_entry(row._mapping) for row in connection.execute(query)]  # type: ignore[arg-type]


def _entry(row: Mapping[str, Any]) -> AuditEntry:
    attempt = {name: row[name] for name in Attempt.__dataclass_fields__}
    outcome = {name: row[name] for name in Outcome.__dataclass_fields__}
    return AuditEntry(
        row["number"],
        Attempt(**{**attempt, "asked_at": aware(row["asked_at"])}),
        None if row["ended_at"] is None else Outcome(**{**outcome, "ended_at": aware(row["ended_at"])}),
    )
