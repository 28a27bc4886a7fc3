"""CatalogueSearch: words, filters, order and facets over one lake version's products."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from measures.words import folded
from schema.facts import Days, Floats
from schema.listings import Listings
from search.columns import Belongings, Flags, Rows
from search.completions import Completions
from search.difference import difference
from search.synonyms import Synonyms
from search.word_index import Found, Stage, WordIndex

COVERED: Final = 0.15
POPULAR: Final = 0.05
"""What a name that holds nothing else, and the most bought product, are ahead of others that fit as well."""


class Sort(StrEnum):
    """The order of what was found; ties stand by sku."""

    RELEVANCE = "RELEVANCE"
    NAME = "NAME"
    PRICE_LOW = "PRICE_LOW"
    PRICE_HIGH = "PRICE_HIGH"
    POPULARITY = "POPULARITY"
    NEWEST = "NEWEST"
    SKU = "SKU"


class FacetField(StrEnum):
    """What products are counted by."""

    CATEGORY = "CATEGORY"
    BRAND = "BRAND"
    SUPPLIER = "SUPPLIER"
    PRIVATE_LABEL = "PRIVATE_LABEL"


@dataclass(frozen=True)
class Filter:
    """Which products: every condition holds; of several values of one kind any. None asks nothing.

    Attributes:
        price_from, price_to: money, both inclusive; products of unknown price are then left out.
        in_stock_only: leave out what is not known to be in stock.
        customer_age: leave out what this customer may not buy.
    """

    category_ids: tuple[str, ...] | None = None
    brands: tuple[str, ...] | None = None
    supplier_ids: tuple[str, ...] | None = None
    price_from: float | None = None
    price_to: float | None = None
    in_stock_only: bool = False
    is_private_label: bool | None = None
    customer_age: int | None = None


@dataclass(frozen=True)
class Now:
    """What changes while a catalogue stands, `[num_products]` each, by row of the listings.

    Attributes:
        is_offered: in the range now.
        is_stocked: known to be in stock.
        prices: money; NaN where unknown.
        minimum_ages: years.
        popularity: 0 to 1.
        launched_on: days since 1970-01-01.
    """

    is_offered: Flags
    is_stocked: Flags
    prices: Floats
    minimum_ages: npt.NDArray[np.int16]
    popularity: Floats
    launched_on: Days


@dataclass(frozen=True)
class Listed:
    """Products in order.

    Attributes:
        rows: `[n]` rows of the listings.
        keys: `[n]` ascending: what they are ordered by, ties by row.
    """

    rows: Rows
    keys: npt.NDArray[np.float64]

    def place(self, row: int | None, key: float, row_by_sku: int) -> tuple[int, int]:
        """Where a product begins and ends in the list; where it is gone, both are the place it would stand at.

        Args:
            row: the product's; None if the listings have it no more.
            key, row_by_sku: what it was ordered by, and the row of the first sku that is not less than its own.
        """
        there = np.flatnonzero(self.rows == (-1 if row is None else row))
        if len(there):
            return int(there[0]), int(there[0]) + 1
        start, stop = np.searchsorted(self.keys, key, "left"), np.searchsorted(self.keys, key, "right")
        gone = int(start + np.searchsorted(self.rows[start:stop], row_by_sku, "left"))
        return gone, gone


class CatalogueSearch:
    """One lake version's products, searched in memory; read by any thread, never changed."""

    def __init__(self, listings: Listings, index: WordIndex | None = None) -> None:
        self.listings = listings
        self._index = WordIndex(listings) if index is None else index
        self.completions = Completions(listings, self._index)
        self.rows: Mapping[str, int] = {sku: row for row, sku in enumerate(listings.skus)}
        names = [folded(name or sku) for name, sku in zip(listings.names, listings.skus, strict=True)]
        self._name_places = np.unique(np.array(names, object), return_inverse=True)[1].astype(np.float64)
        paths = {key: listings.path(key) for key in set(listings.category_ids)}
        own_label = {1: "true", 0: "false", -1: ""}
        self._belongings: dict[FacetField, Belongings] = {
            FacetField.CATEGORY: Belongings.of([paths[key] for key in listings.category_ids]),
            FacetField.BRAND: Belongings.of([(brand,) for brand in listings.brands]),
            FacetField.SUPPLIER: Belongings.of(listings.supplier_ids),
            FacetField.PRIVATE_LABEL: Belongings.of([(own_label[int(n)],) for n in listings.is_private_label]),
        }

        every = np.ones(len(listings.skus), np.bool_)
        self._totals = {field: held.counts(every) for field, held in self._belongings.items()}

    def renewed(self, listings: Listings) -> "CatalogueSearch":
        """The search over other listings, only those products written anew of which another thing is said."""
        return CatalogueSearch(listings, self._index.renewed(listings, difference(self.listings, listings)))

    @property
    def is_worn(self) -> bool:
        """Whether it was renewed so often that building it anew saves memory."""
        return self._index.is_worn

    def everything(self) -> Found:
        """All products, none fitting better than another."""
        number = len(self.listings.skus)
        return Found(np.arange(number), np.zeros(number, np.float32), Stage.WRITTEN)

    def find(self, text: str, synonyms: Synonyms) -> Found:
        """The products that fit a text, as strictly as any do."""
        return self._index.find(text, synonyms)

    def allowed(self, chosen: Filter, now: Now) -> Flags:
        """`[num_products]` whether a product is offered and fits a filter."""
        flags = now.is_offered.copy()
        kinds = (
            (FacetField.CATEGORY, chosen.category_ids),
            (FacetField.BRAND, chosen.brands),
            (FacetField.SUPPLIER, chosen.supplier_ids),
        )
        for field, wanted in kinds:
            if wanted is not None:
                flags &= self._belongings[field].having(wanted, len(flags))
        if chosen.price_from is not None:
            flags &= now.prices >= chosen.price_from
        if chosen.price_to is not None:
            flags &= now.prices <= chosen.price_to
        if chosen.in_stock_only:
            flags &= now.is_stocked
        if chosen.is_private_label is not None:
            flags &= self.listings.is_private_label == int(chosen.is_private_label)
        if chosen.customer_age is not None:
            flags &= now.minimum_ages <= chosen.customer_age
        return flags

    def listed(self, found: Found, allowed: Flags, sort: Sort, now: Now, num_words: int) -> Listed:
        """What was found and is allowed, in order.

        Args:
            num_words: of the search; names that hold no others come first among those that fit as well.
        """
        kept = allowed[found.rows]
        rows, fit = found.rows[kept], found.fit[kept].astype(np.float64)
        keys = self._keys(rows, fit, sort, now, num_words)
        order = np.lexsort((rows, keys))
        return Listed(rows[order], keys[order])

    def _keys(
        self, rows: Rows, fit: npt.NDArray[np.float64], sort: Sort, now: Now, num_words: int
    ) -> npt.NDArray[np.float64]:
        if sort is Sort.RELEVANCE:
            covered = num_words / np.maximum(self._index.name_words[rows], max(num_words, 1))
            ahead = (COVERED * covered + POPULAR * now.popularity[rows]).astype(np.float64)
            return np.round(-(fit + ahead), 6)
        if sort is Sort.NAME:
            return self._name_places[rows]
        if sort is Sort.POPULARITY:
            return -now.popularity[rows].astype(np.float64)
        if sort is Sort.NEWEST:
            return -now.launched_on[rows].astype(np.float64)
        if sort is Sort.SKU:
            return np.zeros(len(rows), np.float64)
        prices = now.prices[rows].astype(np.float64)
        ordered = prices if sort is Sort.PRICE_LOW else -prices
        ordered[np.isnan(prices)] = np.inf
        return ordered

    def counts(self, rows: Rows, field: FacetField) -> Mapping[str, int]:
        """How many of the products have each value of a kind; a category counts what stands below it too."""
        chosen = np.zeros(len(self.listings.skus), np.bool_)
        chosen[rows] = True
        return self._belongings[field].counts(chosen)

    def total(self, field: FacetField, value: str) -> int:
        """How many products have a value, in the range or not."""
        return self._totals[field].get(value, 0)

    def label(self, field: FacetField, value: str) -> str:
        """A value as people call it."""
        if field is FacetField.CATEGORY:
            return self.listings.categories[value].name
        return self.listings.supplier_names.get(value, value) if field is FacetField.SUPPLIER else value
