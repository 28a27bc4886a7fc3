"""Completion: a field's resolved value made into the answer's, by functions built once a place of an operation."""

from collections.abc import Awaitable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from types import CoroutineType
from typing import Any, Final

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLLeafType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.executor import Executor, collect_iterator_awaitables, invalid_return_type_error
from graphql.pyutils import Path
from strawberry.types.enum import StrawberryEnumDefinition

from api.compiled_places import Complete, Place, abandon, gathered, is_empty, settled

DEFINITION: Final = "strawberry-definition"
"""Where a type or field of the schema keeps what it was made from."""
UNCHANGED: Final[Mapping[Any, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""By leaf type, the Python type whose values are answered as they are."""
PLAIN: Final[set[type]] = {str, int, float, bool, type(None), list, tuple, dict, Decimal, date, datetime}
"""Types whose values nobody can await; the contract's own object types join them as they are met."""


def completer(kind: GraphQLOutputType, place: Place) -> Complete:
    """The function that completes values of a type."""
    if is_non_null_type(kind):
        inner = kind.of_type
        return _Objects(inner, place).present if is_object_type(inner) else _present(completer(inner, place), place)
    if is_list_type(kind):
        return _Lists(kind, place).complete
    if is_leaf_type(kind):
        return _leaf(kind)
    if is_abstract_type(kind):
        return _abstract(kind, place)
    assert is_object_type(kind)  # noqa: S101  # no other output types exist
    return _Objects(kind, place).complete


def answered_unchanged(kind: GraphQLOutputType) -> frozenset[type]:
    """The Python types whose values a field of this type answers as they are."""
    leaf = kind.of_type if is_non_null_type(kind) else kind
    own = frozenset({UNCHANGED[leaf]} if leaf in UNCHANGED else ())
    return own if leaf is not kind else own | {type(None)}


def _present(complete: Complete, place: Place) -> Complete:
    message = _absent(place)

    def present(executor: Any, value: Any, path: Path) -> Any:
        done = complete(executor, value, path)
        if done is None:
            raise TypeError(message)
        return done

    return present


def _absent(place: Place) -> str:
    return f"Cannot return null for non-nullable field {place.parent}.{place.name}."


def _leaf(kind: GraphQLLeafType) -> Complete:
    as_it_is = UNCHANGED.get(kind)
    definition = kind.extensions.get(DEFINITION)
    members: Any = definition.wrapped_cls if isinstance(definition, StrawberryEnumDefinition) else None
    names = {member: Executor.complete_leaf_value(kind, member) for member in members or ()}
    if members is not None:
        PLAIN.add(members)

    def number(_executor: Any, value: Any, _path: Path) -> Any:
        if type(value) is float and isfinite(value):
            return value
        return None if is_empty(value) else Executor.complete_leaf_value(kind, value)

    def leaf(_executor: Any, value: Any, _path: Path) -> Any:
        if type(value) is as_it_is:
            return value
        if members is not None and type(value) is members:
            return names[value]
        return None if is_empty(value) else Executor.complete_leaf_value(kind, value)

    return number if kind is GraphQLFloat else leaf


class _Objects:
    """Completes values of one object type."""

    def __init__(self, kind: GraphQLObjectType, place: Place) -> None:
        definition = kind.extensions.get(DEFINITION)
        self._kind, self._place = kind, place
        # What is of the declared class itself needs no check of its type.
        self._origin = None if definition is None or definition.is_type_of else definition.origin
        self._answered: Complete | None = None
        if self._origin is not None and not hasattr(self._origin, "__await__"):
            PLAIN.add(self._origin)

    def complete(self, executor: Any, value: Any, path: Path) -> Any:
        if type(value) is self._origin:
            return (self._answered or self._fields(executor))(executor, value, path)
        return None if is_empty(value) else self._other(executor, value, path)

    def present(self, executor: Any, value: Any, path: Path) -> Any:
        if type(value) is self._origin:
            return (self._answered or self._fields(executor))(executor, value, path)
        if is_empty(value):
            raise TypeError(_absent(self._place))
        return self._other(executor, value, path)

    def _other(self, executor: Any, value: Any, path: Path) -> Any:
        if self._kind.is_type_of is not None:
            belongs: Any = self._kind.is_type_of(value, self._place.info(executor, path))
            if executor.is_awaitable(belongs):
                return self._checked(executor, belongs, value, path)
            self._refuse_stranger(value, belongs=belongs)
        return self._fields(executor)(executor, value, path)

    async def _checked(self, executor: Any, belongs: Any, value: Any, path: Path) -> Any:
        self._refuse_stranger(value, belongs=await belongs)
        return await settled(self._fields(executor)(executor, value, path))

    def _refuse_stranger(self, value: Any, *, belongs: bool) -> None:
        if not belongs:
            raise invalid_return_type_error(self._kind, value, self._place.details)

    def _fields(self, executor: Any) -> Complete:
        if self._answered is None:
            self._answered = self._place.selection(executor, self._kind, self._place.details)
        return self._answered


def _abstract(kind: GraphQLAbstractType, place: Place) -> Complete:
    known: dict[str, Complete] = {}

    def complete(executor: Any, value: Any, path: Path) -> Any:
        if is_empty(value):
            return None
        info = place.info(executor, path)
        name = (kind.resolve_type or executor.type_resolver)(value, info, kind)
        return awaited(executor, name, value, path) if executor.is_awaitable(name) else of(executor, name, value, path)

    async def awaited(executor: Any, name: Any, value: Any, path: Path) -> Any:
        return await settled(of(executor, await name, value, path))

    def of(executor: Any, name: Any, value: Any, path: Path) -> Any:
        if name not in known:
            info = place.info(executor, path)
            runtime = executor.ensure_valid_runtime_type(name, kind, place.details, info, value)
            known[name] = _Objects(runtime, place).complete
        return known[name](executor, value, path)

    return complete


class _Lists:
    """Completes lists of one type."""

    def __init__(self, kind: GraphQLList[Any], place: Place) -> None:
        self._kind, self._place = kind, place
        self._complete = completer(kind.of_type, place)

    def complete(self, executor: Any, value: Any, path: Path) -> Any:
        if type(value) not in (list, tuple):
            if is_empty(value):
                return None
            info = self._place.info(executor, path)
            return executor.complete_list_value(self._kind, self._place.details, info, path, value, None)
        results: list[Any] = []
        items = iter(value)
        try:
            for index, item in enumerate(items):
                results.append(self._item(executor, item, Path(path, index, None)))
        except Exception:
            abandon(executor, [*results, *collect_iterator_awaitables(items, executor.is_awaitable)])
            raise
        waiting = [index for index, done in enumerate(results) if type(done) is CoroutineType]
        return gathered(results, waiting) if waiting else results

    def _item(self, executor: Any, item: Any, path: Path) -> Any:
        try:
            if type(item) not in PLAIN and executor.is_awaitable(item):
                return self._caught(executor, item, path, is_resolved=False)
            done = self._complete(executor, item, path)
        except Exception as error:  # noqa: BLE001  # whatever a field raises is told at its path
            return self._place.failed(executor, error, self._kind.of_type, path)
        return self._caught(executor, done, path, is_resolved=True) if type(done) is CoroutineType else done

    async def _caught(self, executor: Any, item: Awaitable[Any], path: Path, *, is_resolved: bool) -> Any:
        try:
            done = await item
            return done if is_resolved else await settled(self._complete(executor, done, path))
        except Exception as error:  # noqa: BLE001  # as above
            return self._place.failed(executor, error, self._kind.of_type, path)
