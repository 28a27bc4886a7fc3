"""Planning: what planners ask of demand and orders."""

from typing import Annotated

import strawberry

from api.context import Info
from api.demand import AtStoreId, DemandForecast, GrainAsked, Weeks, demand_forecast
from api.disruption import DelayDays, Disruption, FirstLines, LateSupplier, disruption
from api.orders import (
    FirstOrders,
    ForStore,
    FromSupplier,
    OrderOn,
    OrderProposals,
    Policy,
    UsesOverrides,
    proposed_orders,
)
from decisions.order_lines import OrderWish
from schema.grouping import Grain

Sku = Annotated[str, strawberry.argument(description="The retailer's key of the product.")]


@strawberry.type(description="What planners may ask.")
class PlanningQuery:
    """The planners' part of the queries."""

    @strawberry.field(
        description="What one store will sell of one product in the weeks to come, how sure that is and what drives it."
    )
    async def demand_forecast(
        self, info: Info, sku: Sku, store_id: AtStoreId, weeks: Weeks = 4, grain: GrainAsked = Grain.WEEK
    ) -> DemandForecast | None:
        """The forecast."""
        return await demand_forecast(info, sku, store_id, weeks, grain)

    @strawberry.field(description="What to order now from whom for which store, with reasons in words and numbers.")
    async def order_proposals(  # each is an argument of the contract
        self,
        info: Info,
        store_id: ForStore = None,
        supplier_id: FromSupplier = None,
        first: FirstOrders = 50,
        policy: Policy = None,
        order_on: OrderOn = None,
        uses_overrides: UsesOverrides = True,
    ) -> OrderProposals | None:
        """The orders."""
        return await proposed_orders(info, OrderWish(store_id, supplier_id, order_on, uses_overrides), policy, first)

    @strawberry.field(
        description="What it does to shelves, substitutes and orders if a supplier's orders all come late."
    )
    async def disruption(
        self, info: Info, supplier_id: LateSupplier, delay_days: DelayDays, first: FirstLines = 50
    ) -> Disruption | None:
        """The disruption."""
        return await disruption(info, supplier_id, delay_days, first)
