"""LivePrices: price windows that mutations gave, over a load's own prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from schema.changes import PriceChange, RecordedChange
from schema.facts import Floats, Rows, ShopFacts

EVERYWHERE = -1
Shelf = tuple[int, int]
"""Row of a store, or EVERYWHERE, and row of a product."""


@dataclass(frozen=True)
class PriceWindow:
    """A price over a half-open window of days; `valid_to` None means until another price."""

    price: float
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class LivePrices:
    """Price windows by shelf, ascending by their first day; one a first day, the newest told."""

    windows: Mapping[Shelf, tuple[PriceWindow, ...]] = field(default_factory=dict)

    def with_changes(self, changes: Iterable[tuple[RecordedChange, PriceChange]], base: ShopFacts) -> "LivePrices":
        """These and later ones, in order; those of products and stores that the shop does not know are passed by."""
        windows = dict(self.windows)
        for recorded, change in changes:
            row = base.product_rows.get(change.sku)
            store = EVERYWHERE if change.store_id is None else base.store_rows.get(change.store_id)
            if row is None or store is None:
                continue
            starts = change.first_day(recorded.recorded_at)
            window = PriceWindow(change.price, starts, change.valid_to)
            kept = [known for known in windows.get((store, row), ()) if known.valid_from != starts]
            windows[store, row] = tuple(sorted([*kept, window], key=lambda each: each.valid_from))
        return LivePrices(windows)

    def over(self, prices: Floats, rows: Rows, *, store: int, on: date) -> Floats:
        """`prices` of these product rows, replaced where a window is open; of several the one that starts last."""
        if not self.windows:
            return prices
        found = [self.open_at((store, row), on) for row in rows.tolist()]
        is_open = np.array([price is not None for price in found], np.bool_)
        live = np.array([price or 0.0 for price in found], np.float32)
        return np.where(is_open, live, prices).astype(np.float32)

    def open_at(self, shelf: Shelf, on: date) -> float | None:
        """The price that was told for a shelf and a day; None where no window is open."""
        for window in reversed(self.windows.get(shelf, ())):
            if window.valid_from <= on and (window.valid_to is None or on < window.valid_to):
                return window.price
        return None
