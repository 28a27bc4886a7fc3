"""What a caller may ask of a search: words, conditions and order."""

from decimal import Decimal
from typing import Annotated, Final

import strawberry

from api.pages import MAX_PAGE
from schema.errors import BadInput
from search.catalogue import FacetField, Filter, Sort
from search.completions import CompletionKind

MAX_LETTERS: Final = 200
MAX_VALUES: Final = MAX_PAGE
strawberry.enum(
    Sort,
    name="ProductSort",
    description="The order of products; ties stand by sku. RELEVANCE without a query is by popularity.",
)
strawberry.enum(FacetField, description="What products are counted by; a category counts what stands below it too.")
strawberry.enum(
    CompletionKind,
    description="A brand, a category, words that one name holds, or a whole name.",
)

Words = Annotated[
    str | None,
    strawberry.argument(
        description="Words of names, brands, categories or descriptions, the last one perhaps begun; or a sku or GTIN."
    ),
]
Order = Annotated[
    Sort | None,
    strawberry.argument(description="The order; null means RELEVANCE with a query, else SKU."),
]


@strawberry.input(description="Amounts in the shop's currency, both inclusive; products of unknown price are left out.")
class PriceRange:
    """A range."""

    min: Decimal | None = strawberry.field(default=None, description="The least; null means no such bound.")
    max: Decimal | None = strawberry.field(default=None, description="The most; null means no such bound.")


@strawberry.input(
    description="Which products: every condition must hold, of several values of one kind any. One value may stand "
    "where a list is asked for."
)
class ProductFilter:
    """A filter."""

    category_id: list[str] | None = strawberry.field(default=None, description="Of these categories and those below.")
    brand: list[str] | None = strawberry.field(default=None, description="Of these brands.")
    supplier_id: list[str] | None = strawberry.field(default=None, description="Offered by these suppliers.")
    price: PriceRange | None = strawberry.field(default=None, description="What it costs now, at `storeId` if given.")
    store_id: str | None = strawberry.field(
        default=None, description="As this store sees it: only what it ranges, its prices and its stock."
    )
    in_stock: bool = strawberry.field(default=False, description="Leave out what is not known to be in stock now.")
    is_private_label: bool | None = strawberry.field(default=None, description="Of the retailer's own brands, or not.")
    customer_age: int | None = strawberry.field(
        default=None, description="Leave out what a customer of this age may not buy."
    )
    include_delisted: bool = strawberry.field(
        default=False, description="Also what has left the range, is not launched yet or is ranged nowhere."
    )


Chosen = Annotated[
    ProductFilter | None, strawberry.argument(description="Which products; null means all in the range.")
]


def filter_of(chosen: ProductFilter) -> Filter:
    """The filter that the search applies.

    Raises:
        BadInput: if it names too many values, or an amount is no number.
    """
    price = chosen.price or PriceRange()
    return Filter(
        category_ids=_values("categoryId", chosen.category_id),
        brands=_values("brand", chosen.brand),
        supplier_ids=_values("supplierId", chosen.supplier_id),
        price_from=_amount(price.min),
        price_to=_amount(price.max),
        in_stock_only=chosen.in_stock,
        is_private_label=chosen.is_private_label,
        customer_age=chosen.customer_age,
    )


def text_of(words: str) -> str:
    """A search's words as given.

    Raises:
        BadInput: if they are too long.
    """
    if len(words) > MAX_LETTERS:
        raise BadInput(f"A search of {len(words):,} characters is too long.", remedy=f"Send at most {MAX_LETTERS}.")
    return words


def _values(name: str, values: list[str] | None) -> tuple[str, ...] | None:
    if values is not None and len(values) > MAX_VALUES:
        raise BadInput(f"`{name}` holds {len(values)} values.", remedy=f"Name at most {MAX_VALUES}.")
    return None if values is None else tuple(values)


def _amount(amount: Decimal | None) -> float | None:
    if amount is not None and not amount.is_finite():
        raise BadInput(f"{amount} is no amount.", remedy="Send a number.")
    return None if amount is None else float(amount)
