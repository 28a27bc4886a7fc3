"""Rules of merchandisers: what is to stand lower, higher, or never together with what."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SubjectKind(StrEnum):
    """What a rule speaks of."""

    PRODUCT = "PRODUCT"
    CATEGORY = "CATEGORY"
    BRAND = "BRAND"
    SUPPLIER = "SUPPLIER"


class RuleAction(StrEnum):
    """What a rule asks for."""

    BURY = "BURY"
    BOOST = "BOOST"
    NEVER_TOGETHER = "NEVER_TOGETHER"


@dataclass(frozen=True)
class Subject:
    """The products a rule speaks of: one product, or all of a category and those below it, a brand or a supplier."""

    kind: SubjectKind
    key: str


@dataclass(frozen=True)
class Rule:
    """One person's rule.

    Attributes:
        other: the other side of NEVER_TOGETHER; None for the other actions.
        store_id: None means every store.
        valid_from, valid_to: half-open days; None means unbounded.
    """

    action: RuleAction
    subject: Subject
    reason: str
    set_by: str
    other: Subject | None = None
    store_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, *, store_id: str | None, on: date) -> bool:
        """Whether it is in force at a store (None: whatever store) on a day."""
        return (
            self.store_id in (None, store_id)
            and (self.valid_from is None or self.valid_from <= on)
            and (self.valid_to is None or on < self.valid_to)
        )
