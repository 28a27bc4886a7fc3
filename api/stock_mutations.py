"""Mutations of what is on the shelf: stock counts, prices, and what is taken from the range."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final

import strawberry

from api.context import Context, Info
from api.recording import newest, record
from api.scalars import Sequence
from api.user_errors import (
    MOST,
    UserError,
    errors_of_amount,
    errors_of_batch,
    errors_of_window,
    gathered,
    invalid,
    unknown,
)
from schema.changes import Delisting, PriceChange, StockChange

MAX_CHANGES: Final = 1_000
KEY: Final = "Chosen by the caller; the same key with the same content records once and answers the same."
SEQUENCE: Final = "The number of the batch's last change; null if it was refused or empty."
ERRORS: Final = "Everything wrong with the input; empty if recorded."
MANY: Final = f"In order, at most {MAX_CHANGES}."


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

    changes: list[StockChangeInput] = strawberry.field(description=MANY)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of a batch of stock changes.")
class RecordedStock:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="What a product costs over a window of days.")
class PriceChangeInput:
    """A price change."""

    sku: str = strawberry.field(description="The product.")
    price: Decimal = strawberry.field(description="For one selling unit, in the shop's currency.")
    store_id: str | None = strawberry.field(
        default=None, description="The only store it holds at; null means every store without a price of its own."
    )
    valid_from: date | None = strawberry.field(default=None, description="Its first day; null means today.")
    valid_to: date | None = strawberry.field(
        default=None, description="The day on which it no longer holds; null means until another price."
    )


@strawberry.input(
    description="A batch of prices, kept whole or not at all; a price replaces one of the same first day."
)
class RecordPriceInput:
    """A batch."""

    changes: list[PriceChangeInput] = strawberry.field(description=MANY)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of a batch of prices.")
class RecordedPrices:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="A product that leaves the range.")
class DelistingInput:
    """A delisting."""

    sku: str = strawberry.field(description="The product.")
    delisted_on: date = strawberry.field(description="The first day on which it is no longer offered.")


@strawberry.input(description="A batch of delistings, kept whole or not at all.")
class DelistProductInput:
    """A batch."""

    delistings: list[DelistingInput] = strawberry.field(description=MANY)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="A batch of products whose delisting by mutation no longer holds.")
class WithdrawDelistingInput:
    """A batch."""

    skus: list[str] = strawberry.field(description=f"The products, at most {MAX_CHANGES}.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of a batch of delistings, or of their withdrawal.")
class RecordedDelistings:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


StockBatch = Annotated[RecordStockInput, strawberry.argument(description="The batch.")]
PriceBatch = Annotated[RecordPriceInput, strawberry.argument(description="The batch.")]
DelistingBatch = Annotated[DelistProductInput, strawberry.argument(description="The batch.")]
WithdrawalBatch = Annotated[WithdrawDelistingInput, strawberry.argument(description="The batch.")]


@strawberry.type(description="What callers may tell of shelves.")
class StockMutation:
    """The mutations of what is on the shelf."""

    @strawberry.mutation(description="Record units on hand; every answer begun after this one honours them.")
    async def record_stock(self, info: Info, input: StockBatch) -> RecordedStock:
        """Record a batch of stock changes."""
        errors = errors_of_batch("changes", len(input.changes), MAX_CHANGES, input.idempotency_key)
        errors = errors or gathered(_wrong_stock(each, n, info.context) for n, each in enumerate(input.changes))
        if errors:
            return RecordedStock(sequence=None, user_errors=errors)
        changes = [
            StockChange(each.store_id, each.sku, float(each.on_hand_units), each.counted_at) for each in input.changes
        ]
        numbers, errors = await record(info.context, changes, mutation="recordStock", key=input.idempotency_key)
        return RecordedStock(sequence=newest(numbers), user_errors=errors)

    @strawberry.mutation(description="Record prices; every answer begun after this one honours them.")
    async def record_price(self, info: Info, input: PriceBatch) -> RecordedPrices:
        """Record a batch of prices."""
        errors = errors_of_batch("changes", len(input.changes), MAX_CHANGES, input.idempotency_key)
        errors = errors or gathered(_wrong_price(each, n, info.context) for n, each in enumerate(input.changes))
        if errors:
            return RecordedPrices(sequence=None, user_errors=errors)
        changes = [
            PriceChange(each.sku, float(each.price), each.store_id, each.valid_from, each.valid_to)
            for each in input.changes
        ]
        numbers, errors = await record(info.context, changes, mutation="recordPrice", key=input.idempotency_key)
        return RecordedPrices(sequence=newest(numbers), user_errors=errors)

    @strawberry.mutation(
        description="Take products from the range of every store; that outlives loads until it is withdrawn."
    )
    async def delist_product(self, info: Info, input: DelistingBatch) -> RecordedDelistings:
        """Record a batch of delistings."""
        changes = [Delisting(each.sku, each.delisted_on) for each in input.delistings]
        return await _delisted(
            info.context, changes, ("delistings", "sku"), mutation="delistProduct", key=input.idempotency_key
        )

    @strawberry.mutation(description="Withdraw delistings by mutation; what the newest load says of them counts again.")
    async def withdraw_delisting(self, info: Info, input: WithdrawalBatch) -> RecordedDelistings:
        """Record a batch of withdrawals."""
        changes = [Delisting(sku, None) for sku in input.skus]
        return await _delisted(
            info.context, changes, ("skus",), mutation="withdrawDelisting", key=input.idempotency_key
        )


async def _delisted(
    context: Context, changes: list[Delisting], path: tuple[str, ...], *, mutation: str, key: str
) -> RecordedDelistings:
    name, *rest = path
    known = context.moment.facts.base.product_rows
    errors = errors_of_batch(name, len(changes), MAX_CHANGES, key) or [
        unknown([name, str(n), *rest], "product", change.sku)
        for n, change in enumerate(changes)
        if change.sku not in known
    ]
    if errors:
        return RecordedDelistings(sequence=None, user_errors=errors)
    numbers, errors = await record(context, changes, mutation=mutation, key=key)
    return RecordedDelistings(sequence=newest(numbers), user_errors=errors)


def _wrong_stock(change: StockChangeInput, place: int, context: Context) -> list[UserError]:
    path = ["changes", str(place)]
    errors = _unknown_ends(change.sku, change.store_id, path, context)
    errors += errors_of_amount([*path, "onHandUnits"], change.on_hand_units, "number of units", least=-MOST)
    if change.counted_at.tzinfo is None:
        errors.append(invalid([*path, "countedAt"], "The instant has no timezone. Give one, such as +00:00."))
    return errors


def _wrong_price(change: PriceChangeInput, place: int, context: Context) -> list[UserError]:
    path = ["changes", str(place)]
    errors = _unknown_ends(change.sku, change.store_id, path, context)
    errors += errors_of_amount([*path, "price"], change.price, "price", least=Decimal(0))
    starts = change.valid_from or (None if change.valid_to is None else context.moment.on)
    return errors + errors_of_window(path, starts, change.valid_to)


def _unknown_ends(sku: str, store_id: str | None, path: list[str], context: Context) -> list[UserError]:
    base, errors = context.moment.facts.base, []
    if store_id is not None and store_id not in base.store_rows:
        errors.append(unknown([*path, "storeId"], "store", store_id))
    if sku not in base.product_rows:
        errors.append(unknown([*path, "sku"], "product", sku))
    return errors
