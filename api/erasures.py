"""Erasures in the contract: a customer is taken out of every store, and a receipt says what went where."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

import strawberry

from api.context import Info
from api.jobs import Job, number_of
from api.operations import erasures_of, wired
from api.recording import speaker
from api.user_errors import UserError, errors_of_reason, invalid, is_writable
from schema import erasure as kept
from schema.errors import NotFound

MAX_CUSTOMER: Final = 255


@strawberry.type(description="How many of one kind are gone from one store.")
class ErasedCount:
    """A count."""

    what: str = strawberry.field(description="Store and kind, such as `journal events` or `lake purchases`.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What a customer's erasure did. It names them by a keyed hash alone.")
class ErasureReceipt:
    """A receipt."""

    id: strawberry.ID = strawberry.field(description="The receipt's number, to ask for again.")
    customer_hash: str = strawberry.field(description="A keyed hash of the customer's key, 64 hex digits.")
    asked_by: str = strawberry.field(description="Who asked for it first.")
    asked_at: datetime = strawberry.field(description="When; from then on the customer does not come back.")
    ended_at: datetime | None = strawberry.field(description="When every store was clean; null before.")
    reason: str = strawberry.field(description="Why.")
    erased: list[ErasedCount] = strawberry.field(description="What is gone so far; whole once it has ended.")
    job_number: strawberry.Private[int]

    @classmethod
    def of(cls, erasure: kept.Erasure) -> "ErasureReceipt":
        """The contract's copy of an erasure."""
        return cls(
            id=strawberry.ID(str(erasure.number)),
            customer_hash=erasure.customer_hash,
            asked_by=erasure.asked_by,
            asked_at=erasure.asked_at,
            ended_at=erasure.ended_at,
            reason=erasure.reason,
            erased=[ErasedCount(what=what, count=count) for what, count in sorted(erasure.counts.items())],
            job_number=erasure.job,
        )

    @strawberry.field(description="The job that cleans the stores; ask for the erasure again if it failed.")
    async def job(self, info: Info) -> Job | None:
        """The job."""
        return Job.of(await asyncio.to_thread(wired(info.context.operations).jobs.job, self.job_number))


@strawberry.type(description="A customer's erasure, or what was wrong with asking for it.")
class ErasedCustomer:
    """An answer."""

    receipt: ErasureReceipt | None = strawberry.field(description="The receipt; null if nothing was begun.")
    user_errors: list[UserError] = strawberry.field(description="Everything wrong with the input; empty if begun.")


ReceiptId = Annotated[strawberry.ID, strawberry.argument(description="The receipt's number.")]
Whom = Annotated[str, strawberry.argument(description="The customer's key, as it was loaded.")]
Why = Annotated[str, strawberry.argument(description="Why; kept with the receipt, so it names nobody.")]


@strawberry.type(description="Customers who were erased.")
class ErasureQuery:
    """The query of erasures."""

    @strawberry.field(description="An erasure's receipt by its number; null if there is none.")
    async def erasure(self, info: Info, id: ReceiptId) -> ErasureReceipt | None:
        """One receipt."""
        erasures, number = erasures_of(info.context.operations), number_of(id)
        try:
            return None if number is None else ErasureReceipt.of(await asyncio.to_thread(erasures.erasure, number))
        except NotFound:
            return None


@strawberry.type(description="Erasing customers.")
class ErasureMutation:
    """The mutation of erasures."""

    @strawberry.mutation(
        description="Take a customer out of every store, for ever: their keys count no more, the rest is a job's. "
        "Loads and events to come leave them out. Whom nobody knows is erased too, and does not come. The same "
        "customer again answers the same receipt, and takes up the job if it failed."
    )
    async def erase_customer(self, info: Info, customer_id: Whom, reason: Why) -> ErasedCustomer:
        """Erase a customer."""
        context, erasures = info.context, erasures_of(info.context.operations)
        if errors := _wrong(customer_id, reason):
            return ErasedCustomer(receipt=None, user_errors=errors)
        told = {"asked_by": speaker(context), "reason": reason.strip()}
        erasure = await asyncio.to_thread(erasures.ask, customer_id, asked_at=context.clock(), **told)
        return ErasedCustomer(receipt=ErasureReceipt.of(erasure), user_errors=[])


def _wrong(customer_id: str, reason: str) -> list[UserError]:
    errors = errors_of_reason([], reason)
    if not 0 < len(customer_id) <= MAX_CUSTOMER or not is_writable(customer_id):
        said = f"A customer's key has 1 to {MAX_CUSTOMER} characters, none a control character."
        errors.append(invalid(["customerId"], said))
    elif customer_id in reason:
        errors.append(invalid(["reason"], "The reason is kept: it may not name the customer."))
    return errors
