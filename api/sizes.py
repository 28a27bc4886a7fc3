"""Sizes: how deep, how often aliased and how costly a selection is, counted from its fields, pages and lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_required_argument,
    value_from_ast_untyped,
)
from graphql.language import InlineFragmentNode

from api.pages import DEFAULT_PAGE, MAX_PAGE

DAYS: Final = 7
"""What a week told by day counts for."""
BY_DAY: Final = "DAY"
"""The one word that weighs, given as `grain`."""
LISTED: Final = ("edges", "nodes")
"""The fields of a connection that its page multiplies."""
WORK: Final = {("Query", "orderProposals"): 10_000, ("Query", "disruption"): 10_000, ("Decision", "replay"): 1_000}
"""Points of fields that take much more time than what they answer; `api.long_work` does them one after another."""


@dataclass(frozen=True)
class Size:
    """How large a part of an operation is.

    Attributes:
        depth: levels of fields.
        cost: points: fields answered at most, and `fixed`.
        fixed: points that are spent whatever is answered: items sent within an input object, and `WORK`.
    """

    depth: int = 0
    aliases: int = 0
    cost: int = 0
    fixed: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both parts side by side."""
        depth, aliases = max(self.depth, other.depth), self.aliases + other.aliases
        return Size(depth, aliases, self.cost + other.cost, self.fixed + other.fixed)

    def under(self, *, alias: bool, times: int, fixed: int = 0) -> "Size":
        """A field with this part below it, answered for each of `times` list items, and with points of its own."""
        cost = 1 + fixed + times * self.cost
        return Size(self.depth + 1, self.aliases + alias, cost, fixed + times * self.fixed)


def num_within(value: Any) -> int:
    """How many items stand in lists within objects of this value."""
    if isinstance(value, dict):
        return sum(num_within(each) + (len(each) if isinstance(each, list) else 0) for each in value.values())
    return sum(map(num_within, value)) if isinstance(value, list) else 0


class Measure:
    """Sizes of selections; each fragment is measured once a type, so that fragments of fragments cost nothing."""

    endless: Final = 10**12

    def __init__(self, document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self._known: dict[tuple[str, str, int], Size] = {}
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def selection(self, selections: SelectionSetNode | None, kind: Any, *, page: int = 1) -> Size:
        """The size of what is selected of a type; fields the type does not have count as plain ones.

        Args:
            page: how many items it lists at most, where the type is a connection.
        """
        size = Size()
        for node in () if selections is None else selections.selections:
            if isinstance(node, FieldNode):
                size = size.beside(self._field(node, kind, page if node.name.value in LISTED else 1))
            elif isinstance(node, InlineFragmentNode):
                named = node.type_condition and self._schema.get_type(node.type_condition.name.value)
                size = size.beside(self.selection(node.selection_set, named or kind, page=page))
            elif isinstance(node, FragmentSpreadNode):
                size = size.beside(self._fragment(node.name.value, kind, page))
        return size

    def _field(self, node: FieldNode, kind: Any, page: int) -> Size:
        field = _fields(kind).get(node.name.value)
        alias = node.alias is not None
        if field is None:
            return self.selection(node.selection_set, None).under(alias=alias, times=page)
        given = {
            each.name.value: value_from_ast_untyped(each.value, dict(self._variables)) for each in node.arguments or ()
        }
        fixed = num_within(list(given.values())) + WORK.get((kind.name, node.name.value), 0)
        named, times = get_named_type(field.type), _times(given, field)
        if "pageInfo" in _fields(named):
            below = self.selection(node.selection_set, named, page=times)
            return below.under(alias=alias, times=page, fixed=fixed)
        return self.selection(node.selection_set, named).under(alias=alias, times=page * times, fixed=fixed)

    def _fragment(self, name: str, kind: Any, page: int) -> Size:
        key = (name, getattr(kind, "name", ""), page)
        fragment = self._fragments.get(name)
        if fragment is not None and key not in self._known:
            # Met again before it is measured, it contains itself.
            self._known[key] = Size(self.endless, self.endless, self.endless)
            named = self._schema.get_type(fragment.type_condition.name.value)
            self._known[key] = self.selection(fragment.selection_set, named or kind, page=page)
        return self._known.get(key, Size())


def _fields(kind: Any) -> Mapping[str, GraphQLField]:
    return kind.fields if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else {}


def _times(given: Mapping[str, Any], field: GraphQLField) -> int:
    """How many items a field answers at most: its page, the longest list it is given, or a page for each of a list.

    It answers a page for each of a list that it cannot do without; other lists only narrow what is on the page.
    """
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
