"""A product's prices over time as a connection: what files said and what was told, newest first."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import strawberry

from api.context import Context
from api.pages import Asked, PageInfo, cut
from api.scalars import Money, money
from decisions.facts_now import FactsNow
from decisions.live_prices import EVERYWHERE
from schema.prices import PriceSource, PriceSpan

strawberry.enum(PriceSource, description="Where a price came from: a load's files, or `recordPrice`.")


@strawberry.type(description="A price over a window of days.")
class PricePeriod:
    """A price window."""

    price: Money | None = strawberry.field(description="For one selling unit.")
    base_price: Money | None = strawberry.field(description="What it costs without a cut; null if not told.")
    store_id: str | None = strawberry.field(description="Where; null means every store without a price of its own.")
    valid_from: date = strawberry.field(description="Its first day.")
    valid_to: date | None = strawberry.field(description="The day on which it no longer holds; null means it goes on.")
    source: PriceSource = strawberry.field(description="Where it came from.")
    is_replaced: bool = strawberry.field(description="Whether a later load no longer names it.")

    @classmethod
    def of(cls, span: PriceSpan, currency: str) -> "PricePeriod":
        """The contract's copy of a window."""
        base = span.base_price
        return cls(
            price=money(np.float32(span.price), currency),
            base_price=None if base is None else money(np.float32(base), currency),
            store_id=span.store_id,
            valid_from=span.valid_from,
            valid_to=span.valid_to,
            source=span.source,
            is_replaced=span.is_replaced,
        )


@strawberry.type(description="A price in a list.")
class PricePeriodEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: PricePeriod = strawberry.field(description="The price.")


@strawberry.type(description="Prices of one product, the window that begins last first.")
class PricePeriodConnection:
    """A connection."""

    edges: list[PricePeriodEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many windows are known.")


async def price_history(context: Context, sku: str, page: Asked, store_id: str | None) -> PricePeriodConnection:
    """A page of a product's prices; those that hold at one store where it is named."""
    store_id, facts = context.moment.known_store(store_id), context.moment.facts
    loaded = [] if context.prices is None else (await context.prices.book(facts.base.lake_version)).windows(sku)
    spans = newest_first(loaded, told_windows(facts, sku))
    spans = [span for span in spans if store_id is None or span.store_id in (None, store_id)]
    shown = cut("price", spans, [_key(span) for span in spans], page)
    edges = [
        PricePeriodEdge(cursor=at, node=PricePeriod.of(span, facts.base.currency))
        for at, span in zip(shown.cursors, shown.items, strict=True)
    ]
    return PricePeriodConnection(edges=edges, page_info=shown.info, total_count=len(spans))


def told_windows(facts: FactsNow, sku: str) -> list[PriceSpan]:
    """What mutations told of a product's price since the load."""
    row = facts.base.product_rows.get(sku)
    shelves: dict[int, str | None] = {EVERYWHERE: None, **dict(enumerate(facts.base.store_ids))}
    return [
        PriceSpan(window.price, window.valid_from, window.valid_to, store_id, source=PriceSource.TOLD)
        for store, store_id in shelves.items()
        for window in (facts.prices.windows.get((store, row), ()) if row is not None else ())
    ]


def newest_first(loaded: Iterable[PriceSpan], told: Iterable[PriceSpan]) -> list[PriceSpan]:
    """The windows by their first day, latest first, then by store; one a day and store, what was told last."""
    by_key = {_key(span): span for span in (*loaded, *told)}
    keys = sorted(by_key, key=lambda key: key.split("|", 1)[1])
    return [by_key[key] for key in sorted(keys, key=lambda key: key.split("|", 1)[0], reverse=True)]


def _key(span: PriceSpan) -> str:
    return f"{span.valid_from.isoformat()}|{span.store_id or ''}"
