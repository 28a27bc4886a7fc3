"""A customer, and what they buy."""

from datetime import date, datetime

import strawberry

from api.context import Info
from api.pages import After, First, PageInfo, asked, cut
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
    async def bought(self, info: Info, first: First = None, after: After = None) -> BoughtConnection:
        """A page of products."""
        context, page = info.context, asked("bought", first, after)
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
