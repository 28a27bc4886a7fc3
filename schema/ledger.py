"""The ledger's nouns: what fixes a decision for good, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args

OutcomeKind = Literal["shown", "clicked", "added", "bought", "rejected"]
OUTCOME_KINDS: Final[tuple[OutcomeKind, ...]] = get_args(OutcomeKind)

ERASED: Final = '{"erased":true}'
"""Stands for request and answer of a decision whose customer was erased."""


@dataclass(frozen=True)
class LedgerEntry:
    """Everything that one decision followed from, and what it answered.

    Attributes:
        decision_id: 32 hex digits that begin with the milliseconds of `decided_at`: ids ascend with time.
        kind: `recommendation`, `substitution`, …
        decided_at: the instant of the answer.
        decided_on: the day on which launches, delistings and verdicts' windows were judged.
        lake_version, changes_sequence: fix every fact.
        policy: canonical JSON of what the shop had decided for all requests; `arm` is its name.
        customer_id: whom it was for; None where nobody was named.
        inputs: canonical JSON of the request with all that the graph was asked for it.
        answer: canonical JSON; names and paths are outside it.
        answer_hash: SHA-256 of `answer`, hex.
    """

    decision_id: str
    kind: str
    decided_at: datetime
    decided_on: date
    model_version: str
    lake_version: int
    changes_sequence: int
    policy: str
    arm: str
    customer_id: str | None
    inputs: str
    answer: str
    answer_hash: str


@dataclass(frozen=True)
class EntryFilter:
    """Which entries: those that meet all that is not None.

    Attributes:
        since, until: of `decided_at`, half-open.
        outcome: those with an outcome of this kind.
    """

    kind: str | None = None
    customer_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    model_version: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one product of a decision.

    Attributes:
        units: how many; None where the kind has no number.
    """

    decision_id: str
    kind: OutcomeKind
    sku: str
    happened_at: datetime
    units: float | None = None


@dataclass(frozen=True)
class Replay:
    """A decision made again from what its entry fixes.

    Attributes:
        answer_hash: of the answer made again.
        differences: where both answers differ; empty if they are the same.
    """

    is_same: bool
    answer_hash: str
    differences: tuple[str, ...]
