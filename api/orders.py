"""Orders in the contract: what to order now, from whom, why, and what a planner said of it."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated

import strawberry

from api.context import Info
from api.demand import DECISION_ID, product_of
from api.entities import Store, Supplier
from api.joins import AnyProduct
from api.long_work import in_turn
from api.pages import page_size
from api.scalars import CurrencyCode, Money, Sequence
from decisions.entries import entry_of
from decisions.order_lines import OrderWish
from decisions.orders import late_now, order_proposals, orders_answer
from schema.errors import BadInput
from schema.order_policy import OrderPolicy, Target
from schema.supply import LateSupplier as Late
from schema.supply import OrderProposal as Proposal

MAX_ORDERS = 250
LEFT_OUT = ("cost", "textbook_safety_stock")
"""Fields of a proposal that the contract has not, or has in another form."""
strawberry.enum(
    Target,
    name="OrderTarget",
    description="What orders are sized for: the share of all demand met, each line's chance to meet all of its own, or "
    "the balance of margin and holding cost.",
)


@strawberry.input(description="What a planner asks of orders; everything may be left out.")
class OrderPolicyInput:
    """A policy."""

    target: Target = strawberry.field(default=Target.FILL_RATE, description="What orders are sized for.")
    level: float = strawberry.field(default=0.95, description="The fill rate or service level asked for, 0 to 1.")
    review_days: int = strawberry.field(default=7, description="Days until the next order can be placed.")
    budget: Decimal | None = strawberry.field(default=None, description="Money that all orders may cost.")
    capacity_units: Decimal | None = strawberry.field(default=None, description="Units that all orders may bring.")
    waste_share: float | None = strawberry.field(
        default=None, description="Most of an order that may be expected to pass its shelf life, 0 to 1."
    )
    pools_substitutes: bool = strawberry.field(
        default=False, description="Count as met what substitutes on the shelf would take over."
    )


@strawberry.type(description="What to order of one product for one store, and why.")
class OrderProposal:
    """A proposal."""

    sku: str = strawberry.field(description="The product.")
    store_id: str = strawberry.field(description="The store.")
    supplier_id: str = strawberry.field(description="The supplier.")
    units: float = strawberry.field(description="Whole packs, at least the minimum order.")
    order_on: date = strawberry.field(description="The day of the order.")
    expected_on: date = strawberry.field(description="The day on which it comes with a chance of one half.")
    on_hand_units: float = strawberry.field(description="On the shelf now.")
    on_order_units: float = strawberry.field(description="On the way: open deliveries, and orders approved since.")
    reorder_point: float = strawberry.field(description="Units on shelf and on order at or below which is ordered.")
    safety_stock: float = strawberry.field(description="`reorderPoint` less `expectedDemand`.")
    expected_demand: float = strawberry.field(description="Units until the order after this one comes.")
    fill_rate: float = strawberry.field(description="Share of that demand expected to be met with this order, 0 to 1.")
    stock_out_probability: float = strawberry.field(description="That demand exceeds what there is, with this order.")
    cover_days: float = strawberry.field(description="Days of expected demand on shelf, on order and in this order.")
    cost: Money | None = strawberry.field(description="What it costs; null where the unit cost is unknown.")
    reason: str = strawberry.field(description="Why, in words with the numbers that decided.")

    @classmethod
    def of(cls, one: Proposal, currency: str) -> "OrderProposal":
        """The contract's copy of a proposal."""
        code, cost = CurrencyCode(currency), one.cost
        paid = None if cost is None else Money(amount=Decimal(f"{cost:.2f}"), currency_code=code)
        kept = {name: value for name, value in vars(one).items() if name not in LEFT_OUT}
        return cls(cost=paid, **kept)

    @strawberry.field(description="The product; null if the graph has not got it yet.")
    async def product(self, info: Info) -> AnyProduct | None:
        """The product."""
        return await product_of(info.context, self.sku)

    @strawberry.field(description="The store; null if the graph has not got it yet.")
    async def store(self, info: Info) -> Store | None:
        """The store."""
        card = await info.context.stores.load(self.store_id)
        return None if card is None else Store.of(card)

    @strawberry.field(description="The supplier; null if the graph has not got it yet.")
    async def supplier(self, info: Info) -> Supplier | None:
        """The supplier."""
        card = await info.context.suppliers.load(self.supplier_id)
        return None if card is None else Supplier.of(card)


@strawberry.type(description="A supplier with orders that should have come and have not.")
class LateSupplier:
    """A late supplier."""

    supplier_id: str = strawberry.field(description="The supplier.")
    num_orders: int = strawberry.field(description="Order lines waited for, as the newest load knows them.")
    units: float = strawberry.field(description="Units that they hold.")
    most_days_late: int = strawberry.field(description="Days that the oldest of them is overdue.")
    usual_days_late: float | None = strawberry.field(
        description="Mean days after the promised day of what came; null where nothing came yet."
    )

    @classmethod
    def of(cls, one: Late) -> "LateSupplier":
        """The contract's copy of a late supplier."""
        return cls(**{name: value for name, value in vars(one).items() if name != "skus"})


@strawberry.type(description="What to order now, the largest demand first.")
class OrderProposals:
    """An answer."""

    order_on: date | None = strawberry.field(description="The day of the orders; null without a forecast.")
    as_of: date | None = strawberry.field(description="Weeks that had ended by then were learnt from.")
    proposals: list[OrderProposal] = strawberry.field(description="The orders; honestly empty where none is needed.")
    num_proposed: int = strawberry.field(description="How many orders there are in all.")
    num_lines: int = strawberry.field(description="Lines that were looked at.")
    num_uncounted: int = strawberry.field(description="Of them, those whose shelf nobody counted, taken for empty.")
    why_none: str | None = strawberry.field(description="Why no line was looked at; null where some were.")
    late_suppliers: list[LateSupplier] = strawberry.field(
        description="Suppliers with overdue orders on that day, the longest wait first."
    )
    decision_id: strawberry.ID | None = strawberry.field(
        description=f"{DECISION_ID} `approveOrder` and `rejectOrder` name it."
    )
    model_version: str = strawberry.field(description="The model version that answered.")
    changes_sequence: Sequence = strawberry.field(description="Every change up to this one is honoured.")


ForStore = Annotated[str | None, strawberry.argument(description="For this store; null means every store.")]
FromSupplier = Annotated[str | None, strawberry.argument(description="From this supplier; null means every one.")]
FirstOrders = Annotated[int, strawberry.argument(description=f"How many, 0 to {MAX_ORDERS}.")]
Policy = Annotated[OrderPolicyInput | None, strawberry.argument(description="What is asked of orders.")]
OrderOn = Annotated[
    date | None,
    strawberry.argument(description="The day of the orders; null means today, or the first day told if that is past."),
]
UsesOverrides = Annotated[bool, strawberry.argument(description="Let planners' words stand for the model's means.")]


async def proposed_orders(info: Info, wish: OrderWish, policy: OrderPolicyInput | None, first: int) -> OrderProposals:
    """The orders of a wish, kept in the ledger."""
    context, asked = info.context, policy_asked(policy or OrderPolicyInput())
    moment, size, now = context.moment, page_size(first, most=MAX_ORDERS), context.clock()
    found = await in_turn(order_proposals, wish, asked, first=size, moment=moment)
    late = await in_turn(late_now, wish, found.order_on, moment=moment)
    inputs = {"wish": vars(wish), "policy": vars(asked), "first": size}
    decision_id = await context.keep(
        partial(entry_of, "orders", inputs=inputs, answer=orders_answer(found), moment=moment, decided_at=now)
    )
    return OrderProposals(
        **{name: value for name, value in vars(found).items() if name != "proposals"},
        proposals=[OrderProposal.of(one, moment.facts.base.currency) for one in found.proposals],
        late_suppliers=[LateSupplier.of(one) for one in late],
        decision_id=None if decision_id is None else strawberry.ID(decision_id),
        model_version=moment.trained().model_version,
        changes_sequence=Sequence(moment.facts.sequence),
    )


def policy_asked(given: OrderPolicyInput) -> OrderPolicy:
    """The policy that an input asks for.

    Raises:
        BadInput: if a number is none.
    """
    for name, number in (("budget", given.budget), ("capacityUnits", given.capacity_units)):
        if number is not None and not number.is_finite():
            raise BadInput(f"`{name}` is {number}, not a number.", remedy="Give a finite number.")
    return OrderPolicy(
        target=given.target,
        level=given.level,
        review_days=given.review_days,
        pools_substitutes=given.pools_substitutes,
        waste_share=given.waste_share,
        budget=None if given.budget is None else float(given.budget),
        capacity_units=None if given.capacity_units is None else float(given.capacity_units),
    )
