"""What price and promotion do to demand: log-linear effects of each series, shrunk to its product and to all."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.history import Grid, Rows, SalesHistory

BLOCK_WEEKS = 26
"""Weeks that share one level when effects are learnt, so that slow drift is not taken for an effect."""
PRODUCT_PRIOR = 10.0
"""Weeks of one product that the effects common to all weigh as much as."""
SERIES_PRIOR = 100.0
"""Weeks of one series that its product's effects weigh as much as."""


SHARES = ("feature_share", "display_share", "price_cut_share")
"""Planned facts that are shares of a week."""


@dataclass(frozen=True)
class Effects:
    """Log-linear effects of planned facts on units.

    Attributes:
        slopes: `[num_series, num_drivers]` float64, change of log1p(units) by unit of each driver.
    """

    slopes: npt.NDArray[np.float64]

    def of(self, drivers: npt.NDArray[np.float32]) -> Grid:
        """What the drivers `[num_drivers, num_series, num_weeks]` add to log1p(units) `[num_series, num_weeks]`."""
        return np.einsum("ksw,sk->sw", drivers, self.slopes.astype(np.float32), optimize=True)


def drivers_of(history: SalesHistory) -> npt.NDArray[np.float32]:
    """Planned facts that effects are learnt of `[num_drivers, num_series, num_weeks]`, 0 where not known."""
    return drivers_by(*log_prices(history), *(history.grids[name] for name in SHARES))


def drivers_by(price: Grid, base: Grid, feature: Grid, display: Grid, price_cut: Grid) -> npt.NDArray[np.float32]:
    """Planned facts as effects are learnt of them `[num_drivers, …]`, 0 where not known.

    They are the log of price over base price, the log of base price, feature, display and price-cut share, and what of
    feature and display comes together.

    Args:
        price, base: logs.
    """
    shares = [np.nan_to_num(share) for share in (feature, display, price_cut)]
    return np.stack([np.nan_to_num(price - base), np.nan_to_num(base), *shares, shares[0] * shares[1]])


def log_prices(history: SalesHistory) -> tuple[Grid, Grid]:
    """Logs of price and base price `[num_series, num_weeks]`; unknown ones are the last known, else the next known.

    A price without a base price is its own base; where neither was ever known both are NaN.
    """
    price, base = np.log(history.grids["price"]), np.log(history.grids["base_price"])
    base = filled(np.where(np.isnan(base), price, base))
    return np.where(np.isnan(price), base, price), base


def filled(grid: Grid) -> Grid:
    """The grid with unknown weeks as the last known one, those before the first known as that first one."""
    columns = np.arange(grid.shape[1])
    known = np.isfinite(grid)
    last = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    first = np.where(known.any(axis=1), known.argmax(axis=1), 0)[:, None]
    return np.take_along_axis(grid, np.where(last >= 0, last, first), axis=1)


def fit_effects(logs: Grid, drivers: npt.NDArray[np.float32], product: Rows) -> Effects:
    """Effects by ridge within series and blocks of BLOCK_WEEKS, each level shrunk to the one above.

    Args:
        logs: `[num_series, num_weeks]` log1p(units), NaN where unknown.
        drivers: as `drivers_of` gives them.
        product: `[num_series]` codes.
    """
    number = len(drivers)
    grams = np.zeros((len(logs), number, number))
    moments = np.zeros((len(logs), number))
    for start in range(0, logs.shape[1], BLOCK_WEEKS):
        part = slice(start, start + BLOCK_WEEKS)
        target, inputs = _within(logs[:, part], drivers[:, :, part])
        grams += np.einsum("ksw,lsw->skl", inputs, inputs, optimize=True)
        moments += np.einsum("ksw,sw->sk", inputs, target, optimize=True)
    spread = np.maximum(np.einsum("skk->k", grams) / max(int(np.isfinite(logs).sum()), 1), 1e-6)
    common = np.linalg.solve(grams.sum(axis=0) + np.diag(spread + 1e-6), moments.sum(axis=0))
    by_product = _shrunk(_summed(grams, product), _summed(moments, product), common[None, :], PRODUCT_PRIOR * spread)
    return Effects(_shrunk(grams, moments, by_product[product], SERIES_PRIOR * spread))


def _within(logs: Grid, drivers: npt.NDArray[np.float32]) -> tuple[Grid, npt.NDArray[np.float32]]:
    """Target and drivers less their mean over a series' known weeks, 0 where unknown."""
    known = np.isfinite(logs)
    count = np.maximum(known.sum(axis=1), 1)[:, None]
    target = np.where(known, logs, 0)
    target = np.where(known, target - target.sum(axis=1, keepdims=True) / count, 0)
    inputs = np.where(known, drivers, 0)
    inputs = np.where(known, inputs - inputs.sum(axis=2, keepdims=True) / count, 0)
    return target.astype(np.float32), inputs.astype(np.float32)


def _summed(values: npt.NDArray[np.float64], groups: Rows) -> npt.NDArray[np.float64]:
    found = np.zeros((int(groups.max()) + 1, *values.shape[1:]))
    np.add.at(found, groups, values)
    return found


def _shrunk(
    grams: npt.NDArray[np.float64],
    moments: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    ridge = np.diag(weight + 1e-9)
    found = np.linalg.solve(grams + ridge, (moments + prior * (weight + 1e-9))[..., None])[..., 0]
    return np.asarray(found, np.float64)
