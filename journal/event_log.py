"""Events in the journal: kept once each, numbered in the order in which they arrived."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from journal.erasure_log import tombstones
from journal.numbering import take_numbers
from journal.rows import aware, naive
from journal.tables import EVENTS
from schema.errors import KeyReused
from schema.events import Event, EventKind


def save(connection: Connection, events: Sequence[Event], *, recorded_at: datetime) -> int:
    """How many of these events were new; those known already are left as they are, erased customers' left out.

    Raises:
        KeyReused: if an event's id came before with another content; nothing is then kept.
    """
    last = take_numbers(connection, EVENTS, 0)
    erased = tombstones(connection, (event.customer_id for event in events))
    fresh = _unknown(connection, [event for event in events if not erased.names(event.customer_id)])
    if fresh:
        take_numbers(connection, EVENTS, len(fresh))
        at = naive(recorded_at)
        rows = [{**_row(event), "number": last + n, "recorded_at": at} for n, event in enumerate(fresh, 1)]
        connection.execute(insert(EVENTS), rows)
    return len(fresh)


def numbered(connection: Connection, *, after: int, limit: int | None) -> list[tuple[int, Event]]:
    """Events with numbers above `after`, each with its own, ascending, at most `limit`."""
    query = select(EVENTS).where(EVENTS.c.number > after).order_by(EVENTS.c.number).limit(limit)
    return [(row.number, _event(row._mapping)) for row in connection.execute(query)]


def _unknown(connection: Connection, events: Sequence[Event]) -> list[Event]:
    seen: dict[str, Event] = {}
    ids = [event.event_id for event in events]
    for start in range(0, len(ids), 500):
        query = select(EVENTS).where(EVENTS.c.event_id.in_(ids[start : start + 500]))
        seen |= {row.event_id: _event(row._mapping) for row in connection.execute(query)}
    fresh = []
    for event in events:
        if event.event_id not in seen:
            fresh.append(event)
        elif seen[event.event_id] != event:
            raise KeyReused(event.event_id)
        seen[event.event_id] = event
    return fresh


def _row(event: Event) -> dict[str, Any]:
    return {**asdict(event), "kind": event.kind.value, "happened_at": naive(event.happened_at)}


def _event(row: Any) -> Event:
    values = {name: row[name] for name in Event.__dataclass_fields__}
    return Event(**{**values, "kind": EventKind(row["kind"]), "happened_at": aware(row["happened_at"])})
