"""The audit log: each mutation's attempt, written before it is tried, and its outcome, for as long as it is kept."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Text, cast, delete, insert, or_, select, update

from journal.database import Kept
from journal.newest_first import newest_first
from journal.numbering import take_numbers
from journal.rows import aware, naive
from journal.tables import AUDIT, AUDIT_OUTCOMES
from schema.audit import Attempt, AuditEntry, Outcome

ERASED: Final = "erased customer"
AT_ONCE: Final = 500


class AuditLog(Kept):
    """The audit log at a journal's address."""

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

    def entries(
        self, *, limit: int, after: int | None = None, before: int | None = None, is_last: bool = False, **equal: str
    ) -> list[AuditEntry]:
        """Entries, the newest first; which of them `newest_first` says.

        Args:
            equal: only those whose `caller`, `mutation` or `request_id` is this.
        """
        outcomes = AUDIT_OUTCOMES.c
        query = select(AUDIT, outcomes.ended_at, outcomes.is_done, outcomes.before, outcomes.after)
        query = query.outerjoin(AUDIT_OUTCOMES, AUDIT.c.number == outcomes.number)
        query = query.where(*(AUDIT.c[name] == value for name, value in equal.items()))
        with self._database.transaction() as connection:
            rows = newest_first(
                connection, query, AUDIT.c.number, limit=limit, after=after, before=before, is_last=is_last
            )
        return [_entry(row._mapping) for row in rows]  # type: ignore[arg-type]

    def prune(self, before: datetime) -> int:
        """How many attempts were made before an instant; they and their outcomes are gone on return."""
        old = select(AUDIT.c.number).where(AUDIT.c.asked_at < naive(before)).order_by(AUDIT.c.number).limit(AT_ONCE)
        pruned = 0
        while True:  # block by block: whoever writes meanwhile waits for one block at most
            with self._database.transaction(takes_time=True) as connection:
                numbers = list(connection.scalars(old))
                connection.execute(delete(AUDIT_OUTCOMES).where(AUDIT_OUTCOMES.c.number.in_(numbers)))
                connection.execute(delete(AUDIT).where(AUDIT.c.number.in_(numbers)))
            pruned += len(numbers)
            if len(numbers) < AT_ONCE:
                return pruned

    def forget(self, customer_id: str) -> int:
        """How many rows named a customer, in what was asked, stood before or was answered; a mark stands there now."""
        count = 0
        with self._database.transaction(takes_time=True) as connection:
            for table, names in ((AUDIT, ("arguments",)), (AUDIT_OUTCOMES, ("before", "after"))):
                columns = [table.c[name] for name in names]
                said = or_(*(cast(column, Text).contains(_spelled(customer_id), autoescape=True) for column in columns))
                for row in connection.execute(select(table.c.number, *columns).where(said)).all():
                    clean = {name: _without(row._mapping[name], customer_id) for name in names}
                    if any(clean[name] != row._mapping[name] for name in names):
                        connection.execute(update(table).where(table.c.number == row.number).values(**clean))
                        count += 1
        return count


def _spelled(text: str) -> str:
    """A text as it stands within JSON."""
    return json.dumps(text)[1:-1]


def _without(value: Any, customer_id: str) -> Any:
    """A JSON value with a mark for the customer; of values cut off at their beginning, for every mention."""
    if isinstance(value, dict):
        if set(value) == {"bytes", "sha256", "begins"}:
            begins = value["begins"].replace(_spelled(customer_id), ERASED).replace(customer_id, ERASED)
            return {**value, "begins": begins}
        return {name: _without(each, customer_id) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, customer_id) for each in value]
    return ERASED if value == customer_id else value


def _entry(row: Mapping[str, Any]) -> AuditEntry:
    attempt = {name: row[name] for name in Attempt.__dataclass_fields__}
    outcome = {name: row[name] for name in Outcome.__dataclass_fields__}
    return AuditEntry(
        row["number"],
        Attempt(**{**attempt, "asked_at": aware(row["asked_at"])}),
        None if row["ended_at"] is None else Outcome(**{**outcome, "ended_at": aware(row["ended_at"])}),
    )
