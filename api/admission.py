"""Admission: what an operation passes before it is run: parsing, limits, the budget, the guard, validation."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql import OperationType as GraphQLOperation
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api.budgets import answered_fields
from api.context import Context
from api.documents import Same, faults, parsed
from api.errors import COST_EXCEEDED, RATE_LIMITED, RETRY_AFTER
from api.guard import asked_fields, refuse_forbidden
from api.limits import MAX_TOKENS, known_size

BOUND_SECONDS: Final = 2.0
"""Within which every answer honours a change."""


class Admitted(SchemaExtension):
    """Refuses what is too large, too costly, not the caller's or not of the contract.

    One extension for all of it: each costs every answer a tenth of a millisecond.
    """

    def __init__(self) -> None:
        super().__init__()
        self._requested = self._fixed = self._actual = 0
        self._remaining: int | None = None

    def on_operation(self) -> Iterator[None]:
        """Bound the tokens that are parsed, and afterwards take what the answer held from the caller's budget."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        try:
            yield
        finally:
            # A refused operation costs a point too: it was read.
            answered = answered_fields(getattr(self.execution_context.result, "data", None))
            self._actual = max(1, answered + (self._fixed if answered else 0))
            context: Context = self.execution_context.context
            budgets = context.access.budgets
            self._remaining = budgets.settle(context.caller, requested=self._requested, actual=self._actual)

    def on_parse(self) -> Iterator[None]:
        """Parse, measure, ask the caller's budget, and look at who may ask what.

        Raises:
            GraphQLError: if it is too large, more than the caller may ask now, or not the caller's to ask.
        """
        execution = self.execution_context
        document = execution.graphql_document = parsed(execution.query, **execution.parse_options)
        yield
        known = Same(document)
        schema: GraphQLSchema = execution.schema._schema
        operation = _chosen(document, execution._provided_operation_name)
        _refuse_subscribing(operation, execution.allowed_operations)
        size = known_size(known, schema, execution.variables or {}, operation)
        _spend(execution.context, size.cost)
        self._requested, self._fixed = size.cost, size.fixed
        asked = asked_fields(schema, known)
        refuse_forbidden(asked, execution.context.caller, execution.context.access.policy)
        execution.context.is_lasting = asked.is_lasting

    def on_validate(self) -> Iterator[None]:
        """Say what is wrong with the document, looked for once."""
        execution = self.execution_context
        document = execution.graphql_document
        if document is not None:
            rules = tuple(execution.validation_rules)
            execution.pre_execution_errors = faults(execution.schema._schema, Same(document), rules)
        yield

    def get_results(self) -> dict[str, Any]:
        """What the operation cost, and for how long facts may be out of date where that is longer than it should be.

        `cost` is what was counted before, what was spent, and what the caller may still spend now.
        """
        context: Context = self.execution_context.context
        known = self._remaining
        remaining = context.access.budgets.remaining(context.caller) if known is None else known
        told: dict[str, Any] = {"cost": {"requested": self._requested, "actual": self._actual, "remaining": remaining}}
        stale_seconds = context.advisor.stale_seconds
        if stale_seconds > BOUND_SECONDS:
            told["liveFacts"] = {"staleSeconds": round(stale_seconds, 1)}
        return told


def _spend(context: Context, cost: int) -> None:
    most, wait = context.access.policy.points(context.caller), context.access.budgets.spend(context.caller, cost)
    if cost > most:
        message = f"This operation costs {cost:,} points, and this caller may spend {most:,} a minute. Ask for less."
        raise GraphQLError(message, extensions={"code": COST_EXCEEDED})
    if wait:
        context.answer_headers["retry-after"] = str(wait)
        message = f"This caller has asked more than {most:,} points a minute. Ask again in {wait} s."
        raise GraphQLError(message, extensions={"code": RATE_LIMITED, RETRY_AFTER: wait})


def _refuse_subscribing(operation: OperationDefinitionNode | None, allowed: Iterable[OperationType]) -> None:
    is_subscription = operation is not None and operation.operation is GraphQLOperation.SUBSCRIPTION
    if is_subscription and OperationType.SUBSCRIPTION not in allowed:
        raise GraphQLError("Subscriptions are answered over graphql-transport-ws: open a web socket at this address.")


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > 1 and name is None:
        raise GraphQLError("This document holds several operations. Name one by `operationName`.")
    return next((each for each in operations if name is None or (each.name and each.name.value == name)), None)
