"""Query: every way into the catalogue and the decisions."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from api.audit_entries import AuditEntryConnection, Which, audit_page
from api.completions import Completion, completions
from api.context import Context, Info
from api.customers import Customer
from api.entities import Brand, Category, CategoryConnection, Promotion, Store, Supplier, category_page
from api.found import FoundProductConnection, found_products
from api.ids import kind_and_key
from api.nodes import Node
from api.offer_inputs import Age, AtStore, Exclude, FirstOffers, For, Lines
from api.pages import MAX_PAGE, After, Before, First, Last, asked, stretch
from api.planning import PlanningQuery
from api.products import Product
from api.recommendations import LineOffers, Recommendations, offers_for_lines, recommendations
from api.rules import RuleQuery
from api.search_inputs import Chosen, Order, Words
from api.verdicts import VerdictQuery
from schema.errors import BadInput

Sku = Annotated[str, strawberry.argument(description="The retailer's key of the product.")]
Key = Annotated[str, strawberry.argument(description="The retailer's key.")]
Name = Annotated[str, strawberry.argument(description="The brand's name.")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="An id that an earlier answer held.")]
NodeIds = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"Ids that earlier answers held, at most {MAX_PAGE}.")
]
Prefix = Annotated[str, strawberry.argument(description="What a person has typed so far.")]
FirstCompletions = Annotated[int, strawberry.argument(description="How many, 0 to 50.")]


@strawberry.type(description="What callers may ask.")
class Query(RuleQuery, VerdictQuery, PlanningQuery):
    """The queries."""

    @strawberry.field(description="A product by its key; null if there is none.")
    async def product(self, info: Info, sku: Sku) -> Product | None:
        """One product."""
        card = await info.context.products.load(sku)
        return None if card is None else Product.of(card)

    @strawberry.field(
        description="Products by words, conditions and order, with facets; by key where nothing is asked."
    )
    async def products(  # noqa: PLR0913, PLR0917  # each is an argument of the contract
        self,
        info: Info,
        query: Words = None,
        filter: Chosen = None,
        sort: Order = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> FoundProductConnection:
        """A page of products."""
        return await found_products(info, query, filter, sort, asked("found", first, after, last, before))

    @strawberry.field(description="What a person who has begun to type may be looking for, likeliest first.")
    async def completions(self, info: Info, prefix: Prefix, first: FirstCompletions = 10) -> list[Completion]:
        """Completions."""
        return await completions(info, prefix, first)

    @strawberry.field(description="A category by its key; null if there is none.")
    async def category(self, info: Info, category_id: Key) -> Category | None:
        """One category."""
        card = await info.context.categories.load(category_id)
        return None if card is None else Category.of(card)

    @strawberry.field(description="The categories at the top of the tree, by key.")
    async def categories(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> CategoryConnection:
        """A page by key."""
        page = asked("category", first, after, last, before)
        return category_page(await info.context.catalogue.top_categories(**stretch(page)), page)

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

    @strawberry.field(description="A customer by their key; null if there is none.")
    async def customer(self, info: Info, customer_id: Key) -> Customer | None:
        """One customer."""
        card = await info.context.customers.load(customer_id)
        return None if card is None else Customer.of(card)

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
        self,
        info: Info,
        filter: Which = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> AuditEntryConnection:
        """A page of audit entries."""
        return await audit_page(info, filter, asked("audit", first, after, last, before))


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
