"""What one operation may ask: its depth, aliases, tokens and cost, counted before anything is run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)
from graphql.language import InlineFragmentNode
from strawberry.extensions import SchemaExtension

from api.budgets import answered_fields
from api.context import Context
from api.errors import COST_EXCEEDED, RATE_LIMITED, RETRY_AFTER
from api.pages import DEFAULT_PAGE, MAX_PAGE

MAX_DEPTH: Final = 16
MAX_ALIASES: Final = 50
MAX_TOKENS: Final = 3_000
MAX_COST: Final = 50_000


@dataclass(frozen=True)
class Size:
    """How large a part of an operation is: levels of fields, aliases, and fields answered at most."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both parts side by side."""
        return Size(max(self.depth, other.depth), self.aliases + other.aliases, self.cost + other.cost)

    def under(self, *, alias: bool, times: int) -> "Size":
        """A field with this part below it, answered for each of `times` list items."""
        return Size(self.depth + 1, self.aliases + alias, 1 + times * self.cost)


class WithinLimits(SchemaExtension):
    """Refuses what is too deep, aliased too often or too costly, right after parsing and before validation."""

    def __init__(self) -> None:
        super().__init__()
        self._requested = self._actual = 0

    def on_operation(self) -> Iterator[None]:
        """Bound the tokens that are parsed, and afterwards take what the answer held from the caller's budget."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        try:
            yield
        finally:
            # A refused operation costs a point too: it was read.
            self._actual = max(1, answered_fields(getattr(self.execution_context.result, "data", None)))
            context: Context = self.execution_context.context
            context.access.budgets.settle(context.caller, requested=self._requested, actual=self._actual)

    def on_parse(self) -> Iterator[None]:
        """Measure what was parsed, and ask the caller's budget for it.

        Raises:
            GraphQLError: if it is too large, or more than the caller may ask now.
        """
        yield
        execution = self.execution_context
        if execution.graphql_document is not None:
            operation = _chosen(execution.graphql_document, execution._provided_operation_name)
            schema: GraphQLSchema = execution.schema._schema
            cost = refuse_large(execution.graphql_document, schema, execution.variables or {}, operation)
            _spend(execution.context, cost)
            self._requested = cost

    def get_results(self) -> dict[str, Any]:
        """What the operation was counted to cost before, what it did, and what the caller may still spend now."""
        context: Context = self.execution_context.context
        remaining = context.access.budgets.remaining(context.caller)
        return {"cost": {"requested": self._requested, "actual": self._actual, "remaining": remaining}}


def _spend(context: Context, cost: int) -> None:
    most, wait = context.access.policy.points(context.caller), context.access.budgets.spend(context.caller, cost)
    if cost > most:
        message = f"This operation costs {cost:,} points, and this caller may spend {most:,} a minute. Ask for less."
        raise GraphQLError(message, extensions={"code": COST_EXCEEDED})
    if wait:
        context.answer_headers["retry-after"] = str(wait)
        message = f"This caller has asked more than {most:,} points a minute. Ask again in {wait} s."
        raise GraphQLError(message, extensions={"code": RATE_LIMITED, RETRY_AFTER: wait})


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > 1 and name is None:
        raise GraphQLError("This document holds several operations. Name one by `operationName`.")
    return next((each for each in operations if name is None or (each.name and each.name.value == name)), None)


def refuse_large(
    document: DocumentNode,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
    operation: OperationDefinitionNode | None = None,
) -> int:
    """The cost of an operation, in points, if every operation of its document is within limits.

    Raises:
        GraphQLError: if one is not, saying which limit and by how much.
    """
    measure, cost = _Measure(document, schema, variables), 0
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            size = measure.selection(each.selection_set, schema.get_root_type(each.operation))
            _refuse("deep", size.depth, MAX_DEPTH)
            _refuse("often aliased", size.aliases, MAX_ALIASES)
            _refuse("costly", size.cost, MAX_COST, code=COST_EXCEEDED)
            cost = size.cost if each is operation else cost
    return cost


def _refuse(word: str, size: int, most: int, *, code: str = "BAD_USER_INPUT") -> None:
    if size > most:
        told = "endlessly" if size >= _Measure.endless else f"{size:,}"
        message = f"This operation is too {word}: {told}, where {most:,} is allowed. Ask for less at once."
        raise GraphQLError(message, extensions={"code": code})


class _Measure:
    """Sizes of selections; each fragment is measured once a type, so that fragments of fragments cost nothing."""

    endless: Final = 10**12

    def __init__(self, document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self._known: dict[tuple[str, str], Size] = {}
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def selection(self, selections: SelectionSetNode | None, kind: Any) -> Size:
        """The size of what is selected of a type; fields the type does not have count as plain ones."""
        size = Size()
        for node in () if selections is None else selections.selections:
            if isinstance(node, FieldNode):
                size = size.beside(self._field(node, kind))
            elif isinstance(node, InlineFragmentNode):
                named = node.type_condition and self._schema.get_type(node.type_condition.name.value)
                size = size.beside(self.selection(node.selection_set, named or kind))
            elif isinstance(node, FragmentSpreadNode):
                size = size.beside(self._fragment(node.name.value, kind))
        return size

    def _field(self, node: FieldNode, kind: Any) -> Size:
        fields = kind.fields if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = fields.get(node.name.value)
        below = self.selection(node.selection_set, None if field is None else get_named_type(field.type))
        return below.under(alias=node.alias is not None, times=self._times(node, {} if field is None else field.args))

    def _fragment(self, name: str, kind: Any) -> Size:
        key = (name, getattr(kind, "name", ""))
        fragment = self._fragments.get(name)
        if fragment is not None and key not in self._known:
            # Met again before it is measured, it contains itself.
            self._known[key] = Size(self.endless, self.endless, self.endless)
            named = self._schema.get_type(fragment.type_condition.name.value)
            self._known[key] = self.selection(fragment.selection_set, named or kind)
        return self._known.get(key, Size())

    def _times(self, node: FieldNode, declared: Mapping[str, Any]) -> int:
        """How many items a field answers at most, by its page size or by the longest list it is given."""
        given = {
            each.name.value: value_from_ast_untyped(each.value, dict(self._variables)) for each in node.arguments or ()
        }
        lists = [len(value) for value in given.values() if isinstance(value, list)]
        if "first" in declared:
            default = declared["first"].default_value
            sizes = [size for name in ("first", "last") if isinstance(size := given.get(name), int)]
            page = sizes[0] if sizes else default if isinstance(default, int) else DEFAULT_PAGE
            lists.append(max(0, min(page, MAX_PAGE)))
        if "weeks" in declared:
            weeks = given.get("weeks", declared["weeks"].default_value)
            lists.append(max(1, weeks) if isinstance(weeks, int) else 1)
        return max(lists, default=1)
