"""Selections: the fields of an object as functions that resolve and complete each, built once for an operation."""

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from types import CoroutineType
from typing import Any, Final

from graphql import GraphQLObjectType, get_nullable_type, is_leaf_type
from graphql.execution import get_argument_values
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from api.compiled_places import Complete, Place, abandon, gathered, settled
from api.compiled_values import DEFINITION, PLAIN, answered_unchanged, completer

OWN_MARK: Final = "_is_default"
"""What strawberry sets on each resolver that it makes; a wrapper around one has it not, or is marked `__wrapped__`."""

_UNKNOWN: Final = object()

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
            place = Place(kind, field, key, details, selection)
            steps.append((key, _attribute_of(executor, place), answered_unchanged(field.type), _field(executor, place)))

    return _answering(steps)


def _answering(steps: Sequence[tuple[str, str | None, frozenset[type], Complete]]) -> Complete:
    """The function that answers fields: by key, attribute or none, types answered as they are, and all that is else."""

    def answered(executor: Any, source: Any, path: Any) -> Any:
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for key, name, unchanged, step in steps:
                if name is not None:  # most of an answer are texts that its objects hold: they need no step
                    try:
                        value = getattr(source, name)
                    except Exception:  # noqa: BLE001  # which the step tells at its path
                        value = _UNKNOWN
                    if type(value) in unchanged:
                        results[key] = value
                        continue
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
    """The function that answers an attribute of the source that is not answered as it is."""
    kind, key, parent = place.declared.type, place.key, place.parent.name
    complete = _step(place, lambda _executor, value, _path: value)
    leaf = completer(kind, place) if is_leaf_type(get_nullable_type(kind)) else None

    def step(executor: Any, source: Any, path: Any) -> Any:
        try:
            value = getattr(source, name)
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
    name, definition = _attribute_of(executor, place), _own(executor, place)
    if name is not None:
        return _attribute(place, name)
    if definition is not None and definition.base_resolver is not None:
        return _step(place, _called(executor.schema._strawberry_schema, definition, place))
    return _step(place, _resolved(place))


def _attribute_of(executor: Any, place: Place) -> str | None:
    """The attribute of its source that a field answers; None if it is resolved otherwise."""
    definition, config = _own(executor, place), executor.schema._strawberry_schema.config
    is_attribute = definition is not None and definition.base_resolver is None and config.default_resolver is getattr
    return definition.python_name if definition is not None and is_attribute else None


def _own(executor: Any, place: Place) -> StrawberryField | None:
    """What a field was declared with, if strawberry made its resolver of that alone."""
    definition, own = place.declared.extensions.get(DEFINITION), getattr(place.declared.resolve, "__dict__", {})
    is_handled = "__wrapped__" in own or bool(executor.schema._strawberry_schema.exception_handlers)
    if OWN_MARK not in own or is_handled or type(definition) is not StrawberryField or definition.extensions:
        return None
    return definition


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
    info_class, registry = _late(contract.config.info_class), contract.schema_converter.scalar_registry

    def called(executor: Any, source: Any, path: Path) -> Any:
        info = None if takes_info is None else info_class(executor, place, path, definition)
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


@cache
def _late(info_class: type[Info]) -> Callable[[Any, Place, Path, StrawberryField], Info]:
    """Strawberry's info with graphql-core's made when it is asked for: most resolvers want the context alone."""

    class Late(info_class):  # type: ignore[misc, valid-type]  # whatever the contract is configured with
        def __init__(self, executor: Any, place: Place, path: Path, field: StrawberryField) -> None:
            self._executor, self._place, self._at, self._field = executor, place, path, field

        @property
        def context(self) -> Any:
            return self._executor.context_value

        @cached_property
        def _raw_info(self) -> Any:
            return self._place.info(self._executor, self._at)

    return Late


def _given(executor: Any, place: Place) -> dict[str, Any]:
    """A field's arguments by their names in the contract, from literals, variables and defaults; coerced once."""
    given: dict[str, Any] | None = executor.given.get(place)
    if given is None:
        node = place.details[0].node
        given = get_argument_values(place.declared, node, executor.variable_values, None, executor.hide_suggestions)
        executor.given[place] = given
    return given
