"""Selections: the fields of an object as functions that resolve and complete each, built once for an operation."""

from collections.abc import Callable
from types import CoroutineType
from typing import Any, Final

from graphql import GraphQLObjectType, get_nullable_type, is_leaf_type
from graphql.execution import get_argument_values
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from api.compiled_places import Complete, Place, abandon, gathered, settled
from api.compiled_values import DEFINITION, PLAIN, answered_unchanged, completer

OWN_MARK: Final = "_is_default"
"""What strawberry sets on each resolver that it makes; a wrapper around one has it not, or is marked `__wrapped__`."""

Resolve = Callable[[Any, Any, Path], Any]
"""An executor, the source object and the field's path to the resolved value, or to an awaitable of it."""


def selection(executor: Any, kind: GraphQLObjectType, details: FieldDetailsList) -> Complete:
    """The function that answers what a field's nodes select of an object type."""
    return fields_of(executor, kind, executor.collect_subfields(kind, details).grouped_field_set)


def fields_of(executor: Any, kind: GraphQLObjectType, grouped: GroupedFieldSet) -> Complete:
    """The function that answers fields of an object type, in their order; it gives a coroutine if one must wait."""
    steps = []
    for key, details in grouped.items():
        field = executor.schema.get_field(kind, details[0].node.name.value)
        if field is not None:
            steps.append((key, _field(executor, Place(kind, field, key, details, selection))))

    def answered(executor: Any, source: Any, path: Any) -> Any:
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for key, step in steps:
                results[key] = done = step(executor, source, path)
                if type(done) is CoroutineType:
                    waiting.append(key)
        except Exception:
            abandon(executor, [results[key] for key in waiting])
            raise
        return gathered(results, waiting) if waiting else results

    return answered


def _step(place: Place, resolve: Resolve) -> Complete:
    """The function that resolves and completes a field of a source at its object's path."""
    kind, key, parent = place.declared.type, place.key, place.parent.name
    complete = completer(kind, place)

    async def awaited(executor: Any, value: Any, path: Path, *, is_resolved: bool) -> Any:
        try:
            done = await value
            return done if is_resolved else await settled(complete(executor, done, path))
        except Exception as error:  # noqa: BLE001  # whatever a field raises is told at its path
            return place.failed(executor, error, kind, path)

    def step(executor: Any, source: Any, path: Any) -> Any:
        here = Path(path, key, parent)
        try:
            value = resolve(executor, source, here)
            if type(value) not in PLAIN and executor.is_awaitable(value):
                return awaited(executor, value, here, is_resolved=False)
            done = complete(executor, value, here)
        except Exception as error:  # noqa: BLE001  # as above
            return place.failed(executor, error, kind, here)
        return awaited(executor, done, here, is_resolved=True) if type(done) is CoroutineType else done

    return step


def _attribute(place: Place, name: str) -> Complete:
    """The function that answers an attribute of the source, most often as it is."""
    kind, key, parent = place.declared.type, place.key, place.parent.name
    unchanged, complete = answered_unchanged(kind), _step(place, lambda _executor, value, _path: value)
    leaf = completer(kind, place) if is_leaf_type(get_nullable_type(kind)) else None

    def step(executor: Any, source: Any, path: Any) -> Any:
        try:
            value = getattr(source, name)
            if type(value) in unchanged:
                return value
            if leaf is not None and type(value) in PLAIN:
                return leaf(executor, value, path)
        except Exception as error:  # noqa: BLE001  # whatever a field raises is told at its path
            return place.failed(executor, error, kind, Path(path, key, parent))
        return complete(executor, value, path)

    return step


def _field(executor: Any, place: Place) -> Complete:
    """The shortest way to a field's answer that does what its resolver does."""
    if place.name == "__typename":
        return lambda _executor, _source, _path: place.parent.name
    contract, definition = executor.schema._strawberry_schema, place.declared.extensions.get(DEFINITION)
    own = getattr(place.declared.resolve, "__dict__", {})
    if (
        type(definition) is StrawberryField
        and OWN_MARK in own
        and "__wrapped__" not in own
        and not definition.extensions
        and not contract.exception_handlers
    ):
        if definition.base_resolver is not None:
            return _step(place, _called(contract, definition, place))
        if contract.config.default_resolver is getattr:
            return _attribute(place, definition.python_name)
    return _step(place, _resolved(place))


def _resolved(place: Place) -> Resolve:
    def resolved(executor: Any, source: Any, path: Path) -> Any:
        resolve = place.declared.resolve or executor.field_resolver
        return resolve(source, place.info(executor, path), **_given(executor, place))

    return resolved


def _called(contract: Any, definition: StrawberryField, place: Place) -> Resolve:
    """The function that a field was declared with, called as strawberry would, its arguments converted once."""
    resolver = definition.base_resolver
    assert resolver is not None  # noqa: S101  # the caller looked
    function: Any = resolver.wrapped_func
    takes_self, takes_info = resolver.self_parameter is not None, resolver.info_parameter
    sources = [each.name for each in (resolver.parent_parameter, resolver.root_parameter) if each is not None]
    info_class, registry = contract.config.info_class, contract.schema_converter.scalar_registry

    def called(executor: Any, source: Any, path: Path) -> Any:
        info = None if takes_info is None else info_class(_raw_info=place.info(executor, path), _field=definition)
        named = executor.converted.get(place)
        if named is None:
            given = _given(executor, place)
            named = convert_arguments(given, definition.arguments, registry, contract.config, info)
            executor.converted[place] = named
        if sources or takes_info is not None:
            named = dict(named)
            named.update((name, source) for name in sources)
            if takes_info is not None:
                named[takes_info.name] = info
        return function(source, **named) if takes_self else function(**named)

    return called


def _given(executor: Any, place: Place) -> dict[str, Any]:
    """A field's arguments by their names in the contract, from literals, variables and defaults; coerced once."""
    given: dict[str, Any] | None = executor.given.get(place)
    if given is None:
        node = place.details[0].node
        given = get_argument_values(place.declared, node, executor.variable_values, None, executor.hide_suggestions)
        executor.given[place] = given
    return given
