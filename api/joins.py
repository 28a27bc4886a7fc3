"""A product's joins as connections: who supplies it, what promotes it, where it stands, what is bought with it."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import strawberry

from api.context import Context
from api.entities import Promotion, Store, Supplier, decimal
from api.pages import Asked, PageInfo, cut, page_of, stretch
from api.scalars import Money, money
from decisions.moment import Moment
from schema import catalogue
from schema.decisions import Availability

if TYPE_CHECKING:
    from api.products import Product

strawberry.enum(Availability, description="Whether a product can be had: UNKNOWN means nobody counted it.")
AnyProduct = Annotated["Product", strawberry.lazy("api.products")]

FIRST_ROWS: Final[dict[str, Any]] = {"limit": 26, "is_last": False}
"""What most ask for first of a product's suppliers or promotions: up to 25, and whether there are more."""


@strawberry.type(description="A supplier of one product, and the terms last agreed.")
class SupplyEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Supplier = strawberry.field(description="The supplier.")
    pack_units: Decimal | None = strawberry.field(description="Units in the pack it is ordered by.")
    min_order_units: Decimal | None = strawberry.field(description="Units an order must hold at least.")
    lead_time_days: float | None = strawberry.field(description="Days from order to delivery for this product.")


@strawberry.type(description="Suppliers of one product, by key.")
class SupplyConnection:
    """A connection."""

    edges: list[SupplyEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A promotion of one product, and what it takes off.")
class PromotedEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Promotion = strawberry.field(description="The promotion.")
    promo_price: Money | None = strawberry.field(description="What the product costs under it.")
    discount_share: float | None = strawberry.field(description="What it takes off the price, 0 to 1.")


@strawberry.type(description="Promotions of one product, by key.")
class PromotedConnection:
    """A connection."""

    edges: list[PromotedEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="What a store holds of one product, now.")
class Stock:
    """A stock."""

    store_id: str = strawberry.field(description="The store's key.")
    on_hand_units: Decimal | None = strawberry.field(description="Units at the newest count; null if never counted.")
    availability: Availability = strawberry.field(description="Whether it can be had there.")
    store: Store | None = strawberry.field(description="The store; null if the graph has not got it yet.")


@strawberry.type(description="A store's stock in a list.")
class StockEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Stock = strawberry.field(description="The stock.")


@strawberry.type(description="Stocks of one product in the stores that range it, by store key.")
class StockConnection:
    """A connection."""

    edges: list[StockEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many stores range the product.")


@strawberry.type(description="A product bought in the same baskets.")
class BoughtWithEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: AnyProduct = strawberry.field(description="The other product.")
    num_baskets: int = strawberry.field(description="Baskets that held both.")
    lift: float | None = strawberry.field(description="How many times more often than by chance.")


@strawberry.type(description="Products bought with one product, most baskets first, at most 100.")
class BoughtWithConnection:
    """A connection."""

    edges: list[BoughtWithEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def supplies(context: Context, sku: str, page: Asked) -> SupplyConnection:
    """The suppliers of a product."""
    rows = await context.joined(context.catalogue.supplies, **_stretch(page)).load(sku)
    shown = page_of("supplier", rows, lambda row: row.supplier_id, page)
    cards = await context.suppliers.load_many([row.supplier_id for row in shown.items])
    edges = [
        SupplyEdge(
            cursor=at,
            node=Supplier.of(card),
            pack_units=decimal(row.pack_units),
            min_order_units=decimal(row.min_order_units),
            lead_time_days=row.lead_time_days,
        )
        for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
        if card is not None
    ]
    return SupplyConnection(edges=edges, page_info=shown.info)


async def promoted(context: Context, sku: str, page: Asked) -> PromotedConnection:
    """The promotions of a product."""
    rows = await context.joined(context.catalogue.promoted, **_stretch(page)).load(sku)
    shown = page_of("promotion", rows, lambda row: row.promotion_id, page)
    cards = await context.promotions.load_many([row.promotion_id for row in shown.items])
    currency = context.moment.facts.base.currency
    edges = [
        PromotedEdge(
            cursor=at,
            node=Promotion.of(card),
            promo_price=None if row.promo_price is None else money(np.float32(row.promo_price), currency),
            discount_share=row.discount_share,
        )
        for row, at, card in zip(shown.items, shown.cursors, cards, strict=True)
        if card is not None
    ]
    return PromotedConnection(edges=edges, page_info=shown.info)


def stocks(context: Context, sku: str, page: Asked, store_id: str | None) -> StockConnection:
    """What the stores that range a product hold of it now (`CardLoader.then`); one store only where it is named."""
    facts = context.moment.facts
    row = facts.base.product_rows.get(sku)
    ids = [] if row is None else _ranging(context.moment, row, context.moment.known_store(store_id))
    shown = cut("stock", ids, ids, page)
    shelf = [] if row is None else facts.shelf(row, shown.items)

    def made(cards: list[catalogue.Store | None]) -> StockConnection:
        edges = []
        for at, store, (units, availability), card in zip(shown.cursors, shown.items, shelf, cards, strict=True):
            stock = Stock(
                store_id=store,
                on_hand_units=decimal(units),
                availability=availability,
                store=None if card is None else Store.of(card),
            )
            edges.append(StockEdge(cursor=at, node=stock))
        return StockConnection(edges=edges, page_info=shown.info, total_count=len(ids))

    return context.stores.then(shown.items, made)


def _ranging(moment: Moment, row: int, store_id: str | None) -> list[str]:
    base = moment.facts.base
    if store_id is not None:
        return [store_id] if base.is_ranged[base.store_rows[store_id], row] else []
    return [store for store, ranges in zip(base.store_ids, base.is_ranged[:, row], strict=True) if ranges]


def _stretch(page: Asked) -> dict[str, Any]:
    """What is read for a page; pages of few share a read, from the start on."""
    asked_for = stretch(page)
    is_start = asked_for.keys() == FIRST_ROWS.keys() and not page.is_last
    return FIRST_ROWS if is_start and page.limit < FIRST_ROWS["limit"] else asked_for
