"""Query: every way into the catalogue and the decisions."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from api.audit_entries import AuditEntryConnection, Which, audit_page
from api.context import Context, Info
from api.entities import Brand, Category, Promotion, Store, Supplier
from api.ids import kind_and_key
from api.nodes import Node
from api.pages import MAX_PAGE, After, Before, First, Last, asked
from api.products import Product, ProductConnection, product_page, search_page
from api.recommendations import (
    Age,
    AtStore,
    Exclude,
    FirstOffers,
    For,
    LineOffers,
    Lines,
    Recommendations,
    offers_for_lines,
    recommendations,
)
from api.rules import RuleQuery
from api.verdicts import VerdictQuery
from graph.catalogue import Owner
from schema.errors import BadInput

Sku = Annotated[str, strawberry.argument(description="The retailer's key of the product.")]
Key = Annotated[str, strawberry.argument(description="The retailer's key.")]
Name = Annotated[str, strawberry.argument(description="The brand's name.")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="An id that an earlier answer held.")]
NodeIds = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"Ids that earlier answers held, at most {MAX_PAGE}.")
]
Words = Annotated[
    str | None,
    strawberry.argument(description="Words of names or descriptions, the last one perhaps begun; best first."),
]


@strawberry.input(description="Which products; at most one of both.")
class ProductFilter:
    """A filter."""

    category_id: str | None = strawberry.field(default=None, description="Of this category and those below it.")
    brand: str | None = strawberry.field(default=None, description="Of this brand.")


Filter = Annotated[ProductFilter | None, strawberry.argument(description="Which products; null means all.")]


@strawberry.type(description="What callers may ask.")
class Query(RuleQuery, VerdictQuery):
    """The queries."""

    @strawberry.field(description="A product by its key; null if there is none.")
    async def product(self, info: Info, sku: Sku) -> Product | None:
        """One product."""
        card = await info.context.products.load(sku)
        return None if card is None else Product.of(card)

    @strawberry.field(description="Products by key, or by how well their words fit.")
    async def products(
        self,
        info: Info,
        query: Words = None,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ProductConnection:
        """A page of products."""
        chosen = [] if filter is None else [(k, v) for k, v in _owners(filter) if v is not None]
        if len(chosen) > 1 or (chosen and query is not None):
            raise BadInput("`query`, `categoryId` and `brand` cannot be combined.", remedy="Ask by one of them.")
        if query is not None:
            if last is not None or before is not None:
                raise BadInput("A search is read forwards.", remedy="Use `first` and `after`.")
            return await search_page(info, asked("search", first, after), words=query)
        page = asked("product", first, after, last, before)
        owner, key = chosen[0] if chosen else ("product", "")
        return await product_page(info, page, owner=owner, key=key or "")

    @strawberry.field(description="A category by its key; null if there is none.")
    async def category(self, info: Info, category_id: Key) -> Category | None:
        """One category."""
        card = await info.context.categories.load(category_id)
        return None if card is None else Category.of(card)

    @strawberry.field(description="A brand by its name; null if there is none.")
    async def brand(self, info: Info, name: Name) -> Brand | None:
        """One brand."""
        card = await info.context.brands.load(name)
        return None if card is None else Brand.of(card)

    @strawberry.field(description="A supplier by its key; null if there is none.")
    async def supplier(self, info: Info, supplier_id: Key) -> Supplier | None:
        """One supplier."""
        card = await info.context.suppliers.load(supplier_id)
        return None if card is None else Supplier.of(card)

    @strawberry.field(description="A store by its key; null if there is none.")
    async def store(self, info: Info, store_id: Key) -> Store | None:
        """One store."""
        card = await info.context.stores.load(store_id)
        return None if card is None else Store.of(card)

    @strawberry.field(description="A promotion by its key; null if there is none.")
    async def promotion(self, info: Info, promotion_id: Key) -> Promotion | None:
        """One promotion."""
        card = await info.context.promotions.load(promotion_id)
        return None if card is None else Promotion.of(card)

    @strawberry.field(description="Anything of the catalogue by its id; null if it is gone.")
    async def node(self, info: Info, id: NodeId) -> Node | None:
        """One node."""
        return (await _nodes(info.context, [id]))[0]

    @strawberry.field(description="Several of the catalogue by their ids, in their order; null where one is gone.")
    async def nodes(self, info: Info, ids: NodeIds) -> list[Node | None]:
        """Several nodes."""
        if len(ids) > MAX_PAGE:
            raise BadInput(f"{len(ids)} ids are too many.", remedy=f"Send at most {MAX_PAGE}.")
        return await _nodes(info.context, ids)

    @strawberry.field(description="What to offer a customer, beside a basket or on a product page, best first.")
    async def recommendations(
        self, info: Info, for_: For, exclude: Exclude = None, first: FirstOffers = 10
    ) -> Recommendations | None:
        """Recommendations."""
        return await recommendations(info, for_, exclude or [], first)

    @strawberry.field(description="What to offer for each line that cannot be filled; other lines are left out.")
    async def substitutes_for(
        self,
        info: Info,
        basket_lines: Lines,
        store_id: AtStore = None,
        first: FirstOffers = 5,
        customer_age: Age = None,
    ) -> list[LineOffers] | None:
        """Substitutes for a basket."""
        return await offers_for_lines(info, basket_lines, store_id, first, customer_age)

    @strawberry.field(description="Who changed what, the newest first.")
    async def audit_entries(
        self, info: Info, filter: Which = None, first: First = None, after: After = None
    ) -> AuditEntryConnection:
        """A page of audit entries."""
        return await audit_page(info, filter, first, after)


def _owners(chosen: ProductFilter) -> list[tuple[Owner, str | None]]:
    return [("category", chosen.category_id), ("brand", chosen.brand)]


async def _nodes(context: Context, ids: list[strawberry.ID]) -> list[Node | None]:
    wanted = [kind_and_key(each) for each in ids]
    found: dict[tuple[str, str], Node] = {}
    loaders: dict[str, tuple[Any, Callable[[Any], Node]]] = {
        "Product": (context.products, Product.of),
        "Category": (context.categories, Category.of),
        "Brand": (context.brands, Brand.of),
        "Supplier": (context.suppliers, Supplier.of),
        "Store": (context.stores, Store.of),
        "Promotion": (context.promotions, Promotion.of),
    }
    for kind, (loader, make) in loaders.items():
        keys = [key for each, key in wanted if each == kind]
        cards = await loader.load_many(keys) if keys else []
        found |= {(kind, key): make(card) for key, card in zip(keys, cards, strict=True) if card is not None}
    return [found.get(each) for each in wanted]
