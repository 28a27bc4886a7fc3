"""Audit entries: who changed what, from what to what, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """A mutation that somebody is about to make.

    Attributes:
        asked_at: aware.
        caller: who, as `Caller.name`.
        arguments: what was asked, as JSON values.
    """

    asked_at: datetime
    request_id: str
    caller: str
    role: str
    mutation: str
    arguments: Any


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        ended_at: aware.
        is_done: whether it did what was asked; a refused one changed nothing.
        before: what stood before, as JSON values; None where the mutation did not tell.
        after: its answer, as JSON values; None where it had none.
    """

    ended_at: datetime
    is_done: bool
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class AuditEntry:
    """An attempt and its outcome; no outcome means that the service ended meanwhile, and only a look can tell."""

    number: int
    attempt: Attempt
    outcome: Outcome | None
