"""What a caller is told when something fails: one table from our errors to codes, and nothing behind them."""

from typing import Any, Final

from graphql import GraphQLError

from schema.errors import (
    BadInput,
    Busy,
    Forbidden,
    NotFound,
    NotTrained,
    ShelfgraphError,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
)

AWAY: Final = "What this field needs does not answer now. Try again in a few seconds."
BROKEN: Final = "Something went wrong here. Name the request id to whoever runs this service."

CODES: Final[tuple[tuple[type[BaseException], str, str | None], ...]] = (
    (NotFound, "NOT_FOUND", None),
    (BadInput, "BAD_USER_INPUT", None),
    (Unauthenticated, "UNAUTHENTICATED", None),
    (Forbidden, "FORBIDDEN", None),
    (NotTrained, "UNAVAILABLE", None),
    (Busy, "UNAVAILABLE", AWAY),
    (WrongCredentials, "UNAVAILABLE", AWAY),
    (Unavailable, "UNAVAILABLE", AWAY),
    (UnicodeDecodeError, "BAD_USER_INPUT", "The body is not UTF-8."),
    (TimeoutError, "TIMEOUT", "This took longer than an operation may. Ask for less at once."),
    (RecursionError, "BAD_USER_INPUT", "This is nested too deeply."),
    (ShelfgraphError, "INTERNAL", BROKEN),
)
"""Error class, its `extensions.code`, and what is said instead of its own words (None: those); the first that fits."""
COST_EXCEEDED: Final = "COST_EXCEEDED"
RATE_LIMITED: Final = "RATE_LIMITED"
RETRY_AFTER: Final = "retryAfterSeconds"


def told(error: GraphQLError) -> dict[str, Any]:
    """An error as a caller sees it: message, code, where in the request and in the answer; never a stack or Cypher."""
    message, code = _diagnosis(error)
    answer: dict[str, Any] = {"message": message, "extensions": {"code": code}}
    if error.extensions and RETRY_AFTER in error.extensions:
        answer["extensions"][RETRY_AFTER] = error.extensions[RETRY_AFTER]
    if error.locations:
        answer["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        answer["path"] = error.path
    return answer


def _diagnosis(error: GraphQLError) -> tuple[str, str]:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        # Without a cause it was the request: syntax, validation, or a variable that does not fit.
        return error.message, (error.extensions or {}).get("code", "BAD_USER_INPUT")
    # The driver's own deadline arrives as Unavailable with a TimeoutError behind it.
    if isinstance(cause, Unavailable) and isinstance(cause.__cause__, TimeoutError):
        cause = cause.__cause__
    return diagnosis(cause)


def diagnosis(cause: BaseException) -> tuple[str, str]:
    """What is said of an error, and its code."""
    for kind, code, message in CODES:
        if isinstance(cause, kind):
            return message or str(cause), code
    return BROKEN, "INTERNAL"


def is_ours(error: GraphQLError) -> bool:
    """Whether the service itself is at fault, so that it belongs in its log with a stack."""
    return _diagnosis(error)[1] == "INTERNAL"
