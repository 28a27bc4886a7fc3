"""How a forecast's cost grows with the shop: made-up weekly sales of several sizes, each in a process of its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evaluation.growth import MOST_MIB, apart
from forecast.model import FittedForecast, fit_forecast
from forecast.reading import history_of
from forecast.rolling import extended
from forecast.settings import ForecastSettings
from measures.costs import clocks, held_mib
from schema.progress import Progress, silent

PRODUCTS_A_STORE: Final = 500
PRODUCTS_A_CATEGORY: Final = 20
FIRST_WEEK: Final = date(2020, 1, 6)
MOST_FIT_SECONDS: Final = 20 * 60
MOST_TOLD_SECONDS: Final = 2 * 60
"""What a fit, and a forecast of everything, may take at 100,000 series of 104 weeks."""
SERIES_AT_ONCE: Final = 20_000
FIGURES: Final = {
    "fit_seconds": ("fit, s", MOST_FIT_SECONDS),
    "fit_cpu_seconds": ("fit, CPU s", None),
    "told_seconds": ("forecast of all, s", MOST_TOLD_SECONDS),
    "told_cpu_seconds": ("forecast of all, CPU s", None),
    "peak_mib": ("peak memory, MiB", MOST_MIB),
}
"""Title of each figure and the most it may come to."""


@dataclass(frozen=True)
class ForecastCost:
    """What one size took.

    Attributes:
        fit_seconds: reading the rows into a grid, trying the families and fitting.
        told_seconds: quantiles of every series in every week ahead.
        fit_cpu_seconds, told_cpu_seconds: of all cores together, the same however busy the machine is.
        peak_mib: the most memory the process had held at the end, the rows themselves among it.
    """

    num_series: int
    num_rows: int
    fit_seconds: float
    fit_cpu_seconds: float
    told_seconds: float
    told_cpu_seconds: float
    peak_mib: float


def run(  # keywords only: the shape of the shop
    sizes: Sequence[int],
    *,
    num_weeks: int = 104,
    ahead: int = 4,
    threads: int = 2,
    seed: int = 0,
    progress: Progress = silent,
) -> list[ForecastCost]:
    """The cost of each size, smallest first.

    Args:
        sizes: products in stores.
        ahead: weeks that are fitted for and told.

    Raises:
        Unavailable: if a size's process is killed, as it is where memory runs out.
    """
    costs = []
    for place, size in enumerate(sorted(sizes)):
        progress("sizes of the shop", place, len(sizes))
        shape = (size, num_weeks, ahead, threads, seed)
        remedy = "Ask for smaller sizes: --series or --times."
        costs.append(apart(measure, *shape, what=f"{size:,} series", remedy=remedy))
    progress("sizes of the shop", len(sizes), len(sizes))
    return costs


def measure(size: int, num_weeks: int, ahead: int, threads: int, seed: int) -> ForecastCost:
    """The cost of one size in this process."""
    sales, products, stores = made_up_sales(size, num_weeks, seed)
    began = clocks()
    categories = pa.table({"category_id": sorted(set(products["category_id"].to_pylist()))})
    categories = categories.append_column("parent_id", pa.nulls(len(categories), pa.string()))
    history = extended(history_of(sales, products=products, categories=categories, stores=stores), ahead)
    num_rows = sales.num_rows
    del sales
    settings = ForecastSettings(num_threads=threads, seed=seed)
    fitted = fit_forecast(history, horizons=range(1, ahead + 1), settings=settings)
    done = clocks()
    tell_all(fitted, history.num_series, range(num_weeks, num_weeks + ahead))
    ended = clocks()
    return ForecastCost(
        num_series=history.num_series,
        num_rows=num_rows,
        fit_seconds=done[0] - began[0],
        fit_cpu_seconds=done[1] - began[1],
        told_seconds=ended[0] - done[0],
        told_cpu_seconds=ended[1] - done[1],
        peak_mib=held_mib(),
    )


def tell_all(fitted: FittedForecast, num_series: int, weeks: range) -> float:
    """Units expected of all series in some weeks, told SERIES_AT_ONCE at a time as `train` does."""
    total = 0.0
    for start in range(0, num_series, SERIES_AT_ONCE):
        rows = np.arange(start, min(start + SERIES_AT_ONCE, num_series))
        for week in weeks:
            total += float(fitted.predict(rows, np.full(len(rows), week)).mean.sum())
    return total


def made_up_sales(size: int, num_weeks: int, seed: int) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Rows of `weekly_sales`, `products` and `stores`: log-linear in price cuts and season, PRODUCTS_A_STORE each."""
    generator = np.random.default_rng(seed)
    each = min(size, PRODUCTS_A_STORE)
    product, store = np.arange(size) % each, np.arange(size) // each
    level = generator.normal(1.5, 0.9, size).astype(np.float32)
    base = (1 + 4 * generator.random(each)).astype(np.float32)[product]
    week = np.tile(np.arange(num_weeks, dtype=np.int32), size)
    row = np.repeat(np.arange(size, dtype=np.int32), num_weeks)
    is_cut = generator.random((each, num_weeks)) < 0.15
    cut = is_cut[product].ravel()
    season = (0.2 * np.sin(2 * np.pi * np.arange(num_weeks) / 52)).astype(np.float32)
    noise = generator.normal(0, 0.3, len(row)).astype(np.float32)
    units = np.round(np.exp(level[row] + season[week] + np.where(cut, np.float32(0.7), 0) + noise))
    days = (np.datetime64(FIRST_WEEK) + np.timedelta64(7, "D") * np.arange(num_weeks)).astype("datetime64[D]")
    sales = pa.table(
        {
            "sku": _named(product[row], each, "p"),
            "store_id": _named(store[row], int(store.max()) + 1, "s"),
            "week_starts_on": pa.array(days[week], pa.date32()),
            "units": units.astype(np.float64),
            "price": np.where(cut, 0.7, 1.0) * base[row],
            "base_price": base[row].astype(np.float64),
            **{name: np.zeros(len(row)) for name in ("feature_share", "display_share")},
            "price_cut_share": cut.astype(np.float64),
            "on_hand_units": np.full(len(row), np.nan),
        }
    )
    skus = [f"p{at:06d}" for at in range(each)]
    products = pa.table({"sku": skus, "category_id": [f"c{at // PRODUCTS_A_CATEGORY:04d}" for at in range(each)]})
    return sales, products, _stores(int(store.max()) + 1)


def exponents(costs: Sequence[ForecastCost], figure: str) -> list[float]:
    """The power of the number of series that a figure grows by from each size to the next; 1.0 is in proportion."""
    return [
        math.log(getattr(after, figure) / getattr(before, figure)) / math.log(after.num_series / before.num_series)
        for before, after in pairwise(costs)
    ]


def extrapolated(costs: Sequence[ForecastCost], figure: str, num_series: int) -> float:
    """What a figure comes to at a larger size, if it grows in proportion to the series from the largest one on."""
    return float(getattr(costs[-1], figure)) * max(num_series / costs[-1].num_series, 1.0)


def markdown(costs: Sequence[ForecastCost], *, wanted: int = 100_000) -> str:
    """A column a size, the exponents, and what `wanted` series would come to beside what they may."""
    head = [f"{cost.num_series:,} series, {cost.num_rows:,} rows" for cost in costs]
    columns = [*head, "exponents", f"{wanted:,} series", "at most"]
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for figure, (title, most) in FIGURES.items():
        cells = [f"{getattr(cost, figure):,.1f}" for cost in costs]
        powers = ", ".join(f"{power:.2f}" for power in exponents(costs, figure)) or "–"
        told = f"{extrapolated(costs, figure, wanted):,.0f}"
        cells += [powers, told, "" if most is None else f"{most:,}"]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _named(codes: npt.NDArray[np.int64], number: int, letter: str) -> pa.DictionaryArray:
    names = pa.array([f"{letter}{at:06d}" for at in range(number)], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names)


def _stores(number: int) -> pa.Table:
    blank = pa.nulls(number, pa.string())
    return pa.table(
        {
            "store_id": [f"s{at:06d}" for at in range(number)],
            **dict.fromkeys(("region", "city", "format", "country"), blank),
            "area_m2": pa.nulls(number, pa.float64()),
        }
    )
