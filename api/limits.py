"""What one operation may ask: its depth, aliases, tokens and cost, counted before anything is run."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    value_from_ast_untyped,
    visit,
)

from api.documents import KNOWN_DOCUMENTS, Same
from api.errors import COST_EXCEEDED
from api.sizes import BY_DAY, Measure, Size, num_within

MAX_DEPTH: Final = 16
MAX_ALIASES: Final = 50
MAX_TOKENS: Final = 3_000
MAX_COST: Final = 50_000
Weight = tuple[str, int | str, int]
"""What a variable says of an operation's size: how long a list is, or a whole number or word that weighs itself; and
how many items stand in lists within its objects."""


def known_size(
    document: Same[DocumentNode],
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
    operation: OperationDefinitionNode | None,
) -> Size:
    """As `refuse_large`, which looks a document through once for all variables that say the same of its size."""
    weights = tuple((name, _weight(variables[name])) for name in _variables(document) if name in variables)
    return _size(document, schema, weights, Same(operation))


def _weight(value: Any) -> Weight | None:
    if isinstance(value, list):
        return "list", len(value), num_within(value)
    if isinstance(value, dict):
        return "object", 0, num_within(value)
    return ("is", value, 0) if isinstance(value, int) or value == BY_DAY else None


@lru_cache(maxsize=KNOWN_DOCUMENTS)
def _variables(document: Same[DocumentNode]) -> tuple[str, ...]:
    """Every variable that a document names, declared or not."""
    names: dict[str, None] = {}

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            names[node.name.value] = None

    visit(document.value, Variables())
    return tuple(names)


@lru_cache(maxsize=4 * KNOWN_DOCUMENTS)
def _size(
    document: Same[DocumentNode],
    schema: GraphQLSchema,
    weights: tuple[tuple[str, Weight | None], ...],
    operation: Same[OperationDefinitionNode | None],
) -> Size:
    return refuse_large(document.value, schema, {name: _standing_for(each) for name, each in weights}, operation.value)


def _standing_for(weight: Weight | None) -> Any:
    if weight is None:
        return None
    kind, said, num_within = weight
    within = {"": [None] * num_within}
    if kind == "list":
        return [within, *[None] * (int(said) - 1)] if said else []
    return within if kind == "object" else said


def refuse_large(
    document: DocumentNode,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
    operation: OperationDefinitionNode | None = None,
) -> Size:
    """The size of an operation, if every operation of its document is within limits.

    Raises:
        GraphQLError: if one is not, saying which limit and by how much.
    """
    chosen = Size()
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            measure = Measure(document, schema, {**_defaults(each), **variables})
            size = measure.selection(each.selection_set, schema.get_root_type(each.operation))
            _refuse("deep", size.depth, MAX_DEPTH)
            _refuse("often aliased", size.aliases, MAX_ALIASES)
            _refuse("costly", size.cost, MAX_COST, code=COST_EXCEEDED)
            chosen = size if each is operation else chosen
    return chosen


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    declared = operation.variable_definitions or ()
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value) for each in declared if each.default_value
    }


def _refuse(word: str, size: int, most: int, *, code: str = "BAD_USER_INPUT") -> None:
    if size > most:
        told = "endlessly" if size >= Measure.endless else f"{size:,}"
        message = f"This operation is too {word}: {told}, where {most:,} is allowed. Ask for less at once."
        raise GraphQLError(message, extensions={"code": code})
