"""Pages of what belongs to a category, brand, supplier, store or promotion: products by sku."""

from typing import Final

import strawberry

from api.context import Info
from api.pages import Asked, PageInfo, page_of, stretch
from api.products import Product
from graph.catalogue import Owner
from search.catalogue import FacetField

_COUNTED: Final[dict[Owner, FacetField]] = {
    "category": FacetField.CATEGORY,
    "brand": FacetField.BRAND,
    "supplier": FacetField.SUPPLIER,
}


@strawberry.type(description="A product in a list.")
class ProductEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list; valid while products come and go.")
    node: Product = strawberry.field(description="The product.")


@strawberry.type(description="A page of products.")
class ProductConnection:
    """A connection."""

    owner: strawberry.Private[Owner]
    key: strawberry.Private[str]
    edges: list[ProductEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @strawberry.field(description="How many there are in all; null where that is not counted cheaply.")
    async def total_count(self, info: Info) -> int | None:
        """The count."""
        field = _COUNTED.get(self.owner)
        return None if field is None else (await info.context.search.current()).total(field, self.key)


async def product_page(info: Info, page: Asked, *, owner: Owner, key: str) -> ProductConnection:
    """A page of an owner's products, by sku."""
    skus = await info.context.catalogue.page(owner, key, **stretch(page))
    shown = page_of("product", skus, str, page)
    cards = await info.context.products.load_many(shown.items)
    edges = [
        ProductEdge(cursor=at, node=Product.of(card))
        for at, card in zip(shown.cursors, cards, strict=True)
        if card is not None
    ]
    return ProductConnection(owner=owner, key=key, edges=edges, page_info=shown.info)
