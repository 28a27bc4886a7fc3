"""Budgets: how many points each caller may still spend, as a bucket that leaks."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from schema.access import AccessPolicy, Caller

MAX_CALLERS: Final = 10_000


@dataclass
class _Bucket:
    """Points spent and not yet leaked, as of a moment of the monotonic clock."""

    level: float
    at: float


class Budgets:
    """Each caller's bucket holds a minute's points and leaks evenly; this process alone counts.

    Args:
        policy: says how many points a minute.
        seconds: a clock that never goes back.
        max_callers: buckets kept; past it, that of whoever asked longest ago is forgotten, the most leaked one.
    """

    def __init__(
        self, policy: AccessPolicy, *, seconds: Callable[[], float] = time.monotonic, max_callers: int = MAX_CALLERS
    ) -> None:
        self._policy, self._seconds, self._max = policy, seconds, max_callers
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def spend(self, caller: Caller, points: int) -> int:
        """0 if the points were spent, else the whole seconds until they may be; then nothing was."""
        most, bucket = self._policy.points(caller), self._bucket(caller)
        over = bucket.level + points - most
        if over > 0:
            return math.ceil(60 * over / most)
        bucket.level += points
        return 0

    def settle(self, caller: Caller, *, requested: int, actual: int) -> None:
        """Spend what an answer held instead of what was asked for it."""
        bucket = self._bucket(caller)
        bucket.level = max(0.0, bucket.level + actual - requested)

    def remaining(self, caller: Caller) -> int:
        """How many points a caller may spend now."""
        return max(0, math.floor(self._policy.points(caller) - self._bucket(caller).level))

    def _bucket(self, caller: Caller) -> _Bucket:
        now, rate = self._seconds(), self._policy.points(caller) / 60
        bucket = self._buckets.setdefault(caller.name, _Bucket(0.0, now))
        self._buckets.move_to_end(caller.name)
        bucket.level = max(0.0, bucket.level - rate * (now - bucket.at))
        bucket.at = now
        if len(self._buckets) > self._max:
            self._buckets.popitem(last=False)
        return bucket


def answered_fields(data: Any) -> int:
    """How many fields an answer holds, in objects of objects and lists of them."""
    count, rest = 0, [data]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            count += len(value)
            rest += [each for each in value.values() if isinstance(each, dict | list)]
        elif isinstance(value, list):
            rest += [each for each in value if isinstance(each, dict | list)]
    return count
