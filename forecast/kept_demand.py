"""What part of demand stays in the shop when a product is out: its substitutes' excess beside empty shelves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from forecast.history import Grid, SalesHistory

Floats = npt.NDArray[np.float64]
USUAL_KEPT = 0.6
"""Kept part of demand where no stock-out was measured: between substitution and a delayed purchase in the source."""
USUAL_SPREAD = 0.25
"""Its standard deviation from shop to shop."""
CATEGORY_SPREAD = 0.1
"""Standard deviation of the kept part from category to category of one shop."""
LEAST_WANTED = 3.0
"""Units a week that a product must usually sell: the empty shelf of a slower one may have met nobody at all."""
STEADY_UNITS = 20.0
"""Units of a store's other products that a week as busy as usual weighs as much as."""
AROUND_WEEKS = 8
"""Weeks on either side that usual sales are the mean of."""


@dataclass(frozen=True)
class KeptDemand:
    """The part of demand that stays when a product is out.

    Attributes:
        share: of the whole shop, 0 to 1.
        error: its standard error.
        num_weeks: stock-outs of a product, store and week that it was measured on.
        by_sku: of each product that the shop measured otherwise, drawn to `share`.
    """

    share: float
    error: float
    num_weeks: int
    by_sku: dict[str, float]

    def of(self, skus: Sequence[str]) -> Floats:
        """The kept part of each product `[len(skus)]`."""
        return np.array([self.by_sku.get(sku, self.share) for sku in skus])


@dataclass(frozen=True)
class _Excess:
    """Substitutes beside empty shelves: units that would come over if all were kept, units above usual, variance."""

    moved: Floats
    above: Floats
    variance: Floats
    category: npt.NDArray[np.int64]
    num_weeks: int


def measured_kept(history: SalesHistory | None, split: sp.csr_matrix, skus: Sequence[str]) -> KeptDemand:
    """The kept part by weighted least squares of the substitutes' excess on the demand they were due, drawn to a prior.

    Args:
        history: None, or weekly sales with `on_hand_units`; weeks without them measure nothing.
        split: of the demand that stays, rows summing to 1 `[num_products, num_products]`.
        skus: of the rows and columns of `split`.

    Source: prior after Corsten and Gruen 2003, table 2 (45 % substitute, 15 % delay).
    """
    excess = None if history is None else _excess(history, split, skus)
    if history is None or excess is None:
        return KeptDemand(USUAL_KEPT, USUAL_SPREAD, 0, {})
    share, error = _drawn(excess, np.ones(len(excess.moved), np.bool_), USUAL_KEPT, USUAL_SPREAD)
    by_category = {
        code: _drawn(excess, excess.category == code, share, CATEGORY_SPREAD)[0] for code in np.unique(excess.category)
    }
    own = dict(zip(history.keys["sku"], history.category, strict=True))
    by_sku = {sku: by_category[own[sku]] for sku in skus if own.get(sku) in by_category}
    return KeptDemand(share, error, excess.num_weeks, by_sku)


def usual_units(history: SalesHistory, is_out: npt.NDArray[np.bool_]) -> Grid:
    """Units that each week would usually sell `[num_series, num_weeks]`.

    They are the mean of the weeks around it, times how busy the store was then in its other products.
    """
    units = history.grids["units"]
    known = np.isfinite(units) & ~is_out
    sold = np.where(known, units, 0)
    usual = _around(sold) / np.maximum(_around(known.astype(np.float32)), 1)
    expected = np.where(known, usual, 0)
    stores = sp.csr_matrix((np.ones(len(units), np.float32), (history.store, np.arange(len(units)))))
    others_sold = (stores @ sold)[history.store] - sold
    others_expected = (stores @ expected)[history.store] - expected
    return np.asarray(usual * (others_sold + STEADY_UNITS) / (others_expected + STEADY_UNITS), np.float32)


def wanted_units(history: SalesHistory) -> Grid:
    """Units wanted: what was sold, in empty weeks what would usually have been; 0 where unknown, shaped as the grid."""
    is_out = empty_weeks(history)
    return np.nan_to_num(np.where(is_out, usual_units(history, is_out), history.grids["units"]))


def empty_weeks(history: SalesHistory) -> npt.NDArray[np.bool_]:
    """Weeks that sold nothing and ended with an empty shelf `[num_series, num_weeks]`."""
    with np.errstate(invalid="ignore"):
        return np.asarray((history.grids["on_hand_units"] <= 0) & (history.grids["units"] <= 0))


def _excess(history: SalesHistory, split: sp.csr_matrix, skus: Sequence[str]) -> _Excess | None:
    is_out = empty_weeks(history)
    usual, units = usual_units(history, is_out), history.grids["units"]
    series, week = np.nonzero(is_out & (usual >= LEAST_WANTED))
    if not len(series):
        return None
    row = {sku: place for place, sku in enumerate(skus)}
    product = history.keys["sku"].map(row).fillna(-1).astype(np.int64).to_numpy()
    own = pd.DataFrame({"product": product, "store": history.store, "peer": np.arange(history.num_series)})
    outs = pd.DataFrame({"series": series, "week": week, "product": product[series], "store": history.store[series]})
    pairs = split.tocoo()
    moves = pd.DataFrame({"product": pairs.row, "other": pairs.col, "share": pairs.data})
    met = outs.merge(moves, on="product").merge(
        own.rename(columns={"product": "other"}), on=["other", "store"], suffixes=("", "_other")
    )
    peer, at = met["peer"].to_numpy(), met["week"].to_numpy()
    met = met[np.isfinite(units[peer, at]) & ~is_out[peer, at]]
    peer, at, out = (met[name].to_numpy() for name in ("peer", "week", "series"))
    if not len(met):
        return None
    expected = usual[peer, at].astype(np.float64)
    return _Excess(
        moved=usual[out, at] * met["share"].to_numpy(),
        above=units[peer, at] - expected,
        variance=expected + 0.3,
        category=history.category[out],
        num_weeks=len(series),
    )


def _drawn(excess: _Excess, chosen: npt.NDArray[np.bool_], prior: float, spread: float) -> tuple[float, float]:
    """Estimate and standard error, drawn to a prior by its precision and kept between .05 and .95."""
    moved, above, variance = excess.moved[chosen], excess.above[chosen], excess.variance[chosen]
    information = float((moved**2 / variance).sum())
    if information <= 0:
        return prior, spread
    found = float((moved * above / variance).sum()) / information
    scatter = max(float(((above - found * moved) ** 2 / variance).mean()), 1.0)
    precision, before = information / scatter, 1 / spread**2
    mean = (found * precision + prior * before) / (precision + before)
    return float(np.clip(mean, 0.05, 0.95)), float((precision + before) ** -0.5)


def _around(grid: Grid) -> Grid:
    """Sum over the weeks within AROUND_WEEKS of each week."""
    summed = np.cumsum(np.pad(grid, ((0, 0), (AROUND_WEEKS + 1, AROUND_WEEKS))), axis=1)
    return np.asarray(summed[:, 2 * AROUND_WEEKS + 1 :] - summed[:, : -2 * AROUND_WEEKS - 1])
