"""Audit: every mutation of the contract leaves a row before it is tried, and another when it ended."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from inspect import isawaitable
from typing import Any, Final

from graphql import GraphQLSchema

from api.access import AuditSink
from api.context import Context
from api.request_log import log
from schema.audit import Attempt, Outcome
from schema.errors import ShelfgraphError

MAX_BYTES: Final = 64_000
MAX_DEPTH: Final = 6
UNTOLD: Final = frozenset({"eraseCustomer"})
"""Mutations whose arguments name somebody who is to be forgotten: the reason alone is written down."""


def audit_mutations(schema: GraphQLSchema) -> None:
    """Wrap every mutation of a schema, those to come too, so that none is made without its row."""
    if schema.mutation_type is not None:
        for name, field in schema.mutation_type.fields.items():
            field.resolve = _audited(name, field.resolve)


def _audited(name: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    async def audited(source: Any, info: Any, **arguments: Any) -> Any:
        context: Context = info.context
        sink, caller = context.access.audit, context.caller
        if sink is None:
            return await _awaited(resolve(source, info, **arguments))
        role = caller.role.value if caller.role else ""
        told = _bounded(plain(arguments) if name not in UNTOLD else {"reason": arguments.get("reason")})
        attempt = Attempt(context.clock(), context.request_id, caller.name, role, name, told)
        number = await asyncio.to_thread(sink.begin, attempt)
        context.before = None
        answer, is_done = None, False
        try:
            answer = await _awaited(resolve(source, info, **arguments))
            is_done = not getattr(answer, "user_errors", None)
            return answer
        finally:
            after = _bounded(plain(answer))
            outcome = Outcome(context.clock(), is_done, _bounded(plain(context.before)), after)
            # A request that is given up is still told of: what it began goes on in its thread.
            await asyncio.shield(asyncio.to_thread(_end, sink, number, outcome))

    return audited


def _end(sink: AuditSink, number: int, outcome: Outcome) -> None:
    # What was done is done: the attempt stands in the log without an outcome, and the caller is not told of a failure.
    try:
        sink.end(number, outcome)
    except ShelfgraphError as error:
        log.error("an audit outcome was not kept", number=number, exc_info=error)


async def _awaited(value: Any) -> Any:
    return await value if isawaitable(value) else value


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A value as JSON values; what lies deeper than `depth`, or is of no known kind, as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if depth > 0 and is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name, None), depth - 1) for field in fields(value)}
    if depth > 0 and isinstance(value, Mapping):
        return {str(name): plain(each, depth - 1) for name, each in value.items()}
    if depth > 0 and isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value]
    return str(getattr(value, "value", value))


def _bounded(value: Any) -> Any:
    """The value, or, where it is larger than `MAX_BYTES`, its beginning, its size and its hash."""
    text = json.dumps(value)
    if len(text) <= MAX_BYTES:
        return value
    return {"bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest(), "begins": text[:1_000]}
