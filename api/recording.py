"""Recording: a checked batch goes to the journal, and this process honours it before it answers."""

import asyncio
from collections.abc import Sequence as Several

from api.context import Context
from api.scalars import Sequence
from api.user_errors import UserError, key_reused
from decisions.before import stood_before, verdicts_before
from schema.changes import Change
from schema.errors import KeyReused
from schema.relations import Verdict

Recorded = tuple[list[int], list[UserError]]
"""The sequence numbers given, and what was wrong; one of both is empty."""


async def record(context: Context, changes: Several[Change], *, mutation: str, key: str) -> Recorded:
    """Record a batch of changes once; its key counts within one mutation's keys.

    Raises:
        Unavailable: if the journal does not answer; nothing was recorded, or it was and a repeat finds it.
    """
    context.before = stood_before(changes, context.advisor.moment())
    try:
        numbers = await asyncio.to_thread(
            context.journal.record, changes, recorded_at=context.clock(), idempotency_key=f"{mutation}:{key}"
        )
    except KeyReused:
        return [], [key_reused()]
    await asyncio.to_thread(context.advisor.refresh)
    return numbers, []


async def record_verdicts(context: Context, verdicts: Several[Verdict], *, mutation: str, key: str) -> Recorded:
    """Record a batch of verdicts once.

    Raises:
        Unavailable: if the journal does not answer; nothing was recorded, or it was and a repeat finds it.
    """
    if not verdicts:
        return [], []
    context.before = verdicts_before(verdicts, context.advisor.moment())
    try:
        number = await asyncio.to_thread(
            context.journal.save_verdicts,
            verdicts,
            recorded_at=context.clock(),
            idempotency_key=f"{mutation}:{key}",
        )
    except KeyReused:
        return [], [key_reused()]
    await asyncio.to_thread(context.advisor.refresh)
    return [number], []


def newest(numbers: list[int]) -> Sequence | None:
    """The last of the numbers given; None for none."""
    return Sequence(numbers[-1]) if numbers else None


def speaker(context: Context) -> str:
    """Who asks, as verdicts and rules name them."""
    return context.caller.name
