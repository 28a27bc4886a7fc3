"""ApprovalLog: changes of the champion in the journal, each with the job that brings it to the graph."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from journal import job_log
from journal.database import Kept
from journal.newest_first import newest_first
from journal.numbering import take_numbers
from journal.rows import aware, naive
from journal.tables import APPROVALS
from schema.approvals import Approval, ApprovalAction, champions
from schema.errors import KeyReused, NotFound
from schema.jobs import JobKind


class ApprovalLog(Kept):
    """The approvals at a journal's address; rows are only ever added."""

    def add(  # keywords only: a row's columns
        self,
        action: ApprovalAction,
        to_version: str | None,
        *,
        champion: str | None,
        approved_by: str,
        reason: str,
        at: datetime,
        idempotency_key: str | None = None,
    ) -> Approval:
        """The approval as kept, durable on return, its job queued with it; the newest where it is champion already.

        Args:
            to_version: None for the champion before this one.
            champion: which is served now.

        Raises:
            NotFound: if there is no champion before this one.
            KeyReused: if the key came before for another action or version.
        """
        with self._database.transaction() as connection:
            number = take_numbers(connection, APPROVALS, 0) + 1
            if (known := _known(connection, idempotency_key)) is not None:
                if (known.action, to_version or known.to_version) != (action, known.to_version):
                    raise KeyReused(str(idempotency_key))
                return known
            before = _all(connection)
            served = before[-1].to_version if before else champion
            if before and to_version == served:
                return before[-1]
            chosen = to_version or _former(before, served)
            told = {"approved_by": approved_by, "approved_at": naive(at), "reason": reason}
            job = None
            if action is not ApprovalAction.TRAINED:
                asked = {"asked_by": approved_by, "asked_at": at}
                job = job_log.ask(connection, JobKind.PUBLISHING, {"model_version": chosen}, **asked).number  # type: ignore[arg-type]
            row = {"number": number, "action": action.value, "from_version": served, "to_version": chosen, "job": job}
            take_numbers(connection, APPROVALS, 1)
            connection.execute(insert(APPROVALS), {**row, **told, "idempotency_key": idempotency_key})
            return Approval(number, action, served, chosen, approved_by, at, reason, job)

    def newest(self) -> Approval | None:
        """The newest approval: what the champion is to be; None before the first."""
        found = self.approvals(limit=1)
        return found[0] if found else None

    def approvals(
        self, *, limit: int, after: int | None = None, before: int | None = None, is_last: bool = False
    ) -> list[Approval]:
        """Approvals, the newest first; which of them `newest_first` says."""
        query, key = select(APPROVALS), APPROVALS.c.number
        with self._database.transaction() as connection:
            rows = newest_first(connection, query, key, limit=limit, after=after, before=before, is_last=is_last)
        return [_approval(row._mapping) for row in rows]  # type: ignore[arg-type]


def _known(connection: Connection, key: str | None) -> Approval | None:
    if key is None:
        return None
    row = connection.execute(select(APPROVALS).where(APPROVALS.c.idempotency_key == key)).first()
    return None if row is None else _approval(row._mapping)  # type: ignore[arg-type]


def _all(connection: Connection) -> list[Approval]:
    rows = connection.execute(select(APPROVALS).order_by(APPROVALS.c.number))
    return [_approval(row._mapping) for row in rows]  # type: ignore[arg-type]


def _former(before: list[Approval], served: str | None) -> str:
    pile = champions(before)
    if len(pile) < 2:
        raise NotFound("champion before", served or "the first one", remedy="Approve a version by its name.")
    return pile[1]


def _approval(row: Mapping[str, Any]) -> Approval:
    values = {name: row[name] for name in Approval.__dataclass_fields__}
    action = ApprovalAction(row["action"])
    return Approval(**{**values, "action": action, "approved_at": aware(row["approved_at"])})
