"""What one operation may ask: its depth, aliases, tokens and cost, counted before anything is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_required_argument,
    value_from_ast_untyped,
    visit,
)
from graphql.language import InlineFragmentNode

from api.documents import KNOWN_DOCUMENTS, Same
from api.errors import COST_EXCEEDED
from api.pages import DEFAULT_PAGE, MAX_PAGE

MAX_DEPTH: Final = 16
MAX_ALIASES: Final = 50
MAX_TOKENS: Final = 3_000
MAX_COST: Final = 50_000
DAYS: Final = 7
"""What a week told by day counts for."""
BY_DAY: Final = "DAY"
"""The one word that weighs, given as `grain`."""


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


Weight = tuple[str, int | str]
"""What a variable says of an operation's size: how long a list is, or a whole number or word that weighs itself."""


def known_cost(
    document: Same[DocumentNode],
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
    operation: OperationDefinitionNode | None,
) -> int:
    """As `refuse_large`, which looks a document through once for all variables that say the same of its size."""
    weights = tuple((name, _weight(variables[name])) for name in _variables(document) if name in variables)
    return _cost(document, schema, weights, Same(operation))


def _weight(value: Any) -> Weight | None:
    if isinstance(value, list):
        return "list", len(value)
    return ("is", value) if isinstance(value, int) or value == BY_DAY else None


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
def _cost(
    document: Same[DocumentNode],
    schema: GraphQLSchema,
    weights: tuple[tuple[str, Weight | None], ...],
    operation: Same[OperationDefinitionNode | None],
) -> int:
    return refuse_large(document.value, schema, {name: _standing_for(each) for name, each in weights}, operation.value)


def _standing_for(weight: Weight | None) -> Any:
    kind, said = weight or ("is", None)
    return [None] * int(said) if kind == "list" and said is not None else said


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
    cost = 0
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            measure = _Measure(document, schema, {**_defaults(each), **variables})
            size = measure.selection(each.selection_set, schema.get_root_type(each.operation))
            _refuse("deep", size.depth, MAX_DEPTH)
            _refuse("often aliased", size.aliases, MAX_ALIASES)
            _refuse("costly", size.cost, MAX_COST, code=COST_EXCEEDED)
            cost = size.cost if each is operation else cost
    return cost


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    declared = operation.variable_definitions or ()
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value) for each in declared if each.default_value
    }


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
        return below.under(alias=node.alias is not None, times=1 if field is None else self._times(node, field))

    def _fragment(self, name: str, kind: Any) -> Size:
        key = (name, getattr(kind, "name", ""))
        fragment = self._fragments.get(name)
        if fragment is not None and key not in self._known:
            # Met again before it is measured, it contains itself.
            self._known[key] = Size(self.endless, self.endless, self.endless)
            named = self._schema.get_type(fragment.type_condition.name.value)
            self._known[key] = self.selection(fragment.selection_set, named or kind)
        return self._known.get(key, Size())

    def _times(self, node: FieldNode, field: GraphQLField) -> int:
        """How many items a field answers at most: its page, the longest list it is given, or a page for each of a list.

        It answers a page for each of a list that it cannot do without; other lists only narrow what is on the page.
        """
        given = {
            each.name.value: value_from_ast_untyped(each.value, dict(self._variables)) for each in node.arguments or ()
        }
        lists = {name: len(value) for name, value in given.items() if isinstance(value, list)}
        pages = _pages(given, field.args)
        needed = [size for name, size in lists.items() if name in field.args and is_required_argument(field.args[name])]
        if pages and needed:
            return max(needed) * max(pages)
        return max([*lists.values(), *pages], default=1)


def _pages(given: Mapping[str, Any], declared: Mapping[str, GraphQLArgument]) -> list[int]:
    """How many items a page has, and how many weeks or days are told; nothing where neither is asked for."""
    pages = []
    if "first" in declared:
        default = declared["first"].default_value
        sizes = [size for name in ("first", "last") if isinstance(size := given.get(name), int)]
        page = sizes[0] if sizes else default if isinstance(default, int) else DEFAULT_PAGE
        pages.append(max(0, min(page, MAX_PAGE)))
    if "weeks" in declared:
        weeks = given.get("weeks", declared["weeks"].default_value)
        each = DAYS if given.get("grain") == BY_DAY else 1
        pages.append(each * max(1, weeks) if isinstance(weeks, int) else each)
    return pages
