"""Budgets: how many points each caller may still spend, as a bucket that leaks."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from api.buckets import Bucket, Buckets
from schema.access import AccessPolicy, Caller

NESTED: Final = frozenset({dict, list})
"""What an answer is made of, beside leaves."""


class Budgets:
    """Each caller's bucket holds a minute's points and leaks evenly, whichever process they ask.

    Args:
        policy: says how many points a minute.
        buckets: what is spent, shared with other processes or not.
        seconds: a clock that never goes back, the same for all processes of the machine.
    """

    def __init__(
        self, policy: AccessPolicy, buckets: Buckets | None = None, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy, self._seconds, self._buckets = policy, seconds, buckets or Buckets()

    def spend(self, caller: Caller, points: int) -> int:
        """0 if the points were spent, else the whole seconds until they may be; then nothing was."""
        most = self._policy.points(caller)
        with self._leaked(caller) as bucket:
            over = bucket.level + points - most
            if over > 0:
                return math.ceil(60 * over / most)
            bucket.level += points
            return 0

    def settle(self, caller: Caller, *, requested: int, actual: int) -> int:
        """Spend what an answer held instead of what was asked for it; how many points are left."""
        with self._leaked(caller) as bucket:
            bucket.level = max(0.0, bucket.level + actual - requested)
            return self._left(caller, bucket)

    def remaining(self, caller: Caller) -> int:
        """How many points a caller may spend now."""
        with self._leaked(caller) as bucket:
            return self._left(caller, bucket)

    def _left(self, caller: Caller, bucket: Bucket) -> int:
        return max(0, math.floor(self._policy.points(caller) - bucket.level))

    @contextmanager
    def _leaked(self, caller: Caller) -> Iterator[Bucket]:
        """A caller's bucket as of now."""
        with self._buckets.changing(caller.name) as bucket:
            now, rate = self._seconds(), self._policy.points(caller) / 60
            # The clock begins anew when the machine does: what was spent later than now was spent before that.
            bucket.level = max(0.0, bucket.level - rate * (now - bucket.at)) if bucket.at <= now else 0.0
            bucket.at = now
            yield bucket


def answered_fields(data: Any) -> int:
    """How many fields an answer holds, in objects of objects and lists of them."""
    count, nested = 0, [data] if type(data) in NESTED else []
    for value in nested:  # which grows meanwhile
        members = value
        if type(value) is dict:
            count, members = count + len(value), value.values()
        for each in members:
            if type(each) in NESTED:
                nested.append(each)
    return count
