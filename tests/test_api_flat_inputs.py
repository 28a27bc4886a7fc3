"""Inputs made at once are the ones that strawberry makes field by field."""

import pytest
from graphql import is_list_type, is_non_null_type
from hypothesis import given
from hypothesis import strategies as st
from strawberry.types.arguments import convert_argument

from api.compiled_values import DEFINITION
from api.contract import contract

CONTRACT = contract()
KINDS = {
    name: kind
    for name, kind in CONTRACT._schema.type_map.items()
    if getattr(kind.extensions.get(DEFINITION), "from_input", None) is not None
}


def converted(definition, value):
    registry = CONTRACT.schema_converter.scalar_registry
    return convert_argument(value, definition.origin, registry, CONTRACT.config)


def test_what_callers_of_recommendations_send_is_made_at_once():
    assert {"RecommendationsFor", "BasketLineInput"} <= set(KINDS)


@pytest.mark.parametrize("name", sorted(KINDS))
@given(data=st.data())
def test_an_input_is_what_strawberry_makes_of_it(name, data):
    kind, definition = KINDS[name], KINDS[name].extensions[DEFINITION]
    value = {}
    for key, field in kind.fields.items():
        inner = field.type.of_type if is_non_null_type(field.type) else field.type
        told = st.lists(st.text(max_size=3), max_size=2) if is_list_type(inner) else st.text(max_size=3)
        must = is_non_null_type(field.type)
        if must or data.draw(st.booleans()):
            value[key] = data.draw(told if must else st.none() | told)
    at_once = converted(definition, value)
    made, definition.from_input = definition.from_input, None
    try:
        one_by_one = converted(definition, value)
    finally:
        definition.from_input = made
    assert at_once == one_by_one
    assert type(at_once) is type(one_by_one)
    mine = {id(each) for each in vars(at_once).values() if isinstance(each, list)}
    assert mine.isdisjoint(map(id, value.values()))
