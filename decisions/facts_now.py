"""FactsNow: one shop's facts at one sequence number, never changed once made."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.verdicts import VerdictBook
from schema.changes import Delisting, RecordedChange, StockChange
from schema.decisions import Availability
from schema.facts import NO_DAY, Days, Flags, Floats, ShopFacts

Rows = npt.NDArray[np.int64]
EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class FactsNow:
    """A load's facts with the journal's later changes applied.

    A change makes a new value that shares every array it did not touch, so a reader keeps one consistent view for as
    long as it likes and needs no lock.

    Attributes:
        base: the facts of the load; its `on_hand` and `delisted_on` may be outdated.
        on_hand: one array `[num_products]` a store, in the order of `base.store_ids`; NaN where never counted.
        delisted_on: `[num_products]` days since 1970-01-01; NO_DAY if not delisted.
        is_ranged_anywhere: `[num_products]`, True where a store ranges it, or where there are no stores.
        delistings: what mutations said, by sku; None withdraws. They outlive loads.
        sequence: every change up to it is in here.
        num_verdicts: how many of the journal's verdicts are in `verdicts`.
    """

    base: ShopFacts
    on_hand: tuple[Floats, ...]
    delisted_on: Days
    is_ranged_anywhere: Flags
    delistings: dict[str, date | None]
    sequence: int = 0
    verdicts: VerdictBook = VerdictBook({})  # noqa: RUF009 (immutable)
    num_verdicts: int = 0

    @classmethod
    def start(cls, base: ShopFacts, *, delistings: dict[str, date | None], sequence: int) -> "FactsNow":
        """A load's facts, with the delistings that outlive it, before any later change."""
        anywhere = np.logical_or.reduce(base.is_ranged, axis=0) | (not base.store_ids)
        now = cls(base, tuple(base.on_hand), base.delisted_on, anywhere, {}, sequence)
        return now._with_delistings(delistings)

    def with_changes(self, changes: Iterable[RecordedChange]) -> "FactsNow":
        """These facts with stock changes and delistings applied in order; unknown products and stores are passed by."""
        on_hand = list(self.on_hand)
        touched: set[int] = set()
        delistings: dict[str, date | None] = {}
        sequence = self.sequence
        for recorded in changes:
            sequence = max(sequence, recorded.sequence)
            change = recorded.change
            if isinstance(change, StockChange):
                _count(change, self.base, on_hand, touched)
            elif isinstance(change, Delisting):
                delistings[change.sku] = change.delisted_on
        return replace(self._with_delistings(delistings), on_hand=tuple(on_hand), sequence=sequence)

    def availability(self, rows: Rows, *, store_id: str | None) -> list[Availability]:
        """Whether each product can be had at a store, or anywhere where none is named."""
        units = self.units(rows, store_id=store_id)
        return [_availability(float(count)) for count in units]

    def units(self, rows: Rows, *, store_id: str | None) -> Floats:
        """Units on hand `[len(rows)]` at a store; NaN where never counted. At any store: the most of one store.

        With no store named, a product that one store has none of and another never counted is NaN: it may be there.
        """
        if store_id is not None:
            store = self.base.store_rows[store_id]
            return self.on_hand[store][rows]
        if not self.on_hand:
            return np.full(len(rows), np.nan, np.float32)
        counts = np.stack([store[rows] for store in self.on_hand])
        counts = np.where(self.base.is_ranged[:, rows], counts, -np.inf)
        most = np.fmax.reduce(counts, axis=0)
        is_open = np.isnan(counts).any(axis=0) & ~(most > 0)
        return np.where(is_open, np.nan, most).astype(np.float32)

    def price(self, rows: Rows, *, store_id: str | None) -> Floats:
        """Money `[len(rows)]` at a store, or everywhere; NaN where unknown."""
        prices = self.base.prices[rows]
        if store_id is None or self.base.store_prices is None:
            return prices
        own = self.base.store_prices[self.base.store_rows[store_id], rows]
        return np.where(np.isnan(own), prices, own).astype(np.float32)

    def _with_delistings(self, delistings: dict[str, date | None]) -> "FactsNow":
        if not delistings:
            return self
        days = self.delisted_on.copy()
        for sku, day in delistings.items():
            row = self.base.product_rows.get(sku)
            if row is not None:
                days[row] = day_number(day) if day is not None else self.base.delisted_on[row]
        return replace(self, delisted_on=days, delistings={**self.delistings, **delistings})


def day_number(day: date | None) -> int:
    """Days since 1970-01-01; NO_DAY for none."""
    return int(NO_DAY) if day is None else (day - EPOCH).days


def _count(change: StockChange, base: ShopFacts, on_hand: list[Floats], touched: set[int]) -> None:
    store, row = base.store_rows.get(change.store_id), base.product_rows.get(change.sku)
    if store is None or row is None:
        return
    if store not in touched:
        on_hand[store] = on_hand[store].copy()
        touched.add(store)
    on_hand[store][row] = change.on_hand_units


def _availability(units: float) -> Availability:
    if np.isnan(units):
        return Availability.UNKNOWN
    return Availability.IN_STOCK if units > 0 else Availability.OUT
