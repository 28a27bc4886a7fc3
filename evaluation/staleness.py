"""How old a fact an answer rested on: what was told and acknowledged against what answers said, after the run."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

Fact = tuple[str, ...]
"""A kind and the keys it is of: `("stock", sku)`."""
Value = float | str | bool
BOUND_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Told:
    """One change: when it was sent and acknowledged (seconds of one clock), and its sequence number."""

    value: Value
    sent_at: float
    acknowledged_at: float
    sequence: int


@dataclass(frozen=True)
class Seen:
    """What one answer said of one fact; `fits` says which values it may have rested on."""

    fact: Fact
    begun_at: float
    ended_at: float
    fits: Callable[[Value], bool]
    said: str


@dataclass
class Diary:
    """Everything told and seen; any thread may add to it. What was told but never acknowledged is told apart."""

    told: dict[Fact, list[Told]] = field(default_factory=lambda: defaultdict(list))
    seen: list[Seen] = field(default_factory=list)
    unsure: dict[Fact, list[tuple[Value, float]]] = field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_told(self, changes: Iterable[tuple[Fact, Told]]) -> None:
        """Keep changes that were acknowledged."""
        with self._lock:
            for fact, told in changes:
                self.told[fact].append(told)

    def add_unsure(self, changes: Iterable[tuple[Fact, Value]], sent_at: float) -> None:
        """Keep changes that may or may not have been recorded: answers may show them from then on."""
        with self._lock:
            for fact, value in changes:
                self.unsure[fact].append((value, sent_at))

    def add_seen(self, seen: Iterable[Seen]) -> None:
        """Keep what an answer said."""
        with self._lock:
            self.seen.extend(seen)

    def stale_seconds(self) -> list[tuple[float, Seen]]:
        """For each thing seen, how long before its answer began the change that it missed was acknowledged.

        0.0 where it rests on everything acknowledged by then, or on something newer.
        """
        ordered = {fact: sorted(several, key=lambda told: told.sequence) for fact, several in self.told.items()}
        return [
            (_stale_seconds(seen, ordered.get(seen.fact, []), self.unsure.get(seen.fact, [])), seen)
            for seen in self.seen
        ]


def _stale_seconds(seen: Seen, told: list[Told], unsure: list[tuple[Value, float]]) -> float:
    """Whatever is newer than what it rests on, and was acknowledged before the answer began, it missed."""
    if any(seen.fits(value) for value, sent_at in unsure if sent_at <= seen.ended_at):
        return 0.0
    possible = [place for place, one in enumerate(told) if one.sent_at <= seen.ended_at and seen.fits(one.value)]
    newest = possible[-1] if possible else -1
    missed = [one.acknowledged_at for one in told[newest + 1 :] if one.acknowledged_at <= seen.begun_at]
    return seen.begun_at - min(missed) if missed else 0.0
