"""Compiled execution: a query's plan is built once, and walked without graphql-core's work for every field.

What it does not know it leaves to graphql-core's executor: mutations, subscriptions, directives other than `@skip` and
`@include`, middleware and arguments of fragments. Errors, variables and responses are graphql-core's own.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from graphql import DirectiveNode, GraphQLObjectType, OperationDefinitionNode, OperationType, Visitor, visit
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.language import VariableNode
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.compiled_fields import fields_of
from api.compiled_places import Complete, Place

KNOWN_PLANS: Final = 256


class Plans:
    """Plans by operation and by what its conditions came to; those that were longest not asked for are forgotten."""

    def __init__(self, most: int = KNOWN_PLANS) -> None:
        self._most = most
        # Operations are told apart by identity: equal ones may stand on other lines, which errors tell.
        self._plans: OrderedDict[tuple[Any, ...], tuple[Any, Complete]] = OrderedDict()
        self._conditions: OrderedDict[int, tuple[Any, frozenset[str] | None]] = OrderedDict()

    def __len__(self) -> int:
        """How many are known now."""
        return len(self._plans)

    def conditions(self, executor: Any) -> frozenset[str] | None:
        """The variables that decide what an operation selects; None if it has what is not compiled."""
        operation = executor.operation
        known = self._conditions.get(id(operation))
        if known is None:
            found = _conditions(operation, executor)
            known = self._kept(self._conditions, id(operation), (operation, found))
        return known[1]

    def plan(self, executor: Any, kind: GraphQLObjectType, grouped: GroupedFieldSet, names: frozenset[str]) -> Complete:
        """The function that answers an operation's root fields."""
        operation, values = executor.operation, executor.variable_values.coerced
        key = (id(executor.schema), id(operation), *(values.get(name) for name in sorted(names)))
        known = self._plans.get(key)
        if known is None:
            plan = fields_of(executor, kind, grouped)
            known = self._kept(self._plans, key, ((executor.schema, operation), plan))
        else:
            self._plans.move_to_end(key)
        return known[1]

    def _kept(self, where: Any, key: Any, value: Any) -> Any:
        where[key] = value
        if len(where) > self._most:
            where.popitem(last=False)
        return value


def _conditions(operation: OperationDefinitionNode, executor: Any) -> frozenset[str] | None:
    names: set[str] = set()
    directives: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            directives.add(node.name.value)
            names.update(each.value.name.value for each in node.arguments or () if isinstance(each.value, VariableNode))

    for node in (operation, *executor.fragment_definitions.values()):
        visit(node, Directives())
    has_arguments = any(fragment.variable_signatures for fragment in executor.fragments.values())
    return None if has_arguments or not directives <= {"skip", "include"} else frozenset(names)


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with queries answered by their plans.

    Attributes:
        given, converted: this request's arguments by place, coerced by graphql-core and converted by strawberry.
    """

    plans = Plans()

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.given: dict[Place, dict[str, Any]] = {}
        self.converted: dict[Place, dict[str, Any]] = {}

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[Any],
    ) -> Any:
        """The answer's data, or a coroutine of it."""
        if not new_defer_usages and self._is_compiled():
            names = self.plans.conditions(self)
            if names is not None:
                plan = self.plans.plan(self, root_type, grouped_field_set, names)
                return plan(self, root_value, None)  # type: ignore[arg-type]  # a root has no path
        return super().execute_collected_root_fields(
            root_type, root_value, grouped_field_set, serially, new_defer_usages
        )

    def _is_compiled(self) -> bool:
        middleware = self.middleware_manager is not None and self.middleware_manager.middlewares
        return self.operation.operation is OperationType.QUERY and self.abort_signal is None and not middleware
