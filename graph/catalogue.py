"""Catalogue: products, what they belong to and who sells them, read from the graph by key, many at once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, Literal, Protocol, TypeVar

from schema.catalogue import BoughtWith, Brand, Category, Product, Promoted, Promotion, Store, Supplier, Supply

T = TypeVar("T")
Row = dict[str, Any]
Owner = Literal["product", "category", "brand", "supplier", "store", "promotion"]
LAST_KEY: Final = "\U0010ffff"
"""Greater than any key."""
_PAGES: Final[dict[Owner, tuple[str, str]]] = {
    "product": ("find_product_page", "find_product_page_backwards"),
    "category": ("find_category_page", "find_category_page_backwards"),
    "brand": ("find_brand_page", "find_brand_page_backwards"),
    "supplier": ("find_supplier_page", "find_supplier_page_backwards"),
    "store": ("find_store_page", "find_store_page_backwards"),
    "promotion": ("find_promotion_page", "find_promotion_page_backwards"),
}
_LUCENE: Final = frozenset('+-&|!(){}[]^"~*?:\\/')


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

    async def subcategories(self, keys: Sequence[str], *, after: str, limit: int) -> dict[str, list[Category]]:
        """Each category's own subcategories with a key greater than `after`, ascending, at most `limit`."""
        return self._by_key(await self._read("find_subcategories", keys=list(keys), after=after, limit=limit), Category)

    async def supplies(self, skus: Sequence[str], *, after: str, limit: int) -> dict[str, list[Supply]]:
        """Each product's suppliers with a key greater than `after`, ascending, at most `limit`."""
        return self._by_key(await self._read("find_supplies", keys=list(skus), after=after, limit=limit), Supply)

    async def promoted(self, skus: Sequence[str], *, after: str, limit: int) -> dict[str, list[Promoted]]:
        """Each product's promotions with a key greater than `after`, ascending, at most `limit`."""
        return self._by_key(await self._read("find_promoted", keys=list(skus), after=after, limit=limit), Promoted)

    async def bought_with(self, skus: Sequence[str], *, limit: int) -> dict[str, list[BoughtWith]]:
        """What is bought with each product, most baskets first, at most `limit`."""
        return self._by_key(await self._read("find_bought_with", keys=list(skus), limit=limit), BoughtWith)

    async def page(
        self, owner: Owner, key: str = "", *, after: str = "", before: str = LAST_KEY, limit: int, is_last: bool = False
    ) -> list[str]:
        """Skus between two skus, ascending: all products, or those of a category (and below), brand, supplier, ….

        Args:
            key: the owner's; not used for `product`.
            after, before: both exclusive; a place stays valid while products come and go.
            limit: how many at most.
            is_last: the last ones rather than the first.
        """
        params = {"after": after, "before": before, "limit": limit, **({} if owner == "product" else {"key": key})}
        skus = [row["sku"] for row in await self._read(_PAGES[owner][is_last], **params)]
        return skus[::-1] if is_last else skus

    async def search(self, words: str, *, after: tuple[float, str] | None, limit: int) -> list[tuple[float, str]]:
        """Score and sku of products whose names or descriptions have the words, best first, after a place."""
        query = plain_words(words)
        if not query:
            return []
        score, sku = after or (float("inf"), "")
        rows = await self._read("find_products_by_words", words=query, after_score=score, after=sku, limit=limit)
        return [(row["score"], row["sku"]) for row in rows]

    async def num_products(self) -> int:
        """How many products there are, from the graph's own count."""
        return int((await self._read("find_product_count"))[0]["num_products"])

    async def warm_up(self) -> None:
        """Have the graph plan the statements that product pages need, so that no caller waits for it."""
        for read in (self.products, self.categories, self.suppliers, self.stores, self.promotions):
            await read([])
        for join in (self.supplies, self.promoted, self.subcategories):
            await join([], after="", limit=0)
        await self.bought_with([], limit=0)
        await self.page("product", limit=0)

    @staticmethod
    def _by_key(rows: list[Row], make: Callable[..., T]) -> dict[str, list[T]]:
        grouped: dict[str, list[T]] = defaultdict(list)
        for row in rows:
            key = row.pop("key")
            grouped[key].append(make(**row))
        return grouped


def plain_words(text: str) -> str:
    """The words of a text with nothing in it that Lucene's query language would obey, the last one as a beginning."""
    cleaned = "".join(" " if mark in _LUCENE or not mark.isprintable() else mark for mark in text)
    # Lower case: AND, OR and NOT are words here.
    words = cleaned.lower().split()
    return " ".join([*words[:-1], f"({words[-1]} OR {words[-1]}*)"]) if words else ""


def _product(row: Row) -> Product:
    days = {name: _day(row[name]) for name in ("launched_on", "delisted_on")}
    return Product(**{**row, **days, "minimum_age": int(row["minimum_age"] or 0)})


def _promotion(row: Row) -> Promotion:
    days = {name: _day(row[name]) for name in ("starts_on", "ends_on")}
    return Promotion(**{**row, **days})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
