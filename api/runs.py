"""Where promotions run, as connections of promotions and of stores."""

import strawberry

from api.context import Context
from api.entities import Promotion, Store
from api.pages import Asked, PageInfo, page_of, stretch


@strawberry.type(description="A store that a promotion is bound to.")
class PromotionStoreEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Store = strawberry.field(description="The store.")
    num_products: int = strawberry.field(description="Products that the promotion covers there.")


@strawberry.type(description="The stores that one promotion is bound to, by key; none where it runs at every store.")
class PromotionStoreConnection:
    """A connection."""

    edges: list[PromotionStoreEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A promotion that is bound to a store.")
class StorePromotionEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Promotion = strawberry.field(description="The promotion.")
    num_products: int = strawberry.field(description="Products that it covers there.")


@strawberry.type(description="The promotions that are bound to one store, by key; those of every store are left out.")
class StorePromotionConnection:
    """A connection."""

    edges: list[StorePromotionEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def stores_of_promotion(context: Context, key: str, page: Asked) -> PromotionStoreConnection:
    """A page of a promotion's stores."""
    rows = await context.joined(context.catalogue.stores_of_promotions, **stretch(page)).load(key)
    shown = page_of("store", rows, lambda row: row.store_id, page)
    cards = await context.stores.load_many([row.store_id for row in shown.items])
    edges = [
        PromotionStoreEdge(cursor=at, node=Store.of(card), num_products=row.num_products)
        for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
        if card is not None
    ]
    return PromotionStoreConnection(edges=edges, page_info=shown.info)


async def promotions_of_store(context: Context, key: str, page: Asked) -> StorePromotionConnection:
    """A page of a store's promotions."""
    rows = await context.joined(context.catalogue.promotions_of_stores, **stretch(page)).load(key)
    shown = page_of("promotion", rows, lambda row: row.promotion_id, page)
    cards = await context.promotions.load_many([row.promotion_id for row in shown.items])
    edges = [
        StorePromotionEdge(cursor=at, node=Promotion.of(card), num_products=row.num_products)
        for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
        if card is not None
    ]
    return StorePromotionConnection(edges=edges, page_info=shown.info)
