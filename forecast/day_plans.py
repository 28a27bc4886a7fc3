"""Plans by day: what a promotion or price that begins or ends within a week does to its days."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.day_grid import WEEK
from forecast.effects import SHARES, drivers_by
from forecast.history import Grid, Rows
from forecast.panel import Panel


@dataclass(frozen=True)
class DayPlans:
    """Weeks whose days are not all planned alike.

    Attributes:
        series, weeks: `[num_uneven]` rows and columns of the history, ascending in both together.
        grids: price, base price and shares by day `[num_uneven, 7]`, NaN where nothing is planned.
    """

    series: Rows
    weeks: Rows
    grids: Mapping[str, Grid]

    def tilt(self, panel: Panel) -> Grid:
        """What each day's own plan adds to log units beyond its week's, by the week's effects `[num_uneven, 7]`."""
        if not len(self.series):
            return np.zeros((0, WEEK), np.float32)
        at = self.series, self.weeks
        price, base = np.log(self.grids["price"]), np.log(self.grids["base_price"])
        base = np.where(np.isnan(base), price, base)
        base = np.where(np.isnan(base), panel.base_price[at][:, None], base)
        price = np.where(np.isnan(price), panel.price[at][:, None], price)
        drivers = drivers_by(price, base, *(self.grids[name] for name in SHARES))
        effects = np.einsum("knd,nk->nd", drivers, panel.effects.slopes[self.series])
        return np.asarray(effects - panel.effect[at][:, None], np.float32)

    def places(self, series: Rows, weeks: Rows) -> Rows:
        """Where each week asked for stands among these; -1 where all its days are planned alike."""
        width = int(max(weeks.max(initial=0), self.weeks.max(initial=0))) + 1
        own, asked = self.series * width + self.weeks, series * width + weeks
        at = np.searchsorted(own, asked)
        found = np.append(own, -1)[at] == asked
        return np.where(found, at, -1)


NO_PLANS = DayPlans(np.empty(0, np.int64), np.empty(0, np.int64), {})
