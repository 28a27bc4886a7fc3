"""LiveFacts: a load's facts kept up with the journal, for many readers and one follower."""

import threading
from dataclasses import replace
from datetime import date

from decisions.facts_now import FactsNow
from decisions.ports import ChangeLog, ReadFacts
from decisions.verdicts import VerdictBook
from schema.changes import Delisting, LoadPublished, RecordedChange
from schema.facts import ShopFacts

MANY = 1_000_000


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
            while changes := self._journal.changes_after(self._now.sequence):
                self._now = self._apply(self._now, changes)
            self._now = self._with_verdicts(self._now)
            return self._now

    def _start(self, facts: ShopFacts) -> FactsNow:
        """The facts of the last published load, with every delisting by mutation before it."""
        loads = self._journal.changes_after(0, kind="load_published", limit=MANY)
        if not loads:
            return FactsNow.start(facts, delistings={}, sequence=0)
        last = loads[-1]
        delistings = [
            change
            for change in self._journal.changes_after(0, kind="delisting", limit=MANY)
            if change.sequence < last.sequence
        ]
        # A load may have been published whose row was not yet recorded: what was read is then newer, and stays.
        is_newer = facts.lake_version > getattr(last.change, "lake_version", -1)
        base = facts if is_newer else self._facts_of(last, facts)
        return FactsNow.start(base, delistings=_delistings(delistings), sequence=last.sequence)

    def _apply(self, now: FactsNow, changes: list[RecordedChange]) -> FactsNow:
        """`now` with a page of changes; everything before the page's last load is in that load but delistings."""
        loads = [place for place, change in enumerate(changes) if isinstance(change.change, LoadPublished)]
        if not loads:
            return now.with_changes(changes)
        before, load, after = changes[: loads[-1]], changes[loads[-1]], changes[loads[-1] + 1 :]
        kept = {**now.delistings, **_delistings(before)}
        fresh = FactsNow.start(self._facts_of(load, now.base), delistings=kept, sequence=load.sequence)
        return replace(fresh, verdicts=now.verdicts, num_verdicts=now.num_verdicts).with_changes(after)

    def _facts_of(self, load: RecordedChange, known: ShopFacts) -> ShopFacts:
        version = getattr(load.change, "lake_version", known.lake_version)
        return known if version == known.lake_version else self._read_facts(version)

    def _with_verdicts(self, now: FactsNow) -> FactsNow:
        fresh = self._journal.verdicts(after=now.num_verdicts)
        if not fresh:
            return now
        count = now.num_verdicts + len(fresh)
        return replace(now, verdicts=VerdictBook.of(self._journal.verdicts()), num_verdicts=count)


def _delistings(changes: list[RecordedChange]) -> dict[str, date | None]:
    return {change.change.sku: change.change.delisted_on for change in changes if isinstance(change.change, Delisting)}
