"""Verdicts in the journal: rows of their own, and a change that says from when on they hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from journal.numbering import take_numbers
from journal.rows import change_row, verdict_of, verdict_row
from journal.tables import CHANGES, VERDICTS
from schema.changes import VerdictsSaved
from schema.errors import KeyReused
from schema.relations import Verdict


def save(
    connection: Connection, verdicts: Sequence[Verdict], *, recorded_at: datetime, idempotency_key: str | None
) -> int:
    """The sequence number from which all of these hold; only those not known yet are added.

    Raises:
        KeyReused: if a verdict's id, or the batch's key, came before with another content.
    """
    last_change = take_numbers(connection, CHANGES, 0)
    if (known := _batch(connection, idempotency_key)) is not None:
        return _same_batch(connection, known, verdicts, str(idempotency_key))
    last = take_numbers(connection, VERDICTS, 0)
    fresh = _unknown(connection, verdicts)
    if not fresh:
        return last_change
    take_numbers(connection, VERDICTS, len(fresh))
    take_numbers(connection, CHANGES, 1)
    rows = [{**verdict_row(verdict), "number": last + n} for n, verdict in enumerate(fresh, 1)]
    connection.execute(insert(VERDICTS), rows)
    change = VerdictsSaved(last + len(fresh), len(fresh))
    row = change_row(change, position=0, recorded_at=recorded_at, idempotency_key=idempotency_key)
    connection.execute(insert(CHANGES), [{**row, "sequence": last_change + 1}])
    return last_change + 1


def numbered(connection: Connection, *, after: int, until: int | None) -> list[Verdict]:
    """Verdicts with numbers above `after`, up to `until` where one is named, in the order in which they arrived."""
    query = select(VERDICTS).where(VERDICTS.c.number > after).order_by(VERDICTS.c.number)
    if until is not None:
        query = query.where(VERDICTS.c.number <= until)
    return [verdict_of(row._mapping) for row in connection.execute(query)]  # type: ignore[arg-type]


def unannounced(connection: Connection) -> int:
    """The number of the last verdict that no change announces: those kept by a program that knew no such change."""
    first = select(CHANGES.c.payload).where(CHANGES.c.kind == "verdicts").order_by(CHANGES.c.sequence).limit(1)
    payload = connection.scalar(first)
    if payload is None:
        return int(connection.scalar(select(func.max(VERDICTS.c.number))) or 0)
    return int(payload["last_number"] - payload["num_verdicts"])


def _batch(connection: Connection, idempotency_key: str | None) -> Any:
    if idempotency_key is None:
        return None
    return connection.execute(select(CHANGES).where(CHANGES.c.idempotency_key == idempotency_key)).first()


def _same_batch(connection: Connection, known: Any, verdicts: Sequence[Verdict], key: str) -> int:
    last, count = known.payload["last_number"], known.payload["num_verdicts"]
    before = numbered(connection, after=last - count, until=last)
    if [_untimed(one) for one in verdicts] != [_untimed(one) for one in before]:
        raise KeyReused(key)
    return int(known.sequence)


def _unknown(connection: Connection, verdicts: Sequence[Verdict]) -> list[Verdict]:
    seen: dict[str, Verdict] = {}
    ids = [verdict.verdict_id for verdict in verdicts]
    for start in range(0, len(ids), 500):
        query = select(VERDICTS).where(VERDICTS.c.verdict_id.in_(ids[start : start + 500]))
        for row in connection.execute(query):
            seen[row.verdict_id] = verdict_of(row._mapping)  # type: ignore[arg-type]
    fresh = []
    for verdict in verdicts:
        if verdict.verdict_id not in seen:
            fresh.append(verdict)
        elif _untimed(seen[verdict.verdict_id]) != _untimed(verdict):
            raise KeyReused(verdict.verdict_id)
        seen[verdict.verdict_id] = verdict
    return fresh


def _untimed(verdict: Verdict) -> Verdict:
    # When it was said may be ours to note: a repeat, or the same file loaded again, is the same for all that.
    return replace(verdict, judged_at=datetime.min)
