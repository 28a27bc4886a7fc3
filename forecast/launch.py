"""Launches: what a product not sold yet borrows from its substitutes, their level and how they sold when new."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from forecast.day_grid import PAIR
from forecast.history import Grid, Rows, SalesHistory

LAUNCH_WEEKS: Final = 13
"""Weeks from a launch on in which a product sells more or less than where it settles in as many weeks after them."""
LEAST_SETTLED: Final = 4
"""Known weeks without which nobody can say where a product settled."""
EDGE_WEEKS: Final = 8
"""A product with sales this early in the grid was not launched in it."""
PRIOR_LAUNCHES: Final = 10.0
"""Launches that the next wider circle weighs as much as: no effect against all launches, all against a category's."""
PRIOR_LENDERS: Final = 3.0
"""Substitutes that the category weighs as much as."""


@dataclass(frozen=True)
class Launches:
    """What series would sell above where they settle, were they new.

    Attributes:
        lifts: `[num_series, LAUNCH_WEEKS]` log units, by weeks since the launch.
        first: `[num_series]` column of each series' first known week; past the last one where none is known.
        planned: `[num_series]` column of the week of the product's launch, below 0 where it is not known or earlier.
    """

    lifts: Grid
    first: Rows
    planned: Rows

    def lift(self, rows: Rows, origin: int, target: int) -> Grid:
        """What a launch adds to the week wanted of those not sold by the origin, 0 for others `[num_rows]`.

        Without a launch in the catalogue the product is taken to be launched in the week after the origin.
        """
        age = target - np.where(self.planned[rows] >= 0, self.planned[rows], origin + 1)
        is_new = (self.first[rows] > origin) & (age >= 0) & (age < LAUNCH_WEEKS)
        return np.where(is_new, self.lifts[rows, np.clip(age, 0, LAUNCH_WEEKS - 1)], np.float32(0))

    def is_ahead(self, rows: Rows, target: int) -> npt.NDArray[np.bool_]:
        """Whether a series never sold is of a product whose launch comes after the week wanted `[num_rows]`."""
        return np.asarray((self.first[rows] > target) & (self.planned[rows] > target))


def launches_of(residual: Grid, history: SalesHistory) -> Launches:
    """How launches in the grid went, drawn from all to the category's, and from there to the substitutes' own.

    Without substitutes nothing is borrowed: what is common to all launches the trees learn by themselves.

    Args:
        residual: log1p(units) less what price and promotion add, NaN where unknown.
    """
    known = np.isfinite(residual)
    first = np.where(known.any(axis=1), known.argmax(axis=1), residual.shape[1]).astype(np.int64)
    planned = np.full(len(residual), -1, np.int64) if history.launch_week is None else history.launch_week
    if history.lenders is None:
        return Launches(np.zeros((len(residual), LAUNCH_WEEKS), np.float32), first, planned)
    lift = _own_lifts(residual, first)
    lift[_first_of_product(first, history) < EDGE_WEEKS] = np.nan
    value, count = np.nan_to_num(lift), np.isfinite(lift).astype(np.float32)
    shop = value.sum(axis=0) / (count.sum(axis=0) + PRIOR_LAUNCHES)
    totals, numbers = (_by(grid, history.category) for grid in (value, count))
    lifts = ((totals + PRIOR_LAUNCHES * shop) / (numbers + PRIOR_LAUNCHES))[history.category]
    totals, numbers = (_by(grid, history.product) for grid in (value, count))
    of_product = (totals / np.maximum(numbers, 1))[history.product]
    was_launched = (numbers > 0).astype(np.float32)[history.product]
    weight, lenders = history.lenders @ was_launched, (history.lenders > 0) @ was_launched
    lent = (history.lenders @ (of_product * was_launched)) / np.maximum(weight, 1e-9)
    lifts = (lenders * lent + PRIOR_LENDERS * lifts) / (lenders + PRIOR_LENDERS)
    return Launches(lifts.astype(np.float32), first, planned)


def lent_levels(level: Grid, prior: Grid, history: SalesHistory) -> Grid:
    """The prior, of products that nobody has sold yet drawn to the levels of their substitutes in the same store.

    How far is learnt from the launches in the grid: where each stood LAUNCH_WEEKS later, on the prior and on what its
    substitutes sold when it came, by ridge. Without launches the prior stays.

    Args:
        level: `[num_series, num_weeks]`, NaN before a series' first week; prior: of category and store.

    Source: Hoerl and Kennard 1970 (ridge regression).
    """
    if history.lenders is None:
        return prior
    known = np.isfinite(level)
    first = np.where(known.any(axis=1), known.argmax(axis=1), level.shape[1]).astype(np.int64)
    sold_from = _first_of_product(first, history)
    rows = np.flatnonzero(sold_from > 0)
    lenders = history.lenders[rows]
    weight = lenders @ known.astype(np.float32)
    lent = np.where(weight > 0, lenders @ np.nan_to_num(level) / np.maximum(weight, 1e-9), prior[rows])
    offset, share = _borrowed(level[rows], prior[rows], lent, first[rows], sold_from[rows])
    drawn = prior[rows] + offset + share * (lent - prior[rows])
    found = prior.copy()
    found[rows] = np.where(np.arange(level.shape[1]) < sold_from[rows][:, None], drawn, prior[rows])
    return found


def _borrowed(level: Grid, prior: Grid, lent: Grid, first: Rows, sold_from: Rows) -> tuple[float, float]:
    """What launches stood above the prior, and the part of the way from it to their substitutes that they went."""
    later = np.minimum(first + LAUNCH_WEEKS - 1, level.shape[1] - 1)
    rows = np.flatnonzero((sold_from >= EDGE_WEEKS) & (later >= first + LEAST_SETTLED))
    came = first[rows] - 1
    gone, way = level[rows, later[rows]] - prior[rows, came], lent[rows, came] - prior[rows, came]
    inputs = np.column_stack([np.ones(len(rows)), way]).astype(np.float64)
    offset, share = np.linalg.solve(inputs.T @ inputs + PRIOR_LAUNCHES * np.eye(2), inputs.T @ gone)
    return float(offset), float(np.clip(share, 0, 1))


def _first_of_product(first: Rows, history: SalesHistory) -> Rows:
    """The first known week of each series' product in any store."""
    found = np.full(int(history.product.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(found, history.product, first)
    return np.asarray(found[history.product], np.int64)


def new_shelves(
    read: Callable[[str, list[str]], pa.Table], known: pd.DataFrame, window: tuple[date, date]
) -> pd.DataFrame:
    """`sku` and `store_id` of products launched within a window in the stores that range them, where no sale is known.

    A store that ranges nothing in particular ranges everything.

    Args:
        known: the keys of all series with sales.
        window: first day, and the day after the last.
    """
    products = read("products", ["sku", "launched_on", "delisted_on"]).to_pandas()
    launched = pd.to_datetime(products["launched_on"])
    is_in = (launched >= pd.Timestamp(window[0])) & (launched < pd.Timestamp(window[1]))
    fresh = products.assign(launched=launched)[is_in & products["delisted_on"].isna()]
    ranges = read("assortments", [*PAIR, "valid_to"]).to_pandas()
    free = sorted(set(known["store_id"]) - set(ranges["store_id"]))
    everywhere = fresh.merge(pd.DataFrame({"store_id": pd.Series(free, dtype=object)}), how="cross")
    ranged = ranges[ranges["store_id"].isin(known["store_id"])].merge(fresh, on="sku")
    is_open = ranged["valid_to"].isna() | (pd.to_datetime(ranged["valid_to"]) > ranged["launched"])
    shelves = pd.concat([everywhere[PAIR], ranged.loc[is_open, PAIR]])
    is_known = pd.MultiIndex.from_frame(shelves[PAIR]).isin(pd.MultiIndex.from_frame(known[PAIR]))
    return shelves.loc[~is_known, PAIR].drop_duplicates().reset_index(drop=True)


def _own_lifts(residual: Grid, first: Rows) -> Grid:
    """How far each series' first LAUNCH_WEEKS lay above where it settled, NaN where that is not known."""
    age = first[:, None] + np.arange(2 * LAUNCH_WEEKS)
    own = np.take_along_axis(residual, np.minimum(age, residual.shape[1] - 1), axis=1)
    own = np.where(age < residual.shape[1], own, np.nan)
    later = own[:, LAUNCH_WEEKS:]
    number = np.isfinite(later).sum(axis=1)
    settled = np.where(number >= LEAST_SETTLED, np.nansum(later, axis=1) / np.maximum(number, 1), np.nan)
    return np.asarray(own[:, :LAUNCH_WEEKS] - settled[:, None], np.float32)


def _by(grid: Grid, groups: Rows) -> Grid:
    found = np.zeros((int(groups.max()) + 1, grid.shape[1]), np.float32)
    np.add.at(found, groups, grid)
    return found
