"""Product: the catalogue's card joined to live facts and learnt relations."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import numpy as np
import strawberry

from api.cards import once
from api.context import Info
from api.demand import AtStoreId, DemandForecast, GrainAsked, Weeks, demand_forecast
from api.entities import Brand, Category, decimal
from api.ids import global_id
from api.joins import (
    BoughtWithConnection,
    BoughtWithEdge,
    PromotedConnection,
    StockConnection,
    SupplyConnection,
    promoted,
    stocks,
    supplies,
)
from api.nodes import Node
from api.pages import After, Before, First, Last, asked, cut
from api.price_history import PricePeriodConnection, price_history
from api.relations import RelatedConnection, related_page
from api.scalars import Money, price_of
from schema import catalogue
from schema.decisions import Availability
from schema.edges import BOUGHT_WITH_CAP
from schema.grouping import Grain

StoreId = Annotated[str | None, strawberry.argument(description="At this store; null means any store.")]
AsOf = Annotated[
    date | None,
    strawberry.argument(
        description="The day that launches, delistings, rules and verdicts are judged on; stock, prices and the model "
        "are today's. Null means today."
    ),
]
InStockOnly = Annotated[bool, strawberry.argument(description="Leave out what is not known to be in stock.")]


@strawberry.type(description="Something the shop sells or sold.")
class Product(Node):
    """A product."""

    category_id: strawberry.Private[str | None]
    brand_name: strawberry.Private[str | None]
    loaded_delisting: strawberry.Private[date | None]
    sku: str = strawberry.field(description="The retailer's key.")
    name: str | None = strawberry.field(description="As on the shelf.")
    description: str | None = strawberry.field(description="Longer words about it.")
    size: Decimal | None = strawberry.field(description="How much a pack holds, in `sizeUnit`.")
    size_unit: str | None = strawberry.field(description="The unit of `size`, such as g or ml.")
    is_private_label: bool | None = strawberry.field(description="Whether it is the retailer's own brand.")
    is_sold_by_weight: bool | None = strawberry.field(description="Whether it is weighed at the till.")
    minimum_age: int = strawberry.field(description="Years a customer must have; 0 if anybody may buy it.")
    gtin: str | None = strawberry.field(description="Its global trade item number.")
    image_url: str | None = strawberry.field(description="Where its picture is.")
    product_url: str | None = strawberry.field(description="Where its page is.")
    launched_on: date | None = strawberry.field(description="Its first day in the range; null if always.")

    @classmethod
    def of(cls, card: catalogue.Product) -> "Product":
        """The contract's copy of a card."""
        return once(card, cls._copied)

    @classmethod
    def _copied(cls, card: catalogue.Product) -> "Product":
        return cls(
            id=global_id("Product", card.sku),
            category_id=card.category_id,
            brand_name=card.brand,
            loaded_delisting=card.delisted_on,
            sku=card.sku,
            name=card.name,
            description=card.description,
            size=decimal(card.size),
            size_unit=card.size_unit,
            is_private_label=card.is_private_label,
            is_sold_by_weight=card.is_sold_by_weight,
            minimum_age=card.minimum_age,
            gtin=card.gtin,
            image_url=card.image_url,
            product_url=card.product_url,
            launched_on=card.launched_on,
        )

    @strawberry.field(description="The day it leaves the range, as loaded or told since; null if none is known.")
    def delisted_on(self, info: Info) -> date | None:
        """The day, by live facts as decisions see them; a product that they lack yet was loaded just now."""
        facts = info.context.moment.facts
        row = facts.base.product_rows.get(self.sku)
        return self.loaded_delisting if row is None else facts.delisting(row)

    @strawberry.field(description="Its brand; null if it has none.")
    def brand(self) -> Brand | None:
        """The brand."""
        return None if self.brand_name is None else Brand.of(catalogue.Brand(self.brand_name))

    @strawberry.field(description="Its category; null if it has none.")
    async def category(self, info: Info) -> Category | None:
        """The category."""
        card = None if self.category_id is None else await info.context.categories.load(self.category_id)
        return None if card is None else Category.of(card)

    @strawberry.field(description="What it costs now; null if nobody knows.")
    def price(self, info: Info, store_id: StoreId = None) -> Money | None:
        """The price."""
        return price_of(self.sku, info.context.moment, info.context.moment.known_store(store_id))

    @strawberry.field(description="What it cost, costs and will cost: windows of days, the one that begins last first.")
    async def price_history(
        self,
        info: Info,
        store_id: StoreId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PricePeriodConnection:
        """A page of windows."""
        return await price_history(info.context, self.sku, asked("price", first, after, last, before), store_id)

    @strawberry.field(description="Whether it can be had now.")
    def availability(self, info: Info, store_id: StoreId = None) -> Availability | None:
        """The availability."""
        moment = info.context.moment
        row = moment.facts.base.product_rows.get(self.sku)
        if row is None:
            return Availability.UNKNOWN
        return moment.facts.availability(np.array([row], np.int64), store_id=moment.known_store(store_id))[0]

    @strawberry.field(description="What each store that ranges it holds of it now.")
    def stocks(
        self,
        info: Info,
        store_id: StoreId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> StockConnection | None:
        """A page by store key."""
        return stocks(info.context, self.sku, asked("stock", first, after, last, before), store_id)

    @strawberry.field(description="What a store will sell of it in the weeks to come.")
    async def demand(
        self, info: Info, store_id: AtStoreId, weeks: Weeks = 4, grain: GrainAsked = Grain.WEEK
    ) -> DemandForecast | None:
        """The forecast."""
        return await demand_forecast(info, self.sku, store_id, weeks, grain)

    @strawberry.field(description="Who supplies it, by key.")
    async def suppliers(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> SupplyConnection:
        """A page by key."""
        return await supplies(info.context, self.sku, asked("supplier", first, after, last, before))

    @strawberry.field(description="What promotes or promoted it, by key.")
    async def promotions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> PromotedConnection:
        """A page by key."""
        return await promoted(info.context, self.sku, asked("promotion", first, after, last, before))

    @strawberry.field(description="What can be offered when this product is wanted, best first.")
    def substitutes(  # noqa: PLR0913, PLR0917  # each is an argument of the contract
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        store_id: StoreId = None,
        in_stock_only: InStockOnly = False,
        as_of: AsOf = None,
    ) -> RelatedConnection | None:
        """A page of candidates."""
        page = asked("SUBSTITUTES_FOR", first, after, last, before)
        return related_page(
            info.context, self.sku, "SUBSTITUTES_FOR", page, store_id=store_id, in_stock_only=in_stock_only, as_of=as_of
        )

    @strawberry.field(description="What goes with this product, best first.")
    def complements(  # noqa: PLR0913, PLR0917  # each is an argument of the contract
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        store_id: StoreId = None,
        in_stock_only: InStockOnly = False,
        as_of: AsOf = None,
    ) -> RelatedConnection | None:
        """A page of candidates."""
        page = asked("COMPLEMENTS", first, after, last, before)
        return related_page(
            info.context, self.sku, "COMPLEMENTS", page, store_id=store_id, in_stock_only=in_stock_only, as_of=as_of
        )

    @strawberry.field(description="What is bought in the same baskets, most baskets first: counted, not learnt.")
    async def bought_with(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> BoughtWithConnection:
        """A page of partners."""
        context, page = info.context, asked("bought_with", first, after, last, before)
        rows = await context.joined(context.catalogue.bought_with, limit=BOUGHT_WITH_CAP).load(self.sku)
        shown = cut("bought_with", rows, [row.sku for row in rows], page)
        cards = await context.products.load_many([row.sku for row in shown.items])
        edges = [
            BoughtWithEdge(cursor=at, node=Product.of(card), num_baskets=row.num_baskets, lift=row.lift)
            for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
            if card is not None
        ]
        return BoughtWithConnection(edges=edges, page_info=shown.info)
