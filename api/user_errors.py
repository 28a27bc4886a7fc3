"""What is wrong with a mutation's input: an answer, not a failure; nothing is then recorded."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

import strawberry

MAX_KEY: Final = 200
MAX_REASON: Final = 1_000
MOST: Final = Decimal(1_000_000_000)
"""No stock and no price is greater."""


class UserErrorCode(Enum):
    """Codes of user errors."""

    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    KEY_REUSED = "KEY_REUSED"


strawberry.enum(
    UserErrorCode,
    description="Why input was refused: a key that does not exist, a value that cannot be, or an idempotency key that "
    "came before with other content.",
)


@strawberry.type(description="One thing wrong with a mutation's input; nothing was recorded.")
class UserError:
    """A user error."""

    field: list[str] = strawberry.field(description="Path into the input, such as changes, 3, sku.")
    message: str = strawberry.field(description="What is wrong and what to do, for a person.")
    code: UserErrorCode = strawberry.field(description="What is wrong, for a program.")


Path = list[str]


def unknown(path: Path, kind: str, key: object) -> UserError:
    """There is no such thing."""
    return UserError(field=path, message=f"There is no {kind} {str(key)[:100]}.", code=UserErrorCode.NOT_FOUND)


def invalid(path: Path, message: str) -> UserError:
    """The value cannot be."""
    return UserError(field=path, message=message, code=UserErrorCode.INVALID)


def key_reused(path: Path | None = None) -> UserError:
    """The idempotency key, or an id, came before with other content."""
    said = "This key came before with other content. Repeat that, or give this a new key."
    return UserError(field=path or ["idempotencyKey"], message=said, code=UserErrorCode.KEY_REUSED)


def errors_of_batch(name: str, size: int, most: int, key: str) -> list[UserError]:
    """What is wrong with a batch as a whole: how much it holds, and its key."""
    if size > most:
        return [invalid([name], f"{size} are too many. Send at most {most}.")]
    if not 0 < len(key) <= MAX_KEY or not is_writable(key):
        return [invalid(["idempotencyKey"], f"The key must have 1 to {MAX_KEY} characters, none a control character.")]
    return []


def errors_of_amount(path: Path, amount: Decimal, what: str, *, least: Decimal) -> list[UserError]:
    """What is wrong with a number that must be finite and within bounds."""
    if amount.is_finite() and least <= amount <= MOST:
        return []
    return [invalid(path, f"{str(amount)[:40]} is no {what}. Give a number from {least} to {MOST}.")]


def errors_of_window(path: Path, valid_from: date | None, valid_to: date | None) -> list[UserError]:
    """What is wrong with a half-open window of days."""
    if valid_from is None or valid_to is None or valid_from < valid_to:
        return []
    return [invalid([*path, "validTo"], f"The window ends on {valid_to}, before its first day {valid_from} is over.")]


def errors_of_reason(path: Path, reason: str) -> list[UserError]:
    """What is wrong with a person's reason."""
    if 0 < len(reason.strip()) <= MAX_REASON and is_writable(reason):
        return []
    return [invalid([*path, "reason"], f"Say why, in 1 to {MAX_REASON} characters.")]


def gathered(errors: Iterable[list[UserError]]) -> list[UserError]:
    """All of them in one list."""
    return [error for several in errors for error in several]


def is_writable(text: str) -> bool:
    """Whether every database keeps it: no control characters but line ends and tabs, no half characters."""
    return not any((ord(one) < 32 and one not in "\n\r\t") or 0xD800 <= ord(one) <= 0xDFFF for one in text)
