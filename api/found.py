"""Products found by words and conditions: a connection with facets, and stand-ins where nothing is found."""

import asyncio
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Annotated, Final

import numpy as np
import strawberry

from api.context import Context, Info
from api.pages import Asked, PageInfo, Place, cursor, page_size
from api.products import Product
from api.scalars import Money, money
from api.search_inputs import ProductFilter, filter_of, text_of
from decisions.moment import Moment
from decisions.relations import related
from measures.words import words
from schema.errors import BadInput
from search.catalogue import CatalogueSearch, FacetField, Listed, Now, Sort
from search.columns import Flags
from search.word_index import Found, Stage

KIND: Final = "found"
NEAR_NAMES: Final = 20
"""Products of near names that a fallback tells at most, and as many stand-ins."""
ANCHORS: Final = 5
Fields = Annotated[
    list[FacetField] | None, strawberry.argument(description="Which facets, in their order; null means every one.")
]
Most = Annotated[int, strawberry.argument(description="Values of each facet, 0 to 250.")]


@strawberry.type(description="A value that some of the products have.")
class FacetValue:
    """A value."""

    value: str = strawberry.field(description="What a filter takes.")
    label: str = strawberry.field(description="What people call it.")
    count: int = strawberry.field(description="How many products of the whole list have it.")


@strawberry.type(description="How many products have each value of one kind, most first.")
class Facet:
    """A facet."""

    field: FacetField = strawberry.field(description="The kind.")
    values: list[FacetValue] = strawberry.field(description="The values, most products first, ties by value.")
    num_values: int = strawberry.field(description="How many values there are in all.")


@strawberry.type(description="The lowest and the highest price of a list.")
class PriceSpan:
    """A span."""

    min: Money = strawberry.field(description="The lowest.")
    max: Money = strawberry.field(description="The highest.")


@dataclass(frozen=True)
class Answer:
    """A whole search: its products in order, and how they came to be there.

    Attributes:
        stands_in_for: for products that are offered instead of another, that one's row.
    """

    search: CatalogueSearch
    now: Now
    listed: Listed
    currency: str
    did_you_mean: str | None = None
    is_fallback: bool = False
    stands_in_for: dict[int, int] = field(default_factory=dict)


@strawberry.type(description="A product in a list that was searched for.")
class FoundProductEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list; valid while products come and go.")
    node: Product = strawberry.field(description="The product.")
    stands_in_for: str | None = strawberry.field(
        description="Sku of a product whose name was searched for, which this one can substitute; null where this "
        "one itself was found."
    )


@strawberry.type(description="A page of products searched for.")
class FoundProductConnection:
    """A connection."""

    answer: strawberry.Private[Answer]
    edges: list[FoundProductEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many there are in all.")
    did_you_mean: str | None = strawberry.field(
        description="The query as the catalogue spells it, where only that finds anything; null otherwise."
    )
    is_fallback: bool = strawberry.field(
        description="Whether nothing was found that fits: the list holds near names and what can stand in for them."
    )

    @strawberry.field(description="How many of the whole list have each brand, category, …: what a filter would leave.")
    def facets(self, fields: Fields = None, first: Most = 10) -> list[Facet]:
        """The facets."""
        size = page_size(first)
        return [_facet(self.answer, each, size) for each in dict.fromkeys(fields or FacetField)]

    @strawberry.field(description="What the cheapest and the dearest of the list cost; null where no price is known.")
    def price_span(self) -> PriceSpan | None:
        """The span."""
        prices = self.answer.now.prices[self.answer.listed.rows]
        if np.isnan(prices).all():
            return None
        low, high = (money(most, self.answer.currency) for most in (np.nanmin(prices), np.nanmax(prices)))
        return None if low is None or high is None else PriceSpan(min=low, max=high)


async def found_products(
    info: Info, query: str | None, chosen: ProductFilter | None, sort: Sort | None, page: Asked
) -> FoundProductConnection:
    """A page of what a search finds."""
    context = info.context
    order = sort or (Sort.SKU if query is None else Sort.RELEVANCE)
    answer = await _answer(context, query, chosen or ProductFilter(), order)
    start, stop = _span(answer, page, order)
    skus = [answer.search.listings.skus[row] for row in answer.listed.rows[start:stop]]
    cards = await context.products.load_many(skus)
    edges = []
    for at, sku, card in zip(range(start, stop), skus, cards, strict=True):
        anchor = answer.stands_in_for.get(int(answer.listed.rows[at]))
        if card is not None:
            edges.append(
                FoundProductEdge(
                    cursor=cursor(KIND, order.value, float(answer.listed.keys[at]), sku),
                    node=Product.of(card),
                    stands_in_for=None if anchor is None else answer.search.listings.skus[anchor],
                )
            )
    place = PageInfo(
        has_next_page=stop < len(answer.listed.rows),
        has_previous_page=start > 0,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return FoundProductConnection(
        answer=answer,
        edges=edges,
        page_info=place,
        total_count=len(answer.listed.rows),
        did_you_mean=answer.did_you_mean,
        is_fallback=answer.is_fallback,
    )


async def _answer(context: Context, query: str | None, chosen: ProductFilter, order: Sort) -> Answer:
    moment, desk = context.moment, context.search
    store_id, conditions = moment.known_store(chosen.store_id), filter_of(chosen)
    text = None if query is None else text_of(query)
    search = await desk.current()

    def answer() -> Answer:
        now = desk.now(search, moment, store_id, with_delisted=chosen.include_delisted)
        found = search.everything() if text is None else search.find(text, desk.synonyms)
        allowed, num_words = search.allowed(conditions, now), len(words(text or ""))
        listed = search.listed(found, allowed, order, now, num_words)
        whole = Answer(search, now, listed, moment.facts.base.currency, found.did_you_mean)
        fits = found.stage in (Stage.WRITTEN, Stage.TYPOS) and len(listed.rows) > 0
        return whole if text is None or fits else _fallback(whole, found, allowed, moment, store_id)

    # A word that half of a large catalogue has takes a while; others go on meanwhile.
    return await asyncio.to_thread(answer)


def _fallback(answer: Answer, found: Found, allowed: Flags, moment: Moment, store_id: str | None) -> Answer:
    """Near names that may be offered, then what substitutes for the nearest ones, offered themselves or not."""
    search = answer.search
    near = [int(row) for row in answer.listed.rows[:NEAR_NAMES]]
    order = np.lexsort((found.rows, -found.fit))
    anchors = [int(row) for row in found.rows[order][:ANCHORS]]
    stands_in_for: dict[int, int] = {}
    for anchor in anchors if moment.model is not None else []:
        sku = search.listings.skus[anchor]
        if sku not in moment.facts.base.product_rows:
            continue
        for each in related(sku, "SUBSTITUTES_FOR", moment=moment, store_id=store_id):
            row = search.rows.get(each.sku)
            if row is not None and allowed[row] and row not in near:
                stands_in_for.setdefault(row, anchor)
    rows = np.array([*near, *list(stands_in_for)[:NEAR_NAMES]], np.int64)
    listed = Listed(rows, np.arange(len(rows), dtype=np.float64))
    return Answer(search, answer.now, listed, answer.currency, answer.did_you_mean, True, stands_in_for)


def _span(answer: Answer, page: Asked, order: Sort) -> tuple[int, int]:
    start = 0 if page.after is None else _places(answer, page.after, order)[1]
    stop = len(answer.listed.rows) if page.before is None else _places(answer, page.before, order)[0]
    stop = max(start, stop)
    return (max(start, stop - page.limit), stop) if page.is_last else (start, min(stop, start + page.limit))


def _places(answer: Answer, place: Place, order: Sort) -> tuple[int, int]:
    name, key, sku = str(place[0]), float(place[1]), str(place[2])
    if name != order.value:
        raise BadInput("This is a cursor of another order.", remedy="Use one that a page of this order answered.")
    search = answer.search
    return answer.listed.place(search.rows.get(sku), key, bisect_left(search.listings.skus, sku))


def _facet(answer: Answer, kind: FacetField, most: int) -> Facet:
    counts = answer.search.counts(answer.listed.rows, kind)
    best = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    values = [
        FacetValue(value=value, label=answer.search.label(kind, value), count=count) for value, count in best[:most]
    ]
    return Facet(field=kind, values=values, num_values=len(counts))
