"""Approvals: who made which model version the champion, when, why, and instead of which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Protocol


class ApprovalAction(Enum):
    """How a version became the champion."""

    TRAINED = "trained"
    APPROVED = "approved"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True)
class Approval:
    """One change of the champion.

    Attributes:
        number: ascending in the order in which they were made.
        from_version: the champion before; None where there was none.
        job: the job that brings its relations to the graph; None where whoever approved did.
    """

    number: int
    action: ApprovalAction
    from_version: str | None
    to_version: str
    approved_by: str
    approved_at: datetime
    reason: str
    job: int | None = None


@dataclass(frozen=True)
class ModelVersion:
    """A model version as a list shows it.

    Attributes:
        trained_at: when it was saved here, aware.
        manifest: what it was made from and how good it was found.
    """

    model_version: str
    is_champion: bool
    trained_at: datetime
    manifest: Mapping[str, Any]


class ModelRoom(Protocol):
    """Where versions are kept and the champion is chosen."""

    def versions(self) -> list[str]:
        """Every version, the newest first."""

    def version(self, model_version: str) -> ModelVersion:
        """A version; raises NotFound where there is none."""

    def approve(
        self, model_version: str, *, approved_by: str, reason: str, at: datetime, idempotency_key: str
    ) -> Approval:
        """Make a version the champion; raises NotFound, Tampered, or KeyReused."""

    def roll_back(self, *, approved_by: str, reason: str, at: datetime, idempotency_key: str) -> Approval:
        """Make the champion before this one the champion; raises NotFound where there was none, or KeyReused."""

    def approvals(
        self, *, limit: int, after: int | None = None, before: int | None = None, is_last: bool = False
    ) -> Sequence[Approval]:
        """Changes of the champion between two numbers, the newest first."""


def champions(approvals: Sequence[Approval]) -> list[str]:
    """The champion after these approvals (oldest first), then the one a roll-back returns to, and so on.

    A roll-back takes the champion off and does not go onto the pile itself: two of them go back two versions.
    """
    pile: list[str] = []
    for each in approvals:
        if each.from_version is not None and pile[-1:] != [each.from_version]:
            pile.append(each.from_version)
        if each.action is ApprovalAction.ROLLED_BACK:
            pile.pop()
        if pile[-1:] != [each.to_version]:
            pile.append(each.to_version)
    return pile[::-1]
