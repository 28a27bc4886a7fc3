"""Difference: which products two listings do not say the same of, so that the rest need not be indexed again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import ne

import numpy as np

from schema.facts import Rows
from schema.listings import Listings


@dataclass(frozen=True)
class Difference:
    """What became of the products of one listing in another.

    Attributes:
        moved: `[num_before]` the row that a product of which the same is said has now; -1 where another thing is said,
            or the product is gone.
        fresh: `[n]` rows, now, of products that were not there or of which another thing was said, ascending.
    """

    moved: Rows
    fresh: Rows

    @property
    def is_none(self) -> bool:
        """Whether the same products stand in the same rows, and the same is said of each."""
        return not len(self.fresh) and bool((self.moved >= 0).all())


def difference(before: Listings, after: Listings) -> Difference:
    """What differs between two listings; what is said of a category is said of every product below it."""
    rows = _rows_before(before, after)
    is_fresh = rows < 0
    shared = np.flatnonzero(~is_fresh)
    is_fresh[shared[_differing(before, after, rows, shared)]] = True
    moved = np.full(len(before.skus), -1, np.int64)
    kept = np.flatnonzero(~is_fresh)
    moved[rows[kept]] = kept
    return Difference(moved, np.flatnonzero(is_fresh))


def _rows_before(before: Listings, after: Listings) -> Rows:
    """The former row of each product, -1 where it had none."""
    if before.skus == after.skus:
        return np.arange(len(after.skus), dtype=np.int64)
    places = {sku: row for row, sku in enumerate(before.skus)}
    return np.fromiter((places.get(sku, -1) for sku in after.skus), np.int64, len(after.skus))


def _differing(before: Listings, after: Listings, rows: Rows, shared: Rows) -> Rows:
    """Places in `shared`, rows of products that stand in both listings, where not the same is said."""
    is_other = before.is_private_label[rows[shared]] != after.is_private_label[shared]
    is_plain = len(shared) == len(before.skus) == len(after.skus)
    for old, new in _columns(before, after):
        here = new if is_plain else [new[row] for row in shared.tolist()]
        there = old if is_plain else [old[row] for row in rows[shared].tolist()]
        is_other[list(compress(count(), map(ne, there, here)))] = True
    moved = _moved_categories(before, after)
    if moved:
        here = [after.category_ids[row] for row in shared.tolist()]
        is_other |= np.fromiter((key in moved for key in here), np.bool_, len(here))
    return np.flatnonzero(is_other)


def _columns(before: Listings, after: Listings) -> Iterator[tuple[Sequence[object], Sequence[object]]]:
    for name in ("names", "descriptions", "brands", "gtins", "category_ids", "supplier_ids"):
        old, new = getattr(before, name), getattr(after, name)
        if old is not new:
            yield old, new


def _moved_categories(before: Listings, after: Listings) -> set[str]:
    """Keys of categories that stand elsewhere now, or whose name or that of one above them is another."""
    keys = {*before.categories, *after.categories}
    return {key for key in keys if _shelves(before, key) != _shelves(after, key)}


def _shelves(listings: Listings, key: str) -> list[tuple[str, str]]:
    return [(each, listings.categories[each].name) for each in listings.path(key)]
