"""The one way to write a value down, so that equal values have equal hashes."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Final

import orjson

WHOLE: Final = 2.0**53
"""Below it a number without a fraction is exactly an integer, and written as one."""
SMALL: Final = 1e-3
"""Above it numbers below WHOLE are written without an exponent by all."""
DELETE: Final = b"\x7f"
"""The only mark of ASCII that Python's writer escapes and orjson does not."""
PLAIN: Final = frozenset({str, int, bool, type(None)})


class _Scientific(float):
    """A number that JSON's writers shorten each in its own way, the small and the very large; orjson refuses it."""


def canonical(value: object) -> str:
    """A value as JSON that depends on nothing but the value: keys ascending, no blanks, ASCII alone.

    Numbers are written the shortest way that reads back the same, whole ones without a fraction (0 has no sign), and
    NaN and the infinities as words; instants in UTC. Python's `json` says how; orjson writes the same where it can.
    """
    plain = _plain(value)
    with suppress(TypeError):
        text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
        if text.isascii() and DELETE not in text:
            return text.decode()
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """SHA-256 of a text, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> Any:
    kind = type(value)
    if kind in PLAIN:  # most of what an answer holds, and the dearest to find out by what follows
        return value
    if kind is float:
        return _number(value)  # type: ignore[arg-type]
    if kind is dict:
        return _members(value)  # type: ignore[arg-type]
    return _other(value)


def _members(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        key if type(key) is str else str(key): each if type(each) in PLAIN else _plain(each)
        for key, each in value.items()
    }


def _other(value: object) -> Any:
    match value:
        case float():
            plain: Any = _number(float(value))
        case str():
            plain = str(value)
        case datetime():
            plain = value.astimezone(UTC).isoformat()
        case date():
            plain = value.isoformat()
        case dict() | Mapping():
            plain = _members(value)
        case list() | tuple() | Sequence():
            plain = [_plain(each) for each in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")
    return plain


def _number(value: float) -> float | int | str:
    if SMALL <= abs(value) < WHOLE:
        return int(value) if value.is_integer() else value
    if not math.isfinite(value):
        return str(value)
    return _Scientific(value) if value else 0
