"""What demand is expected: units by product, store and week, with quantiles."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schema.demand_days import SavedDays

LEVELS: Final[tuple[float, ...]] = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Quantile levels of every forecast: .05, .10 … .95."""
QUANTILE_NAMES: Final[tuple[str, ...]] = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
"""Column names of the quantiles: q05, q10 … q95."""


@dataclass(frozen=True)
class DemandForecast:
    """Units expected of products in stores and weeks; one row a (sku, store_id, week_starts_on).

    Attributes:
        sku, store_id: `[num_rows]` keys.
        starts_on: `[num_rows]` datetime64[D], the first day of each row's week, or its day.
        mean: `[num_rows]` float64, units a week: the point that serves the objective the model was fitted for.
        quantiles: `[num_rows, 19]` float64, units a week at LEVELS, never falling along a row.
        date_column: what the days are called in tables: `sold_on` where rows are days and units are a day's.
        simple: what a simple forecast told in place of the model, for it did better on held-out weeks, in words.
    """

    sku: npt.NDArray[np.object_]
    store_id: npt.NDArray[np.object_]
    starts_on: npt.NDArray[np.datetime64]
    mean: npt.NDArray[np.float64]
    quantiles: npt.NDArray[np.float64]
    date_column: str = "week_starts_on"
    simple: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.mean)

    def table(self) -> pa.Table:
        """`sku, store_id, week_starts_on (or sold_on), mean, q05 … q95`, in the order of the rows."""
        keys = {
            "sku": pa.array(self.sku, pa.string()),
            "store_id": pa.array(self.store_id, pa.string()),
            self.date_column: pa.array(self.starts_on.astype("datetime64[D]"), pa.date32()),
            "mean": pa.array(self.mean, pa.float64()),
        }
        columns = {name: pa.array(self.quantiles[:, at]) for at, name in enumerate(QUANTILE_NAMES)}
        return pa.table({**keys, **columns})


DRIVERS: Final[tuple[str, ...]] = ("price", "promotion", "substitutes", "season")
"""What moves a week's units: its own price against base price, its promotion, what the products beside it cost and
promote, and all else that the model knows of the time of year."""


@dataclass(frozen=True)
class SavedForecast:
    """The weeks to come of every product in every store, laid out so that one is found by two binary searches.

    Series stand by sku, then store. Everything may be memory-mapped: 100,000 series of 26 weeks are 250 MB.

    Attributes:
        skus, store_ids: `[num_skus]` and `[num_stores]` text, ascending.
        starts: `[num_skus + 1]` int64, where each product's series begin.
        stores: `[num_series]` int32, places in `store_ids`, ascending within a product.
        weeks: `[num_weeks]` datetime64[D], first day of each; the first is the day after the last week learnt from.
        units: `[num_series, num_weeks, 20]` float32, units a week: the mean, then quantiles at LEVELS.
        base: `[num_series]` float32, units a week that the level alone expects, at base price and unpromoted.
        drivers: `[num_series, num_weeks, 4]` float32, by DRIVERS: what each multiplies one plus those units by.
        past: `[num_series]` float32, units a week sold before `weeks`.
        scale: arrays that put the quantiles right for orders, by name; empty where too little was known to learn them.
        days: what spreads weeks over their days; None where the shop does not tell what it sold each day.
    """

    skus: pa.Array
    store_ids: pa.Array
    starts: npt.NDArray[np.int64]
    stores: npt.NDArray[np.int32]
    weeks: npt.NDArray[np.datetime64]
    units: npt.NDArray[np.float32]
    base: npt.NDArray[np.float32]
    drivers: npt.NDArray[np.float32]
    past: npt.NDArray[np.float32]
    scale: Mapping[str, npt.NDArray[np.float64]]
    days: SavedDays | None = None

    def __len__(self) -> int:
        return len(self.stores)

    @property
    def as_of(self) -> date:
        """The day the forecast is made on: what happened before it is learnt from."""
        day: date = self.weeks[0].astype("datetime64[D]").item()
        return day

    def row(self, sku: str, store_id: str) -> int | None:
        """The series of a product in a store; None where it has none."""
        product, store = _place(self.skus, sku), _place(self.store_ids, store_id)
        if product is None or store is None:
            return None
        first, last = int(self.starts[product]), int(self.starts[product + 1])
        row = first + int(np.searchsorted(self.stores[first:last], store))
        return row if row < last and self.stores[row] == store else None

    def keys(self, rows: npt.NDArray[np.int64]) -> tuple[list[str], list[str]]:
        """Sku and store of each series."""
        products = np.searchsorted(self.starts, rows, side="right") - 1
        skus: list[str] = self.skus.take(pa.array(products)).to_pylist()
        store_ids: list[str] = self.store_ids.take(pa.array(self.stores[rows].astype(np.int64))).to_pylist()
        return skus, store_ids

    def week_of(self, day: date) -> int:
        """The place of the week that holds a day; below 0 before the first, at least `num_weeks` after the last."""
        return (day - self.as_of).days // 7


def _place(words: pa.Array, word: str) -> int | None:
    place = bisect_left(range(len(words)), word, key=lambda at: str(words[at]))
    return place if place < len(words) and str(words[place]) == word else None
