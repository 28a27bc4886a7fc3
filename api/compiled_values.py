"""Completion: a field's resolved value made into the answer's, by functions built once for each place of an operation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, Final

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor, collect_iterator_awaitables, invalid_return_type_error, to_nodes
from graphql.pyutils import Path, gather_with_cancel
from strawberry.types.cast import get_strawberry_type_cast
from strawberry.types.enum import StrawberryEnumDefinition

DEFINITION: Final = "strawberry-definition"
"""Where a type or field of the schema keeps what it was made from."""
AS_IT_IS: Final = (GraphQLString, GraphQLID)
"""Leaf types whose `str` values are answered unchanged."""

Complete = Callable[[Any, Any, Path], Any]
"""An executor, a value and the value's path to what is answered, or to a coroutine of that."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """A field where an operation selects it, on one object type; told apart by identity.

    Attributes:
        key: its name in the answer.
        details: every node that selects it there.
        selection: makes the function that answers what is selected of an object type below.
    """

    parent: GraphQLObjectType
    field: GraphQLField
    key: str
    details: FieldDetailsList
    selection: Callable[[Any, GraphQLObjectType, FieldDetailsList], Complete]

    @property
    def name(self) -> str:
        """The field's name in the contract."""
        return self.details[0].node.name.value

    def info(self, executor: Executor[Any], path: Path) -> Any:
        """What graphql-core tells a resolver, at the field's path or at one of its list items'."""
        while isinstance(path.key, int):
            assert path.prev is not None  # noqa: S101  # an item lies in a field
            path = path.prev
        return executor.build_resolve_info(self.field, to_nodes(self.details), self.parent, path)

    def failed(self, executor: Executor[Any], error: Exception, kind: GraphQLOutputType, path: Path) -> None:
        """Null in place of what failed.

        Raises:
            GraphQLError: if it may not be null.
        """
        executor.handle_field_error(error, kind, self.details, path)


def completer(kind: GraphQLOutputType, place: Place) -> Complete:
    """The function that completes values of a type."""
    if is_non_null_type(kind):
        return _present(completer(kind.of_type, place), place)
    if is_list_type(kind):
        return _list(kind, place)
    if is_leaf_type(kind):
        return _leaf(kind)
    if is_abstract_type(kind):
        return _abstract(kind, place)
    assert is_object_type(kind)  # noqa: S101  # no other output types exist
    return _object(kind, place)


def is_empty(value: Any) -> bool:
    """Whether a value is answered as null.

    Raises:
        Exception: the value, if it is one.
    """
    if isinstance(value, Exception):
        raise value
    return value is None or value is Undefined


def _present(complete: Complete, place: Place) -> Complete:
    message = f"Cannot return null for non-nullable field {place.parent}.{place.name}."

    def present(executor: Any, value: Any, path: Path) -> Any:
        done = complete(executor, value, path)
        if done is None:
            raise TypeError(message)
        return done

    return present


def _leaf(kind: GraphQLLeafType) -> Complete:
    as_it_is = str if kind in AS_IT_IS else None
    definition = kind.extensions.get(DEFINITION)
    members = definition.wrapped_cls if isinstance(definition, StrawberryEnumDefinition) else None
    names = {member: Executor.complete_leaf_value(kind, member) for member in members or ()}

    def leaf(_executor: Any, value: Any, _path: Path) -> Any:
        if type(value) is as_it_is:
            return value
        if members is not None and type(value) is members:
            return names[value]
        return None if is_empty(value) else Executor.complete_leaf_value(kind, value)

    return leaf


def _object(kind: GraphQLObjectType, place: Place) -> Complete:
    definition = kind.extensions.get(DEFINITION)
    origin = None if definition is None or definition.is_type_of else definition.origin
    answered: Complete | None = None

    def complete(executor: Any, value: Any, path: Path) -> Any:
        nonlocal answered
        if type(value) is not origin or get_strawberry_type_cast(value) is not None:
            if is_empty(value):
                return None
            if kind.is_type_of is not None:
                belongs = kind.is_type_of(value, place.info(executor, path))
                if executor.is_awaitable(belongs):
                    return checked(executor, belongs, value, path)
                if not belongs:
                    raise invalid_return_type_error(kind, value, place.details)
        if answered is None:
            answered = place.selection(executor, kind, place.details)
        return answered(executor, value, path)

    async def checked(executor: Any, belongs: Any, value: Any, path: Path) -> Any:
        if not await belongs:
            raise invalid_return_type_error(kind, value, place.details)
        return await settled(place.selection(executor, kind, place.details)(executor, value, path))

    return complete


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
            known[name] = _object(runtime, place)
        return known[name](executor, value, path)

    return complete


def _list(kind: GraphQLList[Any], place: Place) -> Complete:
    item_kind = kind.of_type
    complete_item = completer(item_kind, place)

    async def caught(executor: Any, item: Awaitable[Any], path: Path, *, is_resolved: bool) -> Any:
        try:
            done = await item
            return done if is_resolved else await settled(complete_item(executor, done, path))
        except Exception as error:  # noqa: BLE001  # whatever a field raises is told at its path
            return place.failed(executor, error, item_kind, path)

    def completed(executor: Any, item: Any, path: Path) -> Any:
        try:
            if executor.is_awaitable(item):
                return caught(executor, item, path, is_resolved=False)
            done = complete_item(executor, item, path)
        except Exception as error:  # noqa: BLE001  # as above
            return place.failed(executor, error, item_kind, path)
        return caught(executor, done, path, is_resolved=True) if type(done) is CoroutineType else done

    def complete(executor: Any, value: Any, path: Path) -> Any:
        if type(value) is not list:
            if is_empty(value):
                return None
            if type(value) is not tuple:
                info = place.info(executor, path)
                return executor.complete_list_value(kind, place.details, info, path, value, None)
        results: list[Any] = []
        items = iter(value)
        try:
            results.extend(completed(executor, item, Path(path, index, None)) for index, item in enumerate(items))
        except Exception:
            abandon(executor, [*results, *collect_iterator_awaitables(items, executor.is_awaitable)])
            raise
        waiting = [index for index, done in enumerate(results) if type(done) is CoroutineType]
        return gathered(results, waiting) if waiting else results

    return complete


async def gathered(results: Any, waiting: list[Any]) -> Any:
    """A list or object, its waiting items or fields run side by side and each put in its place."""
    if len(waiting) == 1:
        results[waiting[0]] = await results[waiting[0]]
    else:
        done = await gather_with_cancel(*[results[key] for key in waiting])
        for key, value in zip(waiting, done, strict=True):
            results[key] = value
    return results


async def settled(completed: Any) -> Any:
    """What is answered, waited for if it is still a coroutine."""
    return await completed if type(completed) is CoroutineType else completed


def abandon(executor: Executor[Any], results: Any) -> None:
    """Let what was begun beside a failure end in the background."""
    waiting = [each for each in results if executor.is_awaitable(each)]
    if waiting:
        executor.settle_in_background(waiting)
