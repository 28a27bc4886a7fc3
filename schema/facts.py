"""ShopFacts: what a decision must check of every candidate, as arrays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from schema.errors import MissingTable
from schema.supply import SupplyFacts

Floats = npt.NDArray[np.float32]
Days = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NO_DAY = np.iinfo(np.int32).max
"""Stands for an empty day: never launched later, never delisted."""


def no_supply() -> SupplyFacts:
    """No terms: nothing can be ordered.

    Raises:
        MissingTable: always.
    """
    raise MissingTable("Ordering", "supplies")


@dataclass(frozen=True)
class ShopFacts:
    """Facts of one lake version, the ground that the journal's later changes are applied to.

    Attributes:
        as_of: the day the facts stand at.
        skus: `[num_products]` ascending, unique.
        names: `[num_products]`; the sku where a product has no name.
        category_ids: `[num_products]`; empty text where there is none.
        prices: `[num_products]` money, the price everywhere open at `as_of`, else list price; NaN if unknown.
        sizes: `[num_products]` amount in `size_units`; NaN if unknown.
        size_units: `[num_products]`; empty text if unknown.
        minimum_ages: `[num_products]` years; 0 if none.
        launched_on: `[num_products]` days since 1970-01-01; minus NO_DAY if unknown (launched always).
        delisted_on: `[num_products]` likewise; NO_DAY if not delisted.
        store_ids: `[num_stores]` ascending.
        is_ranged: `[num_stores, num_products]`; True throughout a store with no assortment rows.
        on_hand: `[num_stores, num_products]` units at the newest count; NaN where never counted.
        store_prices: `[num_stores, num_products]` money where a store has a price of its own, else NaN; None if no
            store has any.
        brands: `[num_products]`; empty text where there is none.
        suppliers: product rows by supplier, ascending, suppliers without products among them.
        parents: each category's parent; empty text for a root.
        carried_sequence: the journal's stocks and prices up to it are in these facts; None where that is not known, and
            every one before the load counts as in it.
        supply: terms and orders, read when first called.
    """

    as_of: date
    lake_version: int
    currency: str
    skus: tuple[str, ...]
    names: tuple[str, ...]
    category_ids: tuple[str, ...]
    prices: Floats
    sizes: Floats
    size_units: tuple[str, ...]
    minimum_ages: npt.NDArray[np.int16]
    launched_on: Days
    delisted_on: Days
    store_ids: tuple[str, ...]
    is_ranged: Flags
    on_hand: Floats
    store_prices: Floats | None = None
    brands: tuple[str, ...] = ()
    suppliers: Mapping[str, Rows] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    carried_sequence: int | None = None
    supply: Callable[[], SupplyFacts] = no_supply

    @cached_property
    def product_rows(self) -> Mapping[str, int]:
        """Row of each sku."""
        return {sku: row for row, sku in enumerate(self.skus)}

    @cached_property
    def age_bound(self) -> Rows:
        """Rows of products that not everybody may buy, ascending."""
        return np.flatnonzero(self.minimum_ages > 0)

    @cached_property
    def store_rows(self) -> Mapping[str, int]:
        """Row of each store."""
        return {store_id: row for row, store_id in enumerate(self.store_ids)}

    @cached_property
    def categories(self) -> Mapping[str, Rows]:
        """Product rows of each category and those below it, ascending; categories without products among them."""
        pieces: dict[str, list[Rows]] = {key: [] for key in self.parents}
        for category_id, rows in by_word(self.category_ids).items():
            passed: set[str] = set()
            at = category_id
            while at and at not in passed:
                passed.add(at)
                pieces.setdefault(at, []).append(rows)
                at = self.parents.get(at, "")
        return {key: np.sort(np.concatenate([*rows, np.empty(0, np.int64)])) for key, rows in pieces.items()}

    @cached_property
    def brand_rows(self) -> Mapping[str, Rows]:
        """Product rows of each brand, ascending."""
        return by_word(self.brands)


def by_word(words: tuple[str, ...]) -> dict[str, Rows]:
    """The places of each word that is not empty, ascending."""
    if not words:
        return {}
    names, codes = np.unique(np.array(words, np.str_), return_inverse=True)
    order = np.argsort(codes, kind="stable").astype(np.int64)
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {str(name): order[starts[n] : starts[n + 1]] for n, name in enumerate(names) if name}
