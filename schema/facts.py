"""ShopFacts: what a decision must check of every candidate, as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Days = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

NO_DAY = np.iinfo(np.int32).max
"""Stands for an empty day: never launched later, never delisted."""


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

    @cached_property
    def product_rows(self) -> Mapping[str, int]:
        """Row of each sku."""
        return {sku: row for row, sku in enumerate(self.skus)}

    @cached_property
    def store_rows(self) -> Mapping[str, int]:
        """Row of each store."""
        return {store_id: row for row, store_id in enumerate(self.store_ids)}
