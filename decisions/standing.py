"""What mutations told that stands over a load: the one rule for arrays, graph and lake."""

from typing import Final

from decisions.ports import ChangeLog
from schema.changes import RecordedChange

MANY: Final = 1_000_000
OUTLIVE_LOADS: Final = ("delisting", "rule", "rule_withdrawn", "verdicts", "override", "order")
"""Kinds of change that no load holds."""
REPLACED_BY_LOADS: Final = ("stock", "price")
"""Kinds of change that a load holds once it says that it carries them."""


def outliving(journal: ChangeLog, *, until: int) -> list[RecordedChange]:
    """Every change up to a sequence number that no load holds, ascending."""
    return _of_kinds(journal, OUTLIVE_LOADS, after=0, until=until)


def not_carried(journal: ChangeLog, *, carried: int | None, until: int) -> list[RecordedChange]:
    """The stocks and prices told after what a load carries and up to a sequence number, ascending.

    Args:
        carried: None where the load does not say, and all count as in it.
    """
    return [] if carried is None else _of_kinds(journal, REPLACED_BY_LOADS, after=carried, until=until)


def _of_kinds(journal: ChangeLog, kinds: tuple[str, ...], *, after: int, until: int) -> list[RecordedChange]:
    told = [change for kind in kinds for change in journal.changes_after(after, kind=kind, until=until, limit=MANY)]
    return sorted(told, key=lambda change: change.sequence)
