"""Listings: what is said of each product in words, and what it belongs to, for whoever searches."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Shelf:
    """A category as a list of them shows it; `parent_id` None at the top."""

    name: str
    parent_id: str | None


@dataclass(frozen=True)
class Listings:
    """Every product of one lake version, in the order of ShopFacts' skus. Empty text stands for what is not known.

    Attributes:
        skus: `[num_products]` ascending, unique.
        names, descriptions, brands, gtins: `[num_products]`.
        category_ids: `[num_products]`; the category right above each product.
        supplier_ids: `[num_products]` whoever offers it, ascending.
        is_private_label: `[num_products]` 1, 0, or -1 where not known.
        categories: by key, those that hold no product among them.
        supplier_names: by key; the key where there is no name.
    """

    lake_version: int
    skus: tuple[str, ...]
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    brands: tuple[str, ...]
    gtins: tuple[str, ...]
    category_ids: tuple[str, ...]
    supplier_ids: tuple[tuple[str, ...], ...]
    is_private_label: npt.NDArray[np.int8]
    categories: Mapping[str, Shelf]
    supplier_names: Mapping[str, str]

    def path(self, category_id: str) -> list[str]:
        """A category and all above it, the top last; empty for a key that nobody knows."""
        found: list[str] = []
        at: str | None = category_id
        while at is not None and at in self.categories and at not in found:
            found.append(at)
            at = self.categories[at].parent_id
        return found
