"""Places: where an operation selects a field, and what becomes of failures and coroutines there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import CoroutineType
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType, Undefined
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor, to_nodes
from graphql.pyutils import Path, gather_with_cancel

Complete = Callable[[Any, Any, Path], Any]
"""An executor, a value and the value's path to what is answered, or to a coroutine of that."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """A field where an operation selects it, on one object type; told apart by identity.

    Attributes:
        declared: the field, as the contract has it.
        key: its name in the answer.
        details, nodes: everything that selects it there, and its nodes alone.
        selection: makes the function that answers what is selected of an object type below.
    """

    parent: GraphQLObjectType
    declared: GraphQLField
    key: str
    details: FieldDetailsList
    selection: Callable[[Any, GraphQLObjectType, FieldDetailsList], Complete]
    nodes: list[FieldNode] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", to_nodes(self.details))

    @property
    def name(self) -> str:
        """The field's name in the contract."""
        return self.details[0].node.name.value

    def info(self, executor: Executor[Any], path: Path) -> Any:
        """What graphql-core tells a resolver, at the field's path or at one of its list items'."""
        while isinstance(path.key, int):
            assert path.prev is not None  # noqa: S101  # an item lies in a field
            path = path.prev
        return executor.build_resolve_info(self.declared, self.nodes, self.parent, path)

    def failed(self, executor: Executor[Any], error: Exception, kind: GraphQLOutputType, path: Path) -> None:
        """Null in place of what failed.

        Raises:
            GraphQLError: if it may not be null.
        """
        executor.handle_field_error(error, kind, self.details, path)


def is_empty(value: Any) -> bool:
    """Whether a value is answered as null.

    Raises:
        Exception: the value, if it is one.
    """
    if isinstance(value, Exception):
        raise value
    return value is None or value is Undefined


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
