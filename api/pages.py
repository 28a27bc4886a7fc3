"""Relay pages: what a caller asks for, opaque cursors, and the connection that answers."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Generic, TypeVar

import strawberry

from schema.errors import BadInput

MAX_PAGE: Final = 250
DEFAULT_PAGE: Final = 20
MAX_DIGITS: Final = 18
"""Of a number that is an id or stands in a cursor: what a 64-bit integer holds in any case."""
T = TypeVar("T")
Place = tuple[str | float, ...]

First = Annotated[int | None, strawberry.argument(description=f"How many from the start, 0 to {MAX_PAGE}.")]
Last = Annotated[int | None, strawberry.argument(description=f"How many from the end, 0 to {MAX_PAGE}.")]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether more comes after this page.")
    has_previous_page: bool = strawberry.field(description="Whether more comes before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge; null on an empty page.")


@dataclass(frozen=True)
class Asked:
    """A page as asked for; `limit` edges from the start, or from the end if `is_last`."""

    limit: int
    is_last: bool
    after: Place | None
    before: Place | None


def asked(kind: str, first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> Asked:
    """The page that Relay's arguments ask for.

    Raises:
        BadInput: if a size is negative or above MAX_PAGE, both ends are asked at once, or a cursor is of another list.
    """
    if first is not None and last is not None:
        raise BadInput("`first` and `last` cannot be asked for at once.", remedy="Leave one out.")
    size = DEFAULT_PAGE if first is None and last is None else first if first is not None else last
    return Asked(page_size(size or 0), last is not None, place(kind, after), place(kind, before))


def page_size(size: int, *, most: int = MAX_PAGE) -> int:
    """The size as given.

    Raises:
        BadInput: if it is negative or above `most`.
    """
    if not 0 <= size <= most:
        raise BadInput(f"A page holds 0 to {most}, not {size}.", remedy="Ask for less and follow the cursor.")
    return size


_COMPACT: Final = json.JSONEncoder(separators=(",", ":"))


@lru_cache(maxsize=65_536, typed=True)
def cursor(kind: str, *parts: str | float) -> str:
    """The opaque cursor of a place in a list of this kind."""
    return base64.urlsafe_b64encode(_COMPACT.encode([kind, *parts]).encode()).decode().rstrip("=")


def stretch(page: Asked) -> dict[str, Any]:
    """What a store is asked for a page: where it lies, and a row more than it holds: the list then goes on."""
    ends = {"after": page.after, "before": page.before}
    between = {name: str(end[0]) for name, end in ends.items() if end is not None}
    return {"limit": page.limit + 1, "is_last": page.is_last, **between}


def numbered_stretch(page: Asked) -> dict[str, Any]:
    """As `stretch`, of a list by number.

    Raises:
        BadInput: if a cursor holds no number.
    """
    asked_for = stretch(page)
    return {name: _number(end) if isinstance(end, str) else end for name, end in asked_for.items()}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise _no_cursor()
    return int(text)


def place(kind: str, text: str | None) -> Place | None:
    """The place a cursor stands for; None for no cursor.

    Raises:
        BadInput: if it is no cursor of a list of this kind.
    """
    if text is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or parts[:1] != [kind] or not _is_place(kind, parts[1:]):
        raise _no_cursor()
    return tuple(parts[1:])


def _no_cursor() -> BadInput:
    return BadInput("This is not a cursor of this list.", remedy="Use one that an earlier page answered.")


def _is_place(kind: str, parts: list[object]) -> bool:
    if kind == "found":
        return [type(part) for part in parts] == [str, float, str]
    return len(parts) == 1 and isinstance(parts[0], str)


def _page_info(cursors: Sequence[str], page: Asked, has_more: bool) -> PageInfo:
    return PageInfo(
        has_next_page=page.before is not None if page.is_last else has_more,
        has_previous_page=has_more if page.is_last else page.after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


@dataclass(frozen=True)
class Cut(Generic[T]):
    """One page of a list, with its cursors."""

    items: list[T]
    cursors: list[str]
    info: PageInfo


def cut(kind: str, items: Sequence[T], keys: Sequence[str], page: Asked) -> Cut[T]:
    """The page of a whole list whose items have keys; a cursor whose key is gone stands at the list's start or end."""
    places = {key: at for at, key in enumerate(keys)} if page.after or page.before else {}
    start = places.get(str(page.after[0]), -1) + 1 if page.after else 0
    stop = places.get(str(page.before[0]), len(items)) if page.before else len(items)
    has_more = stop - start > page.limit
    if page.is_last:
        start = max(start, stop - page.limit)
    else:
        stop = min(stop, start + page.limit)
    cursors = [cursor(kind, key) for key in keys[start:stop]]
    return Cut(list(items[start:stop]), cursors, _page_info(cursors, page, has_more))


def page_of(kind: str, rows: Sequence[T], key: Callable[[T], str], page: Asked) -> Cut[T]:
    """The page of what a store answered for its `stretch`, in the list's order."""
    start = max(len(rows) - page.limit, 0) if page.is_last else 0
    items = list(rows[start : start + page.limit])
    cursors = [cursor(kind, key(item)) for item in items]
    return Cut(items, cursors, _page_info(cursors, page, has_more=len(rows) > page.limit))
