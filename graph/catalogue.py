"""Catalogue: products, what they belong to and who sells them, read from the graph by key, many at once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from sys import intern
from typing import Any, Final, Literal, Protocol, Required, TypedDict, TypeVar, Unpack

from graph.bought import bought, instant
from schema.catalogue import (
    BoughtWith,
    Brand,
    Category,
    Customer,
    Product,
    Promoted,
    Promotion,
    RunsAt,
    SentTo,
    ShopsAt,
    Store,
    Supplier,
    Supply,
)
from schema.decisions import Bought

T = TypeVar("T")
Row = dict[str, Any]
Owner = Literal["category", "brand", "supplier", "store", "promotion"]
LAST_KEY: Final = "\U0010ffff"
"""Greater than any key."""
_PAGES: Final[dict[Owner, tuple[str, str]]] = {
    "category": ("find_category_page", "find_category_page_backwards"),
    "brand": ("find_brand_page", "find_brand_page_backwards"),
    "supplier": ("find_supplier_page", "find_supplier_page_backwards"),
    "store": ("find_store_page", "find_store_page_backwards"),
    "promotion": ("find_promotion_page", "find_promotion_page_backwards"),
}


class Stretch(TypedDict, total=False):
    """Which of a list's rows to read; what is left out asks nothing.

    Attributes:
        limit: how many at most; always given.
        after, before: keys, both exclusive; a place stays valid while rows come and go.
        is_last: the last ones rather than the first, in the same order.
    """

    limit: Required[int]
    after: str
    before: str
    is_last: bool


class Read(Protocol):
    """How a statement that reads is run: its name and parameters in, rows out."""

    async def __call__(self, name: str, **params: Any) -> list[Row]:
        """Every row, as column → value."""


class Catalogue:
    """Reads of the catalogue, one round trip each however many keys are asked for.

    Every reader raises Unavailable if the graph does not answer in time.
    """

    def __init__(self, read: Read) -> None:
        self._read = read

    async def products(self, skus: Sequence[str]) -> dict[str, Product]:
        """Products by sku; those that do not exist are absent."""
        rows = await self._read("find_products", skus=list(skus))
        return {row["sku"]: _product(row) for row in rows}

    async def categories(self, keys: Sequence[str]) -> dict[str, Category]:
        """Categories by key; those that do not exist are absent."""
        return {row["category_id"]: Category(**row) for row in await self._read("find_categories", keys=list(keys))}

    async def brands(self, keys: Sequence[str]) -> dict[str, Brand]:
        """Brands by name; those that do not exist are absent."""
        return {row["name"]: Brand(**row) for row in await self._read("find_brands", keys=list(keys))}

    async def suppliers(self, keys: Sequence[str]) -> dict[str, Supplier]:
        """Suppliers by key; those that do not exist are absent."""
        return {row["supplier_id"]: Supplier(**row) for row in await self._read("find_suppliers", keys=list(keys))}

    async def stores(self, keys: Sequence[str]) -> dict[str, Store]:
        """Stores by key; those that do not exist are absent."""
        return {row["store_id"]: Store(**row) for row in await self._read("find_stores", keys=list(keys))}

    async def promotions(self, keys: Sequence[str]) -> dict[str, Promotion]:
        """Promotions by key; those that do not exist are absent."""
        rows = await self._read("find_promotions", keys=list(keys))
        return {row["promotion_id"]: _promotion(row) for row in rows}

    async def customers(self, keys: Sequence[str]) -> dict[str, Customer]:
        """Customers by key; those that do not exist are absent."""
        rows = await self._read("find_customers", keys=list(keys))
        return {row["customer_id"]: Customer(**{**row, "joined_on": _day(row["joined_on"])}) for row in rows}

    async def bought(self, keys: Sequence[str]) -> dict[str, list[Bought]]:
        """What each customer buys, strongest first."""
        rows = await self._read("find_bought_of_many", keys=list(keys))
        return {row["customer_id"]: [bought(*each) for each in row["bought"]] for row in rows}

    async def ancestors(self, keys: Sequence[str]) -> dict[str, list[Category]]:
        """Everything above each category, the top first."""
        return self._by_key(await self._read("find_ancestors", keys=list(keys)), Category)

    async def top_categories(self, **stretch: Unpack[Stretch]) -> list[Category]:
        """Categories that are part of none, ascending."""
        rows = await self._read("find_top_categories", **_whole(stretch))
        return [Category(**row, parent_id=None) for row in rows]

    async def subcategories(self, keys: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[Category]]:
        """Each category's own subcategories, ascending."""
        return self._by_key(await self._joined("find_subcategories", keys, stretch), Category)

    async def supplies(self, skus: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[Supply]]:
        """Each product's suppliers, ascending by key."""
        return self._by_key(await self._joined("find_supplies", skus, stretch), Supply)

    async def promoted(self, skus: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[Promoted]]:
        """Each product's promotions, ascending by key."""
        return self._by_key(await self._joined("find_promoted", skus, stretch), Promoted)

    async def stores_of_promotions(self, keys: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[RunsAt]]:
        """The stores that each promotion is bound to, ascending; one bound to none runs at every store."""
        rows = await self._joined("find_stores_of_promotions", keys, stretch)
        return self._by_key([{**row, "promotion_id": row["key"]} for row in rows], RunsAt)

    async def promotions_of_stores(self, keys: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[RunsAt]]:
        """The promotions that are bound to each store, ascending by key."""
        rows = await self._joined("find_promotions_of_stores", keys, stretch)
        return self._by_key([{**row, "store_id": row["key"]} for row in rows], RunsAt)

    async def stores_of_customers(self, keys: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[ShopsAt]]:
        """The stores that each customer shops at, ascending by key."""
        rows = await self._joined("find_stores_of_customers", keys, stretch)
        for row in rows:
            row["last_bought_at"] = instant(row.pop("last_bought_ms"))
        return self._by_key(rows, ShopsAt)

    async def promotions_of_customers(self, keys: Sequence[str], **stretch: Unpack[Stretch]) -> dict[str, list[SentTo]]:
        """The promotions that were sent to each customer, ascending by key."""
        rows = await self._joined("find_promotions_of_customers", keys, stretch)
        return self._by_key([{**row, "sent_on": _day(row["sent_on"])} for row in rows], SentTo)

    async def bought_with(self, skus: Sequence[str], *, limit: int) -> dict[str, list[BoughtWith]]:
        """What is bought with each product, most baskets first, at most `limit`."""
        return self._by_key(await self._read("find_bought_with", keys=list(skus), limit=limit), BoughtWith)

    async def page(self, owner: Owner, key: str, **stretch: Unpack[Stretch]) -> list[str]:
        """Skus of one category (and those below), brand, supplier, …, ascending."""
        between = _whole(stretch)
        is_last = between.pop("is_last")
        skus = [row["sku"] for row in await self._read(_PAGES[owner][is_last], key=key, **between)]
        return skus[::-1] if is_last else skus

    async def warm_up(self) -> None:
        """Have the graph plan the statements that product pages need, so that no caller waits for it."""
        for read in (self.products, self.categories, self.suppliers, self.stores, self.promotions, self.ancestors):
            await read([])
        for join in (self.supplies, self.promoted, self.subcategories):
            await join([], limit=0)
        await self.bought_with([], limit=0)
        await self.page("category", "", limit=0)
        await self.top_categories(limit=0)

    async def _joined(self, name: str, keys: Sequence[str], stretch: "Stretch") -> list[Row]:
        return await self._read(name, keys=list(keys), **_whole(stretch))

    @staticmethod
    def _by_key(rows: list[Row], make: Callable[..., T]) -> dict[str, list[T]]:
        grouped: dict[str, list[T]] = defaultdict(list)
        for row in rows:
            key = row.pop("key")
            grouped[key].append(make(**row))
        return grouped


def _whole(stretch: Stretch) -> dict[str, Any]:
    return {"after": "", "before": LAST_KEY, "is_last": False, **stretch}


def _product(row: Row) -> Product:
    days = {name: _day(row[name]) for name in ("launched_on", "delisted_on")}
    # The driver reads each word anew, and a process keeps a hundred thousand products.
    words = {name: row[name] and intern(row[name]) for name in ("category_id", "brand", "size_unit")}
    return Product(**{**row, **days, **words, "minimum_age": int(row["minimum_age"] or 0)})


def _promotion(row: Row) -> Promotion:
    days = {name: _day(row[name]) for name in ("starts_on", "ends_on")}
    return Promotion(**{**row, **days})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
