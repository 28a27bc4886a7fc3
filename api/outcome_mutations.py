"""recordOutcome: what became of what was offered, batched, idempotent and never rewritten."""

import asyncio
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Final

import strawberry

from api.context import Context, Info
from api.decisions import FLUSH_SECONDS, OutcomeKind, ledger_of
from api.user_errors import (
    UserError,
    errors_of_amount,
    errors_of_batch,
    gathered,
    invalid,
    key_reused,
    unknown,
)
from schema.errors import KeyReused, NotFound
from schema.ledger import Outcome

MAX_OUTCOMES: Final = 1_000
MAX_SKU: Final = 500
NONE: Final = Decimal(0)


@strawberry.input(description="What became of one product of a decision.")
class OutcomeInput:
    """An outcome."""

    decision_id: strawberry.ID = strawberry.field(description="The `decisionId` that the answer held.")
    kind: OutcomeKind = strawberry.field(description="What happened.")
    sku: str = strawberry.field(description="To which product.")
    happened_at: datetime = strawberry.field(description="When, with a timezone.")
    units: Decimal | None = strawberry.field(default=None, description="How many.")


@strawberry.input(description="A batch of outcomes, kept whole or not at all.")
class RecordOutcomeInput:
    """A batch."""

    outcomes: list[OutcomeInput] = strawberry.field(description=f"At most {MAX_OUTCOMES}.")
    idempotency_key: str = strawberry.field(
        description="Chosen by the caller; the same key with the same outcomes records once."
    )


@strawberry.type(description="What became of a batch.")
class RecordedOutcomes:
    """An answer."""

    num_recorded: int = strawberry.field(description="How many were new; 0 if the same batch came before.")
    user_errors: list[UserError] = strawberry.field(description="Everything wrong with the input; empty if recorded.")


OutcomeBatch = Annotated[RecordOutcomeInput, strawberry.argument(description="The batch.")]


@strawberry.type(description="What callers may tell the ledger.")
class OutcomeMutation:
    """The ledger's part of the mutations."""

    @strawberry.mutation(description="Record what became of offers; a later outcome never rewrites an earlier one.")
    async def record_outcome(self, info: Info, input: OutcomeBatch) -> RecordedOutcomes:
        """Record a batch of outcomes."""
        if errors := _errors(input):
            return RecordedOutcomes(num_recorded=0, user_errors=errors)
        outcomes = [_outcome(each) for each in input.outcomes]
        try:
            number = await asyncio.to_thread(_record, info.context, outcomes, input.idempotency_key)
        except NotFound as error:
            place = next(place for place, each in enumerate(outcomes) if each.decision_id == error.key)
            path = ["outcomes", str(place), "decisionId"]
            return RecordedOutcomes(num_recorded=0, user_errors=[unknown(path, "decision", error.key)])
        except KeyReused:
            return RecordedOutcomes(num_recorded=0, user_errors=[key_reused()])
        return RecordedOutcomes(num_recorded=number, user_errors=[])


def _record(context: Context, outcomes: list[Outcome], key: str) -> int:
    ledger = ledger_of(context)
    add = partial(
        ledger.log.add_outcomes,
        outcomes,
        recorded_at=context.clock(),
        idempotency_key=key,
        customer_id=context.caller.customer_id,
    )
    try:
        return add()
    except NotFound:
        # An answer of a moment ago may not have reached the store yet.
        ledger.flush(within_seconds=FLUSH_SECONDS)
        return add()


def _outcome(each: OutcomeInput) -> Outcome:
    units = None if each.units is None else float(each.units)
    return Outcome(str(each.decision_id)[:64], each.kind.value, each.sku, each.happened_at, units)


def _errors(batch: RecordOutcomeInput) -> list[UserError]:
    errors = errors_of_batch("outcomes", len(batch.outcomes), MAX_OUTCOMES, batch.idempotency_key)
    return errors or gathered(_errors_of(each, ["outcomes", str(n)]) for n, each in enumerate(batch.outcomes))


def _errors_of(each: OutcomeInput, path: list[str]) -> list[UserError]:
    errors = [] if each.units is None else errors_of_amount([*path, "units"], each.units, "number of units", least=NONE)
    if each.happened_at.tzinfo is None:
        errors.append(invalid([*path, "happenedAt"], "The instant has no timezone. Give one, such as +00:00."))
    if not 0 < len(each.sku) <= MAX_SKU:
        errors.append(invalid([*path, "sku"], f"A sku has 1 to {MAX_SKU} characters."))
    return errors
