"""Freshness: writers and readers on running services, and how old a fact their answers rested on."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.shelf_talk import ASK, BATCH, CEILING, Caller, Shelf, seen_in, tell
from evaluation.staleness import BOUND_SECONDS, Diary
from schema.errors import Unavailable

NUM_WRITERS: Final = 2
NUM_READERS: Final = 3


@dataclass(frozen=True)
class Freshness:
    """What a run found.

    Attributes:
        seconds: how long writers wrote.
        num_seen: facts that answers showed and that were checked.
        num_violations: of those, how many rested on something outdated for BOUND_SECONDS or longer.
        oldest_seconds: the longest that any was outdated; 0 if none was.
        num_failures: requests that were not answered.
        examples: the worst violations, a sentence each.
    """

    seconds: float
    num_services: int
    num_changes: int
    num_answers: int
    num_seen: int
    num_violations: int
    oldest_seconds: float
    num_failures: int
    examples: tuple[str, ...] = ()


def measure(
    urls: Sequence[str],
    *,
    store_id: str,
    seconds: float,
    changes_per_second: float = 200.0,
    told_urls: Sequence[str] = (),
    key: str = "",
    seed: int = 0,
) -> Freshness:
    """What answers of running services rested on while facts changed; it changes that shop's facts and leaves them so.

    Args:
        urls: services of one shop, asked in turn.
        store_id: where stock is counted and prices hold.
        told_urls: those that are told, in turn; all of them by default.
        changes_per_second: of all writers together, in batches, on a schedule that does not wait for answers.

    Raises:
        Unavailable: if a service does not answer before the run has begun.
    """
    first = Caller(told_urls or urls, key=key)
    shelf, diary, run = Shelf.of(first, store_id), Diary(), f"{seed}-{time.monotonic_ns()}"
    for place, (kind, changes) in enumerate(shelf.everything()):
        if not tell(first, place, kind, changes, store_id=store_id, key=f"{run}-{place}", diary=diary):
            raise Unavailable("The services do not take the changes to begin with.", remedy="Ask one by GraphiQL.")
    time.sleep(BOUND_SECONDS)
    bench = _Bench((urls, told_urls or urls), key, shelf, diary, run, ends_at=time.monotonic() + seconds)
    pause = BATCH * NUM_WRITERS / changes_per_second
    work = [threading.Thread(target=bench.write, args=(seed + n, pause)) for n in range(NUM_WRITERS)]
    work += [threading.Thread(target=bench.read, args=(seed + 100 + n,)) for n in range(NUM_READERS)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    return _found(bench, seconds)


class _Bench:
    """What the threads of one run share."""

    def __init__(
        self,
        urls: tuple[Sequence[str], Sequence[str]],
        key: str,
        shelf: Shelf,
        diary: Diary,
        run: str,
        *,
        ends_at: float,
    ) -> None:
        (self._asked, self._told), self._key = urls, key
        self.shelf, self.diary, self._run = shelf, diary, run
        self._ends_at = ends_at
        self.changes: list[int] = []
        self.answers: list[int] = []
        self.failures: list[str] = []

    @property
    def num_services(self) -> int:
        return len(self._asked)

    def write(self, seed: int, pause: float) -> None:
        """Tell a batch every `pause` seconds until the end."""
        caller, due, turn = Caller(self._told, key=self._key), time.monotonic(), seed
        dice = random.Random(seed)  # noqa: S311 (dice, no secret)
        while due < self._ends_at:
            time.sleep(max(0.0, due - time.monotonic()))
            kind, changes = self.shelf.some(dice)
            key = f"{self._run}-{seed}-{turn}"
            if tell(caller, turn, kind, changes, store_id=self.shelf.store_id, key=key, diary=self.diary):
                self.changes.append(len(changes))
            else:
                self.failures.append(kind)
            due, turn = due + pause, turn + 1

    def read(self, seed: int) -> None:
        """Ask one question after the other until the end, and a little longer."""
        caller, turn = Caller(self._asked, key=self._key), seed
        dice = random.Random(seed)  # noqa: S311 (dice, no secret)
        while (begun_at := time.monotonic()) < self._ends_at + BOUND_SECONDS:
            sku, turn = dice.choice(self.shelf.skus), turn + 1
            try:
                answer = caller.ask(turn, ASK, sku=sku, store=self.shelf.store_id, ceiling=CEILING)
            except Unavailable as error:
                self.failures.append(error.what)
                continue
            ended_at = time.monotonic()
            seen = seen_in(answer, sku, begun_at=begun_at, ended_at=ended_at, shelf=self.shelf)
            self.diary.add_seen(seen)
            self.answers.append(1)


def _found(bench: _Bench, seconds: float) -> Freshness:
    ages = sorted(bench.diary.stale_seconds(), key=lambda aged: -aged[0])
    violations = [(age, seen) for age, seen in ages if age >= BOUND_SECONDS]
    return Freshness(
        seconds=seconds,
        num_services=bench.num_services,
        num_changes=sum(bench.changes),
        num_answers=sum(bench.answers),
        num_seen=len(ages),
        num_violations=len(violations),
        oldest_seconds=ages[0][0] if ages else 0.0,
        num_failures=len(bench.failures),
        examples=tuple(f"{seen.said}, {age:.1f} s after it was not so" for age, seen in violations[:5]),
    )
