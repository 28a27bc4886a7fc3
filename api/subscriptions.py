"""Subscription: what callers are told as it happens, over graphql-transport-ws."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal
from typing import Annotated, Final

import numpy as np
import strawberry

from api.context import Info
from api.entities import decimal
from api.job_watch import JobSubscription
from api.products import Product
from api.scalars import Sequence
from api.stock_watch import Passed, passed
from schema.decisions import Availability

EVENT_SECONDS: Final = 5.0
"""The time that one event's fields may take in the graph."""
AnyStore = Annotated[str, strawberry.argument(description="The store's key.")]


@strawberry.type(description="A product that ran out at a store, came back, or was counted there for the first time.")
class StockAlert:
    """An alert."""

    sku: str = strawberry.field(description="The product's key.")
    store_id: str = strawberry.field(description="The store's key.")
    on_hand_units: Decimal | None = strawberry.field(description="Units there now; null if nobody knows.")
    availability: Availability = strawberry.field(description="Whether it can be had there now.")
    was: Availability = strawberry.field(description="What this caller was told before, or what held at the start.")
    changes_sequence: Sequence = strawberry.field(description="Every change up to this one is honoured.")

    @classmethod
    def of(cls, event: Passed, store_id: str) -> "StockAlert":
        """The contract's copy."""
        return cls(
            sku=event.sku,
            store_id=store_id,
            on_hand_units=None if np.isnan(event.units) else decimal(event.units),
            availability=event.after,
            was=event.before,
            changes_sequence=Sequence(event.moment.facts.sequence),
        )

    @strawberry.field(description="The product; null if the graph has not got it yet.")
    async def product(self, info: Info) -> Product | None:
        """The product."""
        card = await info.context.products.load(self.sku)
        return None if card is None else Product.of(card)


@strawberry.type(description="What callers may be told as it happens.")
class Subscription(JobSubscription):
    """The subscriptions."""

    @strawberry.subscription(
        description="Products that run out at a store or come back, each as it happens. A caller that reads slowly is "
        "told the newest state of each product, not every step on the way."
    )
    async def stock_alerts(self, info: Info, store_id: AnyStore) -> AsyncGenerator[StockAlert, None]:
        """Alerts until the caller ends them."""
        context = info.context
        context.moment.known_store(store_id)
        async with aclosing(passed(context.advisor.moment, store_id)) as events:
            async for event in events:
                context.renew(event.moment, seconds=EVENT_SECONDS)
                yield StockAlert.of(event, store_id)
                # A burst must leave others their turn.
                await asyncio.sleep(0)
