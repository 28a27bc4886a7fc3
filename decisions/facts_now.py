"""FactsNow: one shop's facts at one sequence number, never changed once made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import isnan
from typing import Final

import numpy as np

from decisions.live_prices import EVERYWHERE, LivePrices
from decisions.plan_book import PlanBook
from decisions.rules import RuleBook
from decisions.verdicts import VerdictBook
from schema.changes import (
    Change,
    Delisting,
    PriceChange,
    RecordedChange,
    StockChange,
    VerdictsSaved,
)
from schema.decisions import Availability
from schema.facts import NO_DAY, Days, Flags, Floats, Rows, ShopFacts

EPOCH: Final = date(1970, 1, 1)
_AVAILABILITY: Final = (Availability.OUT, Availability.IN_STOCK, Availability.UNKNOWN)


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
        rules: what merchandisers ask for; they outlive loads.
        prices: what mutations said things cost.
        plans: what planners said of demand and orders; they outlive loads.
        sequence: every change up to it is in here.
        verdicts: the first `num_verdicts` of the journal's; the changes up to `sequence` announce `last_verdict`.
    """

    base: ShopFacts
    on_hand: tuple[Floats, ...]
    delisted_on: Days
    is_ranged_anywhere: Flags
    delistings: dict[str, date | None]
    rules: RuleBook
    prices: LivePrices = LivePrices()  # noqa: RUF009 (immutable)
    plans: PlanBook = PlanBook()  # noqa: RUF009 (immutable)
    sequence: int = 0
    verdicts: VerdictBook = VerdictBook({})  # noqa: RUF009 (immutable)
    num_verdicts: int = 0
    last_verdict: int = 0

    @classmethod
    def start(cls, base: ShopFacts, *, sequence: int = 0) -> "FactsNow":
        """A load's facts before any later change."""
        anywhere = np.logical_or.reduce(base.is_ranged, axis=0) | (not base.store_ids)
        return cls(base, tuple(base.on_hand), base.delisted_on, anywhere, {}, RuleBook(base), sequence=sequence)

    def on_load(self, base: ShopFacts, *, sequence: int) -> "FactsNow":
        """Another load's facts with what outlives loads: delistings by mutation, rules, plans and verdicts."""
        fresh = FactsNow.start(base, sequence=sequence)._with_delistings(self.delistings)
        book = replace(self.rules, base=base, _lifts={})
        words = {"verdicts": self.verdicts, "num_verdicts": self.num_verdicts, "last_verdict": self.last_verdict}
        return replace(fresh, rules=book, plans=self.plans, **words)  # type: ignore[arg-type]

    def with_changes(self, changes: Sequence[RecordedChange]) -> "FactsNow":
        """These facts with the changes applied in order; unknown products and stores are passed by.

        Verdicts are only counted (`last_verdict`): who follows the journal adds them.
        """
        last_verdict, delistings = self.last_verdict, dict[str, date | None]()
        for recorded in changes:
            change = recorded.change
            if isinstance(change, Delisting):
                delistings[change.sku] = change.delisted_on
            elif isinstance(change, VerdictsSaved):
                last_verdict = change.last_number
        priced = [(recorded, recorded.change) for recorded in changes if isinstance(recorded.change, PriceChange)]
        return replace(
            self._with_delistings(delistings),
            on_hand=_counted(self.on_hand, [recorded.change for recorded in changes], self.base),
            rules=self.rules.with_changes(changes),
            prices=self.prices.with_changes(priced, self.base) if priced else self.prices,
            plans=self.plans.with_changes(changes),
            sequence=max([self.sequence, *(recorded.sequence for recorded in changes)]),
            last_verdict=last_verdict,
        )

    def availability(self, rows: Rows, *, store_id: str | None) -> list[Availability]:
        """Whether each product can be had at a store, or anywhere where none is named."""
        return availabilities(self.units(rows, store_id=store_id))

    def shelf(self, row: int, store_ids: Sequence[str]) -> list[tuple[float | None, Availability]]:
        """Units of one product in each store, None where never counted, and whether it can be had there."""
        counts = [float(self.on_hand[self.base.store_rows[store]][row]) for store in store_ids]
        return [
            (None, Availability.UNKNOWN) if isnan(units) else (units, _AVAILABILITY[int(units > 0)]) for units in counts
        ]

    def delisting(self, row: int) -> date | None:
        """The first day on which a product is no longer offered; None if none is known."""
        day = int(self.delisted_on[row])
        return None if day == NO_DAY else EPOCH + timedelta(days=day)

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

    def price(self, rows: Rows, *, store_id: str | None, on: date) -> Floats:
        """Money `[len(rows)]` on a day at a store, or everywhere; NaN where unknown.

        A price of the store's own comes before one everywhere, and one told by a mutation before the load's.
        """
        prices = self.prices.over(self.base.prices[rows], rows, store=EVERYWHERE, on=on)
        if store_id is None:
            return prices
        store = self.base.store_rows[store_id]
        unknown = np.full(len(rows), np.nan, np.float32)
        loaded = unknown if self.base.store_prices is None else self.base.store_prices[store, rows]
        own = self.prices.over(loaded, rows, store=store, on=on)
        return np.where(np.isnan(own), prices, own).astype(np.float32)

    def price_of(self, row: int, *, store_id: str | None, on: date) -> np.float32:
        """As `price` for one product, without arrays: a page asks a hundred times."""
        store = EVERYWHERE if store_id is None else self.base.store_rows[store_id]
        for shelf in (store, EVERYWHERE):
            told = self.prices.open_at((shelf, row), on)
            if told is not None:
                return np.float32(told)
            loaded = self.base.prices[row] if shelf == EVERYWHERE else self._loaded_at(store, row)
            if not isnan(loaded):
                return loaded
        return np.float32("nan")

    def _loaded_at(self, store: int, row: int) -> np.float32:
        prices = self.base.store_prices
        return np.float32("nan") if prices is None else prices[store, row]

    def _with_delistings(self, delistings: dict[str, date | None]) -> "FactsNow":
        if not delistings:
            return self
        days = self.delisted_on.copy()
        for sku, day in delistings.items():
            row = self.base.product_rows.get(sku)
            if row is not None:
                days[row] = day_number(day) if day is not None else self.base.delisted_on[row]
        return replace(self, delisted_on=days, delistings={**self.delistings, **delistings})


def availabilities(units: Floats) -> list[Availability]:
    """What numbers of units mean, NaN where they were never counted."""
    return [_AVAILABILITY[code] for code in np.where(np.isnan(units), 2, units > 0).tolist()]


def day_number(day: date | None) -> int:
    """Days since 1970-01-01; NO_DAY for none."""
    return int(NO_DAY) if day is None else (day - EPOCH).days


def _counted(on_hand: tuple[Floats, ...], changes: Sequence[Change], base: ShopFacts) -> tuple[Floats, ...]:
    stores, touched = list(on_hand), set[int]()
    for change in changes:
        if not isinstance(change, StockChange):
            continue
        store, row = base.store_rows.get(change.store_id), base.product_rows.get(change.sku)
        if store is None or row is None:
            continue
        if store not in touched:
            stores[store] = stores[store].copy()
            touched.add(store)
        stores[store][row] = change.on_hand_units
    return tuple(stores)
