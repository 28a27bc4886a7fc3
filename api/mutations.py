"""Mutations: facts that enter through the API, batched, idempotent and answered with a sequence number."""

import asyncio
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry

from api.context import Context, Info
from api.scalars import Sequence
from schema.changes import StockChange
from schema.errors import KeyReused

MAX_CHANGES = 1_000
MAX_KEY = 200


class UserErrorCode(Enum):
    """Codes of user errors."""

    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    KEY_REUSED = "KEY_REUSED"


strawberry.enum(
    UserErrorCode,
    description="Why input was refused: a key that does not exist, a value that cannot be, or an idempotency key that "
    "came before with other content.",
)


@strawberry.type(description="One thing wrong with a mutation's input; nothing was recorded.")
class UserError:
    """A user error."""

    field: list[str] = strawberry.field(description="Path into the input, such as changes, 3, sku.")
    message: str = strawberry.field(description="What is wrong and what to do, for a person.")
    code: UserErrorCode = strawberry.field(description="What is wrong, for a program.")


@strawberry.input(description="Units of one product at one store, as counted or booked.")
class StockChangeInput:
    """A stock change."""

    store_id: str = strawberry.field(description="The store.")
    sku: str = strawberry.field(description="The product.")
    on_hand_units: Decimal = strawberry.field(description="Units on hand; 0 or less means out of stock.")
    counted_at: datetime = strawberry.field(description="When, with a timezone.")


@strawberry.input(description="A batch of stock changes, kept whole or not at all.")
class RecordStockInput:
    """A batch."""

    changes: list[StockChangeInput] = strawberry.field(description=f"In order, at most {MAX_CHANGES}.")
    idempotency_key: str = strawberry.field(
        description="Chosen by the caller; the same key with the same changes records once and answers the same."
    )


@strawberry.type(description="What became of a batch.")
class RecordedStock:
    """An answer."""

    sequence: Sequence | None = strawberry.field(
        description="The number of the batch's last change; null if it was refused or empty."
    )
    user_errors: list[UserError] = strawberry.field(description="Everything wrong with the input; empty if recorded.")


Batch = Annotated[RecordStockInput, strawberry.argument(description="The batch.")]


@strawberry.type(description="What callers may tell the service.")
class Mutation:
    """The mutations."""

    @strawberry.mutation(description="Record units on hand; every answer begun after this one honours them.")
    async def record_stock(self, info: Info, input: Batch) -> RecordedStock:
        """Record a batch of stock changes."""
        errors = _errors(input, info.context)
        if errors:
            return RecordedStock(sequence=None, user_errors=errors)
        changes = [
            StockChange(each.store_id, each.sku, float(each.on_hand_units), each.counted_at) for each in input.changes
        ]
        try:
            numbers = await asyncio.to_thread(
                info.context.journal.record,
                changes,
                recorded_at=info.context.clock(),
                idempotency_key=f"recordStock:{input.idempotency_key}",
            )
        except KeyReused:
            said = "This key came before with other changes. Repeat those, or give these a new key."
            error = UserError(field=["idempotencyKey"], message=said, code=UserErrorCode.KEY_REUSED)
            return RecordedStock(sequence=None, user_errors=[error])
        await asyncio.to_thread(info.context.advisor.refresh)
        return RecordedStock(sequence=Sequence(numbers[-1]) if numbers else None, user_errors=[])


def _errors(batch: RecordStockInput, context: Context) -> list[UserError]:
    if len(batch.changes) > MAX_CHANGES:
        return [_invalid(["changes"], f"{len(batch.changes)} changes are too many. Send at most {MAX_CHANGES}.")]
    errors = []
    if not 0 < len(batch.idempotency_key) <= MAX_KEY:
        errors.append(_invalid(["idempotencyKey"], f"The key must have 1 to {MAX_KEY} characters."))
    for place, change in enumerate(batch.changes):
        errors += _errors_of(change, ["changes", str(place)], context)
    return errors


def _errors_of(change: StockChangeInput, path: list[str], context: Context) -> list[UserError]:
    base, errors = context.moment.facts.base, []
    if change.store_id not in base.store_rows:
        errors.append(_unknown([*path, "storeId"], "store", change.store_id))
    if change.sku not in base.product_rows:
        errors.append(_unknown([*path, "sku"], "product", change.sku))
    if not change.on_hand_units.is_finite():
        errors.append(_invalid([*path, "onHandUnits"], f"{change.on_hand_units} is not a number of units."))
    if change.counted_at.tzinfo is None:
        errors.append(_invalid([*path, "countedAt"], "The instant has no timezone. Give one, such as +00:00."))
    return errors


def _unknown(path: list[str], kind: str, key: str) -> UserError:
    return UserError(field=path, message=f"There is no {kind} {key[:100]}.", code=UserErrorCode.NOT_FOUND)


def _invalid(path: list[str], message: str) -> UserError:
    return UserError(field=path, message=message, code=UserErrorCode.INVALID)
