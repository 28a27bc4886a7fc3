"""Ledger entries made by hand, for the tests of what keeps them."""

from datetime import UTC, date, datetime, timedelta

from decisions.canonical import sha256
from decisions.entries import new_id
from schema.ledger import LedgerEntry

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def entry(*, after_seconds: float = 0.0, answer: str = '{"offers":[]}', **values) -> LedgerEntry:
    """An entry decided some seconds after noon."""
    decided_at = NOON + timedelta(seconds=after_seconds)
    known = {
        "decision_id": new_id(decided_at),
        "kind": "recommendation",
        "decided_at": decided_at,
        "decided_on": date(2024, 5, 1),
        "model_version": "0123456789ab",
        "lake_version": 1,
        "changes_sequence": 5,
        "policy": "{}",
        "arm": "standing",
        "customer_id": None,
        "inputs": "{}",
        "answer": answer,
        "answer_hash": sha256(answer),
    }
    return LedgerEntry(**{**known, **values})
