"""A supplier's delay in the contract: from its products to stores, cover, substitutes and revised orders."""

from datetime import date
from functools import partial
from typing import Annotated

import strawberry

from api.context import Info
from api.demand import DECISION_ID, product_of
from api.joins import AnyProduct
from api.long_work import in_turn
from api.orders import MAX_ORDERS
from api.pages import page_size
from api.scalars import Sequence
from decisions import disruption as deciding
from decisions.entries import entry_of
from graph.cascades import dependents
from schema.errors import NotFound


@strawberry.type(description="A number that is not known for sure.")
class UncertainNumber:
    """A range."""

    low: float = strawberry.field(description="With a chance of .05 it is no more.")
    middle: float = strawberry.field(description="With a chance of .5 it is no more.")
    high: float = strawberry.field(description="With a chance of .95 it is no more.")


@strawberry.type(description="What a substitute with stock takes over of one product's lost units in one store.")
class TakenOver:
    """A transfer."""

    sku: str = strawberry.field(description="The substitute, of another supplier and in stock in the store.")
    share: float = strawberry.field(description="Of the lost units, 0 to 1.")
    units: UncertainNumber = strawberry.field(description="Units that go to it.")

    @strawberry.field(description="The substitute; null if the graph has not got it yet.")
    async def product(self, info: Info) -> AnyProduct | None:
        """The product."""
        return await product_of(info.context, self.sku)


@strawberry.type(description="What a delay does to one product in one store.")
class DisruptedLine:
    """A line."""

    sku: str = strawberry.field(description="The product.")
    store_id: str = strawberry.field(description="The store.")
    on_hand_units: float = strawberry.field(description="On the shelf now.")
    on_order_units: float = strawberry.field(description="On the way, and late like all else.")
    cover_days: UncertainNumber = strawberry.field(description="Days until the shelf is empty.")
    lost_units: UncertainNumber = strawberry.field(description="Demand that the delay leaves unmet, beside the usual.")
    taken_over: list[TakenOver] = strawberry.field(description="Where that demand goes; what is left over is lost.")
    order_units: float = strawberry.field(description="To order today without the delay.")
    revised_order_units: float = strawberry.field(description="To order today with it.")

    @classmethod
    def of(cls, line: deciding.DisruptedLine) -> "DisruptedLine":
        """The contract's copy of a line."""
        taken = [TakenOver(sku=one.sku, share=one.share, units=_number(one.units)) for one in line.taken_over]
        return cls(
            sku=line.sku,
            store_id=line.store_id,
            on_hand_units=line.on_hand,
            on_order_units=line.on_order,
            cover_days=_number(line.cover_days),
            lost_units=_number(line.lost_units),
            taken_over=taken,
            order_units=line.units,
            revised_order_units=line.revised_units,
        )

    @strawberry.field(description="The product; null if the graph has not got it yet.")
    async def product(self, info: Info) -> AnyProduct | None:
        """The product."""
        return await product_of(info.context, self.sku)


@strawberry.type(description="What to order of a substitute, for it takes over demand.")
class SubstituteOrder:
    """An order."""

    sku: str = strawberry.field(description="The substitute.")
    store_id: str = strawberry.field(description="The store.")
    supplier_id: str = strawberry.field(description="Whom it is ordered from.")
    taken_over_units: float = strawberry.field(description="Units expected to come to it.")
    order_units: float = strawberry.field(description="To order today without the delay.")
    revised_order_units: float = strawberry.field(description="To order today with it.")


@strawberry.type(description="What a supplier's delay does, the greatest losses first.")
class Disruption:
    """An answer."""

    order_on: date | None = strawberry.field(description="The day it is told from; null without a forecast.")
    lines: list[DisruptedLine] = strawberry.field(description="Products in stores.")
    substitute_orders: list[SubstituteOrder] = strawberry.field(description="Orders of substitutes that change.")
    num_lines: int = strawberry.field(description="How many lines there are in all.")
    mean_lost_units: float = strawberry.field(description="Units expected to be unmet for the delay, over all lines.")
    why_none: str | None = strawberry.field(description="Why nothing was looked at; null where something was.")
    decision_id: strawberry.ID | None = strawberry.field(description=DECISION_ID)
    model_version: str = strawberry.field(description="The model version that answered.")
    changes_sequence: Sequence = strawberry.field(description="Every change up to this one is honoured.")


LateSupplier = Annotated[str, strawberry.argument(description="Whose orders all come late.")]
DelayDays = Annotated[int, strawberry.argument(description=f"By how many days, 1 to {deciding.MOST_DAYS}.")]
FirstLines = Annotated[int, strawberry.argument(description=f"How many lines, 0 to {MAX_ORDERS}.")]


async def disruption(info: Info, supplier_id: str, delay_days: int, first: int) -> Disruption:
    """What a delay does, kept in the ledger with what the graph said."""
    context = info.context
    moment, size, now = context.moment, page_size(first, most=MAX_ORDERS), context.clock()
    if supplier_id not in moment.facts.base.suppliers:
        raise NotFound("supplier", supplier_id)
    hanging = await dependents(context.reader, supplier_id)
    found = await in_turn(deciding.disrupted, supplier_id, delay_days, hanging, first=size, moment=moment)
    asked = {"supplier_id": supplier_id, "delay_days": delay_days, "first": size}
    inputs = {**asked, "dependents": [vars(one) for one in hanging]}
    answer = deciding.disruption_answer(found)
    decision_id = await context.keep(
        partial(entry_of, "disruption", inputs=inputs, answer=answer, moment=moment, decided_at=now)
    )
    return Disruption(
        order_on=found.order_on,
        lines=[DisruptedLine.of(line) for line in found.lines],
        substitute_orders=[
            SubstituteOrder(
                sku=one.sku,
                store_id=one.store_id,
                supplier_id=one.supplier_id,
                taken_over_units=one.taken_over,
                order_units=one.units,
                revised_order_units=one.revised_units,
            )
            for one in found.orders
        ],
        num_lines=found.num_lines,
        mean_lost_units=found.mean_lost_units,
        why_none=found.why_none,
        decision_id=None if decision_id is None else strawberry.ID(decision_id),
        model_version=moment.trained().model_version,
        changes_sequence=Sequence(moment.facts.sequence),
    )


def _number(values: deciding.Range) -> UncertainNumber:
    low, middle, high = values
    return UncertainNumber(low=low, middle=middle, high=high)
