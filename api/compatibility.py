"""What changed between two versions of the contract, and whether those who ask by the older one still can."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from graphql import (
    REMOVE,
    ConstDirectiveNode,
    DocumentNode,
    StringValueNode,
    Visitor,
    build_ast_schema,
    build_schema,
    find_schema_changes,
    parse,
    visit,
)
from graphql.utilities.find_schema_changes import BreakingChange, DangerousChange, SafeChangeType

from schema.errors import BadInput, NotFound

VERSIONS: Final = Path(__file__).with_name("contract_versions")
"""One file a released contract, named by its day."""
NOTICE_DAYS: Final = 90
"""How long what is deprecated stays at least."""
_REASON = re.compile(r"(\d{4}-\d{2}-\d{2}): (\S.*)", re.S)


@dataclass(frozen=True)
class Deprecation:
    """Something that will go.

    Attributes:
        place: where it stands, such as Product.name or Query.products(query).
        stays_until: the day from which it may be gone.
        reason: why, and what to use in its place.
    """

    place: str
    stays_until: date
    reason: str


@dataclass(frozen=True)
class Changes:
    """What a newer contract does to those who ask by an older one, each in words.

    Attributes:
        breaking: operations that were valid fail or change.
        dangerous: operations stay valid, but a program may meet what it does not expect, such as a new enum value.
        additions: what can be asked besides.
        deprecations: what is newly deprecated.
    """

    breaking: tuple[str, ...]
    dangerous: tuple[str, ...]
    additions: tuple[str, ...]
    deprecations: tuple[Deprecation, ...]


def changes(older: str, newer: str, *, as_of: date) -> Changes:
    """What changed; what the older contract deprecated until `as_of` or before may be gone.

    Raises:
        BadInput: if a deprecation has no date or no reason.
    """
    found = find_schema_changes(build_ast_schema(_due(older, as_of=as_of)), build_schema(newer))
    known = set(deprecations(older))
    worded = SafeChangeType.DESCRIPTION_CHANGED
    return Changes(
        breaking=tuple(each.description for each in found if isinstance(each, BreakingChange)),
        dangerous=tuple(each.description for each in found if isinstance(each, DangerousChange)),
        additions=tuple(
            each.description for each in found if isinstance(each.type, SafeChangeType) and each.type is not worded
        ),
        deprecations=tuple(each for each in deprecations(newer) if each not in known),
    )


def deprecations(contract: str) -> list[Deprecation]:
    """Everything deprecated in a contract, in its order.

    Raises:
        BadInput: if a reason is not `YYYY-MM-DD: why, and what to use`, the day being the first it may be gone.
    """
    found: list[Deprecation] = []

    class Finder(Visitor):
        def enter_directive(self, node: ConstDirectiveNode, _key: Any, _parent: Any, _path: Any, above: Any) -> None:
            if node.name.value == "deprecated":
                found.append(_deprecation(node, above))

    visit(parse(contract), Finder())
    return found


def released(day: str | None = None) -> tuple[str, str]:
    """The day and the text of a released contract, the newest unless a day is named.

    Raises:
        NotFound: if there is none of that day.
    """
    files = {path.stem: path for path in sorted(VERSIONS.glob("*.graphql"))}
    name = day or max(files, default="")
    if name not in files:
        raise NotFound("released contract", name, near=reversed(files))
    return name, files[name].read_text(encoding="utf-8")


def release(contract: str, *, on: date) -> Path:
    """The file that this contract is released as.

    Raises:
        BadInput: if it breaks the one released before, or what it newly deprecates goes within NOTICE_DAYS.
    """
    older = max(VERSIONS.glob("*.graphql"), default=None)
    if older is not None:
        found = changes(older.read_text(encoding="utf-8"), contract, as_of=on)
        if found.breaking:
            raise BadInput(
                f"It breaks the contract of {older.stem}: {'; '.join(found.breaking)}.",
                remedy="Keep what was there beside what is new, deprecated with a date, until that day.",
            )
        soonest = on + timedelta(days=NOTICE_DAYS)
        hasty = [each.place for each in found.deprecations if each.stays_until < soonest]
        if hasty:
            raise BadInput(f"{', '.join(hasty)}: deprecated until {soonest} at least.", remedy="Give a later day.")
    path = VERSIONS / f"{on.isoformat()}.graphql"
    path.write_text(contract, encoding="utf-8")
    return path


def _due(contract: str, *, as_of: date) -> DocumentNode:
    """A contract without what its own deprecations let go by a day."""

    class Remover(Visitor):
        def _leave(self, node: Any, *_place: Any) -> Any:
            marks = [mark for mark in node.directives or () if mark.name.value == "deprecated"]
            return REMOVE if any(_deprecation(mark, []).stays_until <= as_of for mark in marks) else None

        leave_field_definition = leave_input_value_definition = leave_enum_value_definition = _leave

    return visit(parse(contract), Remover())


def _deprecation(mark: ConstDirectiveNode, above: list[Any]) -> Deprecation:
    names = [node.name.value for node in above if hasattr(node, "name")]
    place = ".".join(names)
    texts = [each.value.value for each in mark.arguments or () if isinstance(each.value, StringValueNode)]
    told = _REASON.fullmatch(texts[0]) if texts else None
    try:
        return Deprecation(place, date.fromisoformat(told[1]), told[2].strip()) if told else _refuse(place)
    except ValueError:
        return _refuse(place)


def _refuse(place: str) -> Deprecation:
    raise BadInput(
        f"The deprecation of {place} says not until when, or not why.",
        remedy="Write its reason as `YYYY-MM-DD: why, and what to use`, the day being the first it may be gone.",
    )
