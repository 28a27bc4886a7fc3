"""Flat inputs: made of what graphql-core coerced at once, their fields looked up once and not at every request."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

import strawberry
from graphql import GraphQLInputObjectType, GraphQLInputType, get_nullable_type, is_leaf_type, is_list_type
from strawberry.types.base import StrawberryMaybe, StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from api.compiled_values import DEFINITION


def compile_inputs(schema: strawberry.Schema) -> None:
    """Have a schema's inputs of leaves and lists of leaves made by `from_input`, as strawberry itself makes them."""
    for kind in schema._schema.type_map.values():
        definition = kind.extensions.get(DEFINITION)
        if not isinstance(kind, GraphQLInputObjectType) or not isinstance(definition, StrawberryObjectDefinition):
            continue
        fields = {schema.config.name_converter.from_field(field): field for field in definition.fields}
        told = all(_is_told_as_it_is(each.type) for each in kind.fields.values())
        if (
            definition.from_input is None
            and told
            and not any(isinstance(f.type, StrawberryMaybe) for f in fields.values())
        ):
            definition.from_input = _maker(fields, kind)


def _is_told_as_it_is(kind: GraphQLInputType) -> bool:
    own = get_nullable_type(kind)
    return is_leaf_type(get_nullable_type(own.of_type) if is_list_type(own) else own)


def _maker(
    fields: Mapping[str, StrawberryField], kind: GraphQLInputObjectType
) -> Callable[[type, Mapping[str, Any], Any], Any]:
    """What makes the declared class of a coerced value; nullable fields without a default are None where left out."""
    absent = {
        field.python_name: None
        for field in fields.values()
        if field.default_value is MISSING and field.default_factory is MISSING
    }
    names = {name: field.python_name for name, field in fields.items()}
    lists = frozenset(name for name in names if is_list_type(get_nullable_type(kind.fields[name].type)))

    def made(declared: type, value: Mapping[str, Any], _context: Any) -> Any:
        given: dict[str, Any] = dict(absent)
        for name, each in value.items():
            # graphql-core gives one default to all requests: a list that one changes must be its own.
            given[names[name]] = list(each) if name in lists and each is not None else each
        return declared(**given)

    return made
