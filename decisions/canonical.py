"""The one way to write a value down, so that equal values have equal hashes."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

WHOLE: Final = 2.0**53
"""Below it a number without a fraction is exactly an integer, and written as one."""
PLAIN: Final = frozenset({str, int, bool, type(None)})


def canonical(value: object) -> str:
    """A value as JSON that depends on nothing but the value: keys ascending, no blanks, ASCII alone.

    Numbers are written the shortest way that reads back the same, whole ones without a fraction (0 has no sign), and
    NaN and the infinities as words; instants in UTC.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """SHA-256 of a text, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> Any:
    if type(value) in PLAIN:  # most of what an answer holds, and the dearest to find out by what follows
        return value
    match value:
        case str():
            plain: Any = str(value)
        case float():
            plain = _number(float(value))
        case datetime():
            plain = value.astimezone(UTC).isoformat()
        case date():
            plain = value.isoformat()
        case dict() | Mapping():
            plain = {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple() | Sequence():
            plain = [_plain(each) for each in value]
        case _:
            plain = value
    return plain


def _number(value: float) -> float | int | str:
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < WHOLE else value
