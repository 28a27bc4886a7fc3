"""Plans by day: what a promotion or price that begins or ends within a week does to its days."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.effects import SHARES, drivers_by
from forecast.history import Grid, Rows
from forecast.panel import Panel


@dataclass(frozen=True)
class DayPlans:
    """Weeks whose days are not all planned alike.

    Attributes:
        rows, weeks: `[num_uneven]` places among the series and weeks that are saved, ascending in both together.
        grids: price, base price and shares by day `[num_uneven, 7]`, NaN where nothing is planned.
    """

    rows: Rows
    weeks: Rows
    grids: Mapping[str, Grid]

    def factors(self, panel: Panel, series: Rows, targets: Rows) -> npt.NDArray[np.float32]:
        """What each day's plan multiplies its usual units by, beside its week's plan `[num_uneven, 7]`.

        Args:
            series: row of the panel's history by saved series; targets: its column by saved week.
        """
        at = series[self.rows], targets[self.weeks]
        if not len(self.rows):
            return np.ones((0, 7), np.float32)
        price, base = np.log(self.grids["price"]), np.log(self.grids["base_price"])
        base = np.where(np.isnan(base), price, base)
        base = np.where(np.isnan(base), panel.base_price[at][:, None], base)
        price = np.where(np.isnan(price), panel.price[at][:, None], price)
        drivers = drivers_by(price, base, *(self.grids[name] for name in SHARES))
        effects = np.einsum("knd,nk->nd", drivers, panel.effects.slopes[at[0]])
        return np.exp(effects - panel.effect[at][:, None]).astype(np.float32)
