"""DecisionLog: the ledger's entries and their outcomes in the journal's database."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, insert, or_, select

from journal.database import Kept
from journal.erasure_log import tombstones
from journal.newest_first import newest_first
from journal.rows import aware, findable, naive
from journal.tables import DECISIONS, OUTCOMES
from schema.erasure import Tombstones
from schema.errors import KeyReused, NotFound
from schema.ledger import ERASED, EntryFilter, LedgerEntry, Outcome

AT_ONCE: Final = 500
"""How many keys one statement names at most."""


class DecisionLog(Kept):
    """The ledger at the journal's address; rows are added, and go only when their time is up."""

    def add(self, entries: Sequence[LedgerEntry]) -> int:
        """How many of these entries were new, durable on return; those known already are left as they are."""
        fresh = {entry.decision_id: entry for entry in entries}
        with self._database.transaction() as connection:
            for ids in _blocks(list(fresh)):
                known = select(DECISIONS.c.decision_id).where(DECISIONS.c.decision_id.in_(ids))
                for decision_id in list(connection.scalars(known)):
                    del fresh[decision_id]
            if fresh:
                erased = tombstones(connection, (entry.customer_id for entry in fresh.values()))
                connection.execute(insert(DECISIONS), [_row(entry, erased) for entry in fresh.values()])
        return len(fresh)

    def entry(self, decision_id: str) -> LedgerEntry:
        """The entry of an id.

        Raises:
            NotFound: if there is none, or its time was up.
        """
        with self._database.transaction() as connection:
            row = connection.execute(select(DECISIONS).where(DECISIONS.c.decision_id == findable(decision_id))).first()
        if row is None:
            raise NotFound("decision", decision_id[:64], remedy="It was never made, or is older than the ledger keeps.")
        return _entry(row._mapping)  # type: ignore[arg-type]

    def entries(
        self,
        chosen: EntryFilter,
        *,
        limit: int,
        after: str | None = None,
        before: str | None = None,
        is_last: bool = False,
    ) -> list[LedgerEntry]:
        """Entries by their ids, the newest first; which of them `newest_first` says."""
        query, key = select(DECISIONS).where(*_conditions(chosen)), DECISIONS.c.decision_id
        with self._database.transaction() as connection:
            rows = newest_first(connection, query, key, limit=limit, after=after, before=before, is_last=is_last)
        return [_entry(row._mapping) for row in rows]  # type: ignore[arg-type]

    def add_outcomes(
        self,
        outcomes: Sequence[Outcome],
        *,
        recorded_at: datetime,
        idempotency_key: str,
        customer_id: str | None = None,
    ) -> int:
        """How many outcomes were new: all of them or, if the same batch came before, none; durable on return.

        Args:
            customer_id: decisions for another customer are not found; None finds all.

        Raises:
            NotFound: if an outcome's decision is none; nothing is then kept.
            KeyReused: if the key came before with other outcomes.
            Unavailable: if the database cannot be written.
        """
        stamp = {"idempotency_key": idempotency_key, "recorded_at": naive(recorded_at)}
        rows = [{**_outcome_row(each), "position": place, **stamp} for place, each in enumerate(outcomes)]
        with self._database.transaction() as connection:
            before = select(OUTCOMES).where(OUTCOMES.c.idempotency_key == idempotency_key).order_by(OUTCOMES.c.position)
            if known := [_outcome(row._mapping) for row in connection.execute(before)]:  # type: ignore[arg-type]
                if known != [_outcome(row) for row in rows]:
                    raise KeyReused(idempotency_key)
                return 0
            seen = select(DECISIONS.c.decision_id).where(*_seen_by(customer_id))
            for ids in _blocks(sorted({each.decision_id for each in outcomes})):
                found = set(connection.scalars(seen.where(DECISIONS.c.decision_id.in_(ids))))
                if missing := [each for each in ids if each not in found]:
                    raise NotFound("decision", missing[0][:64])
            if rows:
                connection.execute(insert(OUTCOMES), rows)
        return len(rows)

    def outcomes(self, decision_ids: Sequence[str]) -> dict[str, list[Outcome]]:
        """What became of these decisions, in the order in which it happened; those without outcomes are absent."""
        found = defaultdict(list)
        with self._database.transaction() as connection:
            for ids in _blocks(decision_ids):
                query = select(OUTCOMES).where(OUTCOMES.c.decision_id.in_(ids))
                for row in connection.execute(query.order_by(OUTCOMES.c.happened_at, OUTCOMES.c.recorded_at)):
                    found[row.decision_id].append(_outcome(row._mapping))  # type: ignore[arg-type]
        return dict(found)

    def prune(self, before: datetime) -> int:
        """How many entries were decided before an instant; they and their outcomes are gone on return."""
        old = select(DECISIONS.c.decision_id).where(DECISIONS.c.decision_id < id_floor(before))
        pruned = 0
        while True:  # block by block: whoever records meanwhile waits for one block at most
            with self._database.transaction(takes_time=True) as connection:
                ids = list(connection.scalars(old.order_by(DECISIONS.c.decision_id).limit(AT_ONCE)))
                connection.execute(delete(OUTCOMES).where(OUTCOMES.c.decision_id.in_(ids)))
                connection.execute(delete(DECISIONS).where(DECISIONS.c.decision_id.in_(ids)))
            pruned += len(ids)
            if len(ids) < AT_ONCE:
                return pruned


def id_floor(instant: datetime) -> str:
    """What the ids of decisions made at an instant, or later, are not below."""
    return f"{int(aware(naive(instant)).timestamp() * 1000):012x}"


def _conditions(chosen: EntryFilter) -> Iterator[ColumnElement[bool]]:
    columns = DECISIONS.c
    for name in ("kind", "customer_id", "model_version"):
        if (value := getattr(chosen, name)) is not None:
            yield columns[name] == findable(value)
    if chosen.since is not None:
        yield columns.decision_id >= id_floor(chosen.since)  # found by the key, then to the microsecond
        yield columns.decided_at >= naive(chosen.since)
    if chosen.until is not None:
        yield columns.decision_id < id_floor(chosen.until) + "g"
        yield columns.decided_at < naive(chosen.until)
    if chosen.outcome is not None:
        yield columns.decision_id.in_(select(OUTCOMES.c.decision_id).where(OUTCOMES.c.kind == chosen.outcome))


def _seen_by(customer_id: str | None) -> Iterator[ColumnElement[bool]]:
    if customer_id is not None:
        whose = DECISIONS.c.customer_id
        yield or_(whose.is_(None), whose == findable(customer_id))


def _row(entry: LedgerEntry, erased: Tombstones) -> dict[str, Any]:
    if erased.names(entry.customer_id):
        entry = replace(entry, customer_id=None, inputs=ERASED, answer=ERASED)
    customer_id = None if entry.customer_id is None else findable(entry.customer_id)
    return {**vars(entry), "decided_at": naive(entry.decided_at), "customer_id": customer_id}


def _entry(row: Mapping[str, Any]) -> LedgerEntry:
    values = {field.name: row[field.name] for field in fields(LedgerEntry)}
    return LedgerEntry(**{**values, "decided_at": aware(row["decided_at"])})


def _outcome_row(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "sku": findable(outcome.sku), "happened_at": naive(outcome.happened_at)}


def _outcome(row: Mapping[str, Any]) -> Outcome:
    values = {field.name: row[field.name] for field in fields(Outcome)}
    return Outcome(**{**values, "happened_at": aware(row["happened_at"])})


def _blocks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
