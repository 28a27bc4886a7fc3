"""Mutations of planners: proposed orders approved and rejected, and forecasts overridden, each with its reason."""

import asyncio
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

import strawberry

from api.context import Context, Info
from api.decisions import kept_entry, ledger_of
from api.overrides import OverriddenForecast, Override, override
from api.recording import newest, record, speaker
from api.scalars import Sequence
from api.stock_mutations import ERRORS, KEY, SEQUENCE
from api.user_errors import UserError, errors_of_amount, errors_of_batch, errors_of_reason, gathered, invalid, unknown
from decisions.entries import read
from schema.changes import OrderJudged
from schema.errors import NotFound

MAX_LINES: Final = 250
SLACK: Final = 1e-6
Proposed = Mapping[tuple[str, str], Mapping[str, Any]]
"""The proposals of a decision by store and product, as the ledger keeps them."""


@strawberry.input(description="One line of the orders that a decision proposed.")
class OrderLineInput:
    """A line."""

    store_id: str = strawberry.field(description="The store.")
    sku: str = strawberry.field(description="The product.")
    units: Decimal | None = strawberry.field(
        default=None, description="What to order instead: whole packs, at least the minimum; null means as proposed."
    )


@strawberry.input(description="Lines of one answer of `orderProposals` that a planner judges, all or none.")
class JudgeOrderInput:
    """A batch."""

    decision_id: strawberry.ID = strawberry.field(description="The `decisionId` of the proposals.")
    lines: list[OrderLineInput] = strawberry.field(description=f"At most {MAX_LINES}.")
    reason: str = strawberry.field(description="Why; never empty.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="A line as it was judged.")
class JudgedOrder:
    """A judged line."""

    store_id: str = strawberry.field(description="The store.")
    sku: str = strawberry.field(description="The product.")
    supplier_id: str = strawberry.field(description="The supplier.")
    units: float = strawberry.field(description="Units that count as on their way; 0 where it was rejected.")
    expected_on: date = strawberry.field(description="When they should come.")
    is_approved: bool = strawberry.field(description="Whether it was approved.")


@strawberry.type(description="What became of judged orders.")
class JudgedOrders:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    orders: list[JudgedOrder] = strawberry.field(description="The lines, in order; empty if refused.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


OrderBatch = Annotated[JudgeOrderInput, strawberry.argument(description="The lines.")]


@strawberry.type(description="What planners may tell.")
class PlanningMutation:
    """The planners' mutations."""

    @strawberry.mutation(description="Approve proposed orders: they count as on their way in every later proposal.")
    async def approve_order(self, info: Info, input: OrderBatch) -> JudgedOrders:
        """Approve lines of a decision."""
        return await _judged(info.context, input, is_approved=True)

    @strawberry.mutation(description="Reject proposed orders: they are kept as judged, and nothing is on its way.")
    async def reject_order(self, info: Info, input: OrderBatch) -> JudgedOrders:
        """Reject lines of a decision."""
        return await _judged(info.context, input, is_approved=False)

    @strawberry.mutation(description="Say what a week will sell; it stands beside the model until it is withdrawn.")
    async def override_forecast(self, info: Info, input: Override) -> OverriddenForecast:
        """Record an override, or its withdrawal."""
        return await override(info.context, input)


async def _judged(context: Context, batch: JudgeOrderInput, *, is_approved: bool) -> JudgedOrders:
    errors = errors_of_batch("lines", len(batch.lines), MAX_LINES, batch.idempotency_key)
    errors += errors_of_reason([], batch.reason)
    proposed: Proposed = {}
    if not errors:
        try:
            proposed = await asyncio.to_thread(_proposed, context, str(batch.decision_id))
        except NotFound:
            errors = [unknown(["decisionId"], "decision of orderProposals", batch.decision_id)]
    errors = errors or gathered(_wrong_line(line, n, proposed, context) for n, line in enumerate(batch.lines))
    words = [] if errors else [_word(line, batch, proposed, context, is_approved) for line in batch.lines]
    if errors := errors or _judged_before(words, context):
        return JudgedOrders(sequence=None, orders=[], user_errors=errors)
    mutation = "approveOrder" if is_approved else "rejectOrder"
    numbers, errors = await record(context, words, mutation=mutation, key=batch.idempotency_key)
    errors = errors or _judged_before(words, context)  # another process may have been a moment faster
    orders = [JudgedOrder(**{name: getattr(word, name) for name in JudgedOrder.__annotations__}) for word in words]
    sequence = None if errors else newest(numbers)
    return JudgedOrders(sequence=sequence, orders=[] if errors else orders, user_errors=errors)


def _proposed(context: Context, decision_id: str) -> Proposed:
    """The proposals of a decision.

    Raises:
        NotFound: if no `orderProposals` has that id.
    """
    entry = kept_entry(ledger_of(context), decision_id[:64])
    if entry.kind != "orders":
        raise NotFound("decision of orderProposals", decision_id[:64])
    return {(one["store_id"], one["sku"]): one for one in read(entry.answer)["proposals"]}


def _word(
    line: OrderLineInput, batch: JudgeOrderInput, proposed: Proposed, context: Context, is_approved: bool
) -> OrderJudged:
    proposal = proposed[line.store_id, line.sku]
    units = float(proposal["units"] if line.units is None else line.units)
    return OrderJudged(
        decision_id=str(batch.decision_id),
        store_id=line.store_id,
        sku=line.sku,
        supplier_id=proposal["supplier_id"],
        units=units if is_approved else 0.0,
        order_on=date.fromisoformat(proposal["order_on"]),
        expected_on=date.fromisoformat(proposal["expected_on"]),
        is_approved=is_approved,
        reason=batch.reason.strip(),
        judged_by=speaker(context),
    )


def _wrong_line(line: OrderLineInput, place: int, proposed: Proposed, context: Context) -> list[UserError]:
    path = ["lines", str(place)]
    if (line.store_id, line.sku) not in proposed:
        return [unknown(path, "proposal of this decision for", f"{line.sku} in {line.store_id}")]
    if line.units is None:
        return []
    path = [*path, "units"]
    if errors := errors_of_amount(path, line.units, "number of units", least=Decimal(0)):
        return errors
    base = context.moment.facts.base
    terms, row, units = base.supply().terms, base.product_rows[line.sku], float(line.units)
    pack, least = float(terms["pack_units"][row]), float(terms["min_order_units"][row])
    if units < least - SLACK or abs(units / pack - round(units / pack)) > SLACK:
        return [invalid(path, f"{units:g} units cannot be ordered. Give a multiple of {pack:g}, at least {least:g}.")]
    return []


def _judged_before(words: list[OrderJudged], context: Context) -> list[UserError]:
    """A line is judged once; the very same word again is a repeat, which the batch's key settles."""
    known = context.advisor.moment().facts.plans.orders
    lines = [(word.decision_id, word.store_id, word.sku) for word in words]
    if len(set(lines)) < len(lines):
        return [invalid(["lines"], "A line stands here twice. Name each once.")]
    return [
        invalid(["lines", str(place)], "This line was judged before. Ask for new proposals.")
        for place, (line, word) in enumerate(zip(lines, words, strict=True))
        if line in known and known[line] != word
    ]
