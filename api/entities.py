"""What products belong to: categories, brands, suppliers, stores and promotions."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.cards import once
from api.context import Info
from api.ids import global_id
from api.nodes import Node
from api.pages import After, Asked, Before, First, Last, PageInfo, asked, page_of, stretch
from graph.catalogue import Owner
from schema import catalogue

if TYPE_CHECKING:
    from api.product_pages import ProductConnection
    from api.runs import PromotionStoreConnection, StorePromotionConnection

Products = Annotated["ProductConnection", strawberry.lazy("api.product_pages")]
PromotionStores = Annotated["PromotionStoreConnection", strawberry.lazy("api.runs")]
StorePromotions = Annotated["StorePromotionConnection", strawberry.lazy("api.runs")]


def decimal(number: float | None) -> Decimal | None:
    """A float as its shortest decimal."""
    return None if number is None else Decimal(str(number))


async def products_of(
    info: Info, owner: Owner, key: str, first: int | None, after: str | None, last: int | None, before: str | None
) -> "ProductConnection":
    """A page of an owner's products, by sku."""
    # Products know what they belong to, and those know their products: one of both has to come later.
    from api.product_pages import product_page  # noqa: PLC0415

    return await product_page(info, asked("product", first, after, last, before), owner=owner, key=key)


@strawberry.type(description="A shelf of products, part of a larger one or of none.")
class Category(Node):
    """Category."""

    parent_id: strawberry.Private[str | None]
    category_id: str = strawberry.field(description="The retailer's key.")
    name: str | None = strawberry.field(description="As the retailer calls it.")

    @classmethod
    def of(cls, card: catalogue.Category) -> "Category":
        """The contract's copy of a card."""
        return cls(
            id=global_id("Category", card.category_id),
            parent_id=card.parent_id,
            category_id=card.category_id,
            name=card.name,
        )

    @strawberry.field(description="Products of this category and of all below it, by sku.")
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Products:
        """A page by sku."""
        return await products_of(info, "category", self.category_id, first, after, last, before)

    @strawberry.field(description="The category this one is part of; null at the top.")
    async def parent(self, info: Info) -> "Category | None":
        """The parent."""
        card = None if self.parent_id is None else await info.context.categories.load(self.parent_id)
        return None if card is None else Category.of(card)

    @strawberry.field(description="Every category that this one is part of, the top first.")
    async def ancestors(self, info: Info) -> "list[Category]":
        """Those above."""
        cards = await info.context.joined(info.context.catalogue.ancestors).load(self.category_id)
        return [Category.of(card) for card in cards]

    @strawberry.field(description="The categories right below, by key.")
    async def subcategories(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> "CategoryConnection":
        """A page by key."""
        page = asked("category", first, after, last, before)
        loader = info.context.joined(info.context.catalogue.subcategories, **stretch(page))
        return category_page(await loader.load(self.category_id), page)


@strawberry.type(description="A category in a list.")
class CategoryEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Category = strawberry.field(description="The category.")


@strawberry.type(description="A page of categories.")
class CategoryConnection:
    """A connection."""

    edges: list[CategoryEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


def category_page(cards: Sequence[catalogue.Category], page: Asked) -> CategoryConnection:
    """The page of categories by key that were read for its stretch."""
    shown = page_of("category", cards, lambda card: card.category_id, page)
    edges = [
        CategoryEdge(cursor=at, node=Category.of(card)) for at, card in zip(shown.cursors, shown.items, strict=True)
    ]
    return CategoryConnection(edges=edges, page_info=shown.info)


@strawberry.type(description="A brand, known by its name.")
class Brand(Node):
    """Brand."""

    name: str = strawberry.field(description="Its name, which is its key.")

    @classmethod
    def of(cls, card: catalogue.Brand) -> "Brand":
        """The contract's copy of a card."""
        return cls(id=global_id("Brand", card.name), name=card.name)

    @strawberry.field(description="Products of this brand, by sku.")
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Products:
        """A page by sku."""
        return await products_of(info, "brand", self.name, first, after, last, before)


@strawberry.type(description="Who delivers products.")
class Supplier(Node):
    """Supplier."""

    supplier_id: str = strawberry.field(description="The retailer's key.")
    name: str | None = strawberry.field(description="Its name.")
    country: str | None = strawberry.field(description="Where it is.")
    lead_time_days: float | None = strawberry.field(description="Days from order to delivery, as agreed.")
    lead_time_sd_days: float | None = strawberry.field(description="By how many days that varies (standard deviation).")

    @classmethod
    def of(cls, card: catalogue.Supplier) -> "Supplier":
        """The contract's copy of a card."""
        return cls(
            id=global_id("Supplier", card.supplier_id),
            supplier_id=card.supplier_id,
            name=card.name,
            country=card.country,
            lead_time_days=card.lead_time_days,
            lead_time_sd_days=card.lead_time_sd_days,
        )

    @strawberry.field(description="Products it supplies, by sku.")
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Products:
        """A page by sku."""
        return await products_of(info, "supplier", self.supplier_id, first, after, last, before)


@strawberry.type(description="A shop.")
class Store(Node):
    """Store."""

    store_id: str = strawberry.field(description="The retailer's key.")
    name: str | None = strawberry.field(description="Its name.")
    city: str | None = strawberry.field(description="Its city.")
    region: str | None = strawberry.field(description="Its region.")
    country: str | None = strawberry.field(description="Its country.")
    format: str | None = strawberry.field(description="Its format, such as hypermarket.")
    area_m2: float | None = strawberry.field(description="Sales area in square metres.")

    @classmethod
    def of(cls, card: catalogue.Store) -> "Store":
        """The contract's copy of a card."""
        return once(card, cls._copied)

    @classmethod
    def _copied(cls, card: catalogue.Store) -> "Store":
        return cls(
            id=global_id("Store", card.store_id),
            store_id=card.store_id,
            name=card.name,
            city=card.city,
            region=card.region,
            country=card.country,
            format=card.format,
            area_m2=card.area_m2,
        )

    @strawberry.field(description="Products it ranges, by sku, as last loaded.")
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Products:
        """A page by sku."""
        return await products_of(info, "store", self.store_id, first, after, last, before)

    @strawberry.field(description="Promotions that are bound to it, by key; those of every store are left out.")
    async def promotions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> StorePromotions:
        """A page by key."""
        from api.runs import promotions_of_store  # noqa: PLC0415 (as `products_of`)

        return await promotions_of_store(info.context, self.store_id, asked("promotion", first, after, last, before))


@strawberry.type(description="A promotion of some products over some days.")
class Promotion(Node):
    """Promotion."""

    promotion_id: str = strawberry.field(description="The retailer's key.")
    campaign_id: str | None = strawberry.field(description="The campaign it is part of.")
    name: str | None = strawberry.field(description="Its name.")
    kind: str = strawberry.field(description="price_cut, coupon, feature, display, mailer or multibuy.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date = strawberry.field(description="The day after its last.")

    @classmethod
    def of(cls, card: catalogue.Promotion) -> "Promotion":
        """The contract's copy of a card."""
        return cls(
            id=global_id("Promotion", card.promotion_id),
            promotion_id=card.promotion_id,
            campaign_id=card.campaign_id,
            name=card.name,
            kind=card.kind,
            starts_on=card.starts_on,
            ends_on=card.ends_on,
        )

    @strawberry.field(description="Products it promotes, by sku.")
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Products:
        """A page by sku."""
        return await products_of(info, "promotion", self.promotion_id, first, after, last, before)

    @strawberry.field(description="Stores that it is bound to, by key; none where it runs at every store.")
    async def stores(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> PromotionStores:
        """A page by key."""
        from api.runs import stores_of_promotion  # noqa: PLC0415 (as `products_of`)

        return await stores_of_promotion(info.context, self.promotion_id, asked("store", first, after, last, before))
