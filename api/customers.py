"""A customer: what they buy, where, and what was sent to them."""

from datetime import date, datetime

import strawberry

from api.context import Info
from api.entities import Promotion, Store
from api.pages import After, Before, First, Last, PageInfo, asked, cut, page_of, stretch
from api.products import Product
from schema import catalogue


@strawberry.type(description="A product that a customer buys.")
class BoughtEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Product = strawberry.field(description="The product.")
    strength: float = strawberry.field(description="Baskets, recent ones counting more; comparable for one customer.")
    num_baskets: int = strawberry.field(description="Baskets that held it.")
    last_bought_at: datetime | None = strawberry.field(description="When it was bought last; null if nobody knows.")


@strawberry.type(description="What one customer buys, strongest first, as the graph keeps it.")
class BoughtConnection:
    """A connection."""

    edges: list[BoughtEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many products are kept of the customer.")


@strawberry.type(description="A store that a customer shops at.")
class ShopsAtEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Store = strawberry.field(description="The store.")
    num_baskets: int = strawberry.field(description="Baskets bought there.")
    last_bought_at: datetime | None = strawberry.field(description="When the last was bought; null if nobody knows.")


@strawberry.type(description="The stores that one customer shops at, by key.")
class ShopsAtConnection:
    """A connection."""

    edges: list[ShopsAtEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A promotion that was sent to a customer.")
class SentToEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Promotion = strawberry.field(description="The promotion.")
    sent_on: date | None = strawberry.field(description="The day it was sent last; null if nobody knows.")


@strawberry.type(description="The promotions that were sent to one customer, by key.")
class SentToConnection:
    """A connection."""

    edges: list[SentToEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A customer or household, without a name. Not a Node: whoever may see one asks by key.")
class Customer:
    """Customer."""

    customer_id: str = strawberry.field(description="The retailer's key.")
    segment: str | None = strawberry.field(description="The segment that the retailer puts them in.")
    region: str | None = strawberry.field(description="Where they live, roughly.")
    joined_on: date | None = strawberry.field(description="The day they joined.")

    @classmethod
    def of(cls, card: catalogue.Customer) -> "Customer":
        """The contract's copy of a card."""
        return cls(customer_id=card.customer_id, segment=card.segment, region=card.region, joined_on=card.joined_on)

    @strawberry.field(description="What they buy, strongest first.")
    async def bought(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> BoughtConnection:
        """A page of products."""
        context, page = info.context, asked("bought", first, after, last, before)
        rows = await context.bought.load(self.customer_id) or []
        shown = cut("bought", rows, [row.sku for row in rows], page)
        cards = await context.products.load_many([row.sku for row in shown.items])
        edges = [
            BoughtEdge(
                cursor=at,
                node=Product.of(card),
                strength=row.strength,
                num_baskets=row.num_baskets,
                last_bought_at=row.last_bought_at,
            )
            for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
            if card is not None
        ]
        return BoughtConnection(edges=edges, page_info=shown.info, total_count=len(rows))

    @strawberry.field(description="The stores they shop at, by key.")
    async def stores(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> ShopsAtConnection:
        """A page by key."""
        context, page = info.context, asked("store", first, after, last, before)
        rows = await context.personal(context.catalogue.stores_of_customers, **stretch(page)).load(self.customer_id)
        shown = page_of("store", rows or [], lambda row: row.store_id, page)
        cards = await context.stores.load_many([row.store_id for row in shown.items])
        edges = [
            ShopsAtEdge(cursor=at, node=Store.of(card), num_baskets=row.num_baskets, last_bought_at=row.last_bought_at)
            for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
            if card is not None
        ]
        return ShopsAtConnection(edges=edges, page_info=shown.info)

    @strawberry.field(description="The promotions that were sent to them, by key.")
    async def promotions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> SentToConnection:
        """A page by key."""
        context, page = info.context, asked("promotion", first, after, last, before)
        rows = await context.personal(context.catalogue.promotions_of_customers, **stretch(page)).load(self.customer_id)
        shown = page_of("promotion", rows or [], lambda row: row.promotion_id, page)
        cards = await context.promotions.load_many([row.promotion_id for row in shown.items])
        edges = [
            SentToEdge(cursor=at, node=Promotion.of(card), sent_on=row.sent_on)
            for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
            if card is not None
        ]
        return SentToConnection(edges=edges, page_info=shown.info)
