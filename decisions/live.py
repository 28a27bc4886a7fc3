"""LiveFacts: a load's facts kept up with the journal, for many readers and one follower."""

import threading
from dataclasses import replace

from decisions.facts_now import FactsNow
from decisions.ports import ChangeLog, ReadFacts
from schema.changes import LoadPublished, RecordedChange
from schema.facts import ShopFacts

MANY = 1_000_000
OUTLIVE_LOADS = ("delisting", "rule", "rule_withdrawn", "verdicts", "override", "order")
"""Kinds of change that a load does not hold."""


class LiveFacts:
    """The newest facts, read without a lock; `refresh` may be called by any thread, as often as wanted.

    Args:
        facts: the facts served until the journal names another lake version.
        journal: what changed since.
        read_facts: the facts of a lake version, called when a load is published.

    Raises:
        Unavailable: if the journal does not answer.
    """

    def __init__(self, facts: ShopFacts, *, journal: ChangeLog, read_facts: ReadFacts) -> None:
        self._journal, self._read_facts = journal, read_facts
        self._lock = threading.Lock()
        self._now = self._start(facts)
        self.refresh()

    def now(self) -> FactsNow:
        """The facts of this moment, never changed afterwards."""
        return self._now

    def refresh(self) -> FactsNow:
        """The facts with everything applied that the journal has acknowledged before this call.

        Raises:
            Unavailable: if journal or lake do not answer; what stood before stands on.
        """
        with self._lock:
            now = self._now
            while changes := self._journal.changes_after(now.sequence):
                now = self._applied(now, changes)
            self._now = with_announced_verdicts(now, self._journal)
            return self._now

    def at(self, sequence: int, *, lake_version: int | None = None) -> FactsNow:
        """The facts as they stood when the journal had come to a sequence number; `now` stays as it is.

        Args:
            sequence: every change up to it is honoured, none after it.
            lake_version: the load they stood on, which the journal may not have named yet; None for the last one that
                it had named, or the one served now where it had named none.

        Raises:
            NotFound: if the lake has no such version.
            Unavailable: if journal or lake do not answer.
        """
        base = self._now.base
        if lake_version is not None and lake_version != base.lake_version:
            base = self._read_facts(lake_version)
        now = self._start(base, until=sequence, is_given=lake_version is not None)
        while changes := self._journal.changes_after(now.sequence, until=sequence):
            now = self._applied(now, changes)
        return with_announced_verdicts(now, self._journal)

    def _start(self, facts: ShopFacts, *, until: int | None = None, is_given: bool = True) -> FactsNow:
        """The facts of the last published load, with what was said before it and outlives it."""
        oldest = FactsNow.start(facts)
        oldest = replace(oldest, last_verdict=self._journal.num_unannounced_verdicts())
        loads = self._journal.changes_after(0, kind="load_published", until=until, limit=MANY)
        if not loads:
            return oldest
        last = loads[-1]
        said = [
            change
            for kind in OUTLIVE_LOADS
            for change in self._journal.changes_after(0, kind=kind, until=last.sequence, limit=MANY)
        ]
        before = oldest.with_changes(sorted(said, key=lambda change: change.sequence))
        # A load may have been published whose row was not yet recorded: what was read is then newer, and stays.
        is_newer = is_given and facts.lake_version > getattr(last.change, "lake_version", -1)
        return before.on_load(facts if is_newer else self._facts_of(last, facts), sequence=last.sequence)

    def _applied(self, now: FactsNow, changes: list[RecordedChange]) -> FactsNow:
        """`now` with a page of changes; stocks and prices before the page's last load are in that load."""
        loads = [place for place, change in enumerate(changes) if isinstance(change.change, LoadPublished)]
        if not loads:
            return now.with_changes(changes)
        before, load, after = changes[: loads[-1]], changes[loads[-1]], changes[loads[-1] + 1 :]
        fresh = now.with_changes(before).on_load(self._facts_of(load, now.base), sequence=load.sequence)
        return fresh.with_changes(after)

    def _facts_of(self, load: RecordedChange, known: ShopFacts) -> ShopFacts:
        version = getattr(load.change, "lake_version", known.lake_version)
        return known if version == known.lake_version else self._read_facts(version)


def with_announced_verdicts(now: FactsNow, journal: ChangeLog) -> FactsNow:
    """The facts with every verdict that the changes applied have announced."""
    if now.num_verdicts == now.last_verdict:
        return now
    fresh = journal.verdicts(after=now.num_verdicts, until=now.last_verdict)
    return replace(now, verdicts=now.verdicts.with_verdicts(fresh), num_verdicts=now.last_verdict)
