"""Weekly sales as a dense grid: one row a product and store, one column a week, NaN where nothing is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from forecast.receipts import SILENT_WEEKS

Grid = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
OBSERVED = ("units", "on_hand_units")
"""Facts that only a week's end tells."""
PLANNED = ("price", "base_price", "feature_share", "display_share", "price_cut_share")
"""Facts that a retailer knows beforehand."""
TOLD = ("weekly_sales", "daily_sales")
"""Tables that tell weeks: without them weeks are counted from receipts."""
ONE_WEEK = np.timedelta64(7, "D")
ReadRows = Callable[[str, list[str]], pa.Table]


@dataclass(frozen=True)
class SalesHistory:
    """Weekly sales of `num_series` products in stores over `num_weeks` consecutive weeks.

    A week without a row is unknown, not zero: it is NaN everywhere, is neither learnt from nor counted in a mean.
    A row with zero units is a zero. A price that is missing or not above zero is NaN.

    Attributes:
        keys: `sku` and `store_id` of each series.
        first_week: first day of the first column.
        grids: by column name `[num_series, num_weeks]` float32, those of OBSERVED and PLANNED.
        product, store, category: `[num_series]` codes; category is that of the catalogue, 0 for all without one.
        store_attributes: `[num_series, 4]` float32: area and codes of region, city and format; NaN unknown.
        country: the stores' country as the table spells it, "" if there is none or several.
        vectors: `[num_series, num_directions]` float32, what is learnt of the product (`with_vectors`); None: nothing.
        substitutes, complements: `[num_series, num_series]` shares of each series' related ones in its store, rows
            summing to 1 or 0, by which features look at them (`with_relations`); None: by category alone.
        lenders: as `substitutes`: from whom products not sold yet borrow their level and launch; None: from nobody.
        launch_week: `[num_series]` column of the week of the product's launch, below 0 where unknown or earlier.
        num_left_out: where weeks are counted from receipts, products in stores that are sold too seldom to be told of
            (`forecast/receipts.py`); None where the shop tells its weeks or days.
    """

    keys: pd.DataFrame
    first_week: np.datetime64
    grids: Mapping[str, Grid]
    product: Rows
    store: Rows
    category: Rows
    store_attributes: Grid
    country: str = ""
    vectors: Grid | None = None
    substitutes: sp.csr_matrix | None = None
    complements: sp.csr_matrix | None = None
    lenders: sp.csr_matrix | None = None
    launch_week: Rows | None = None
    num_left_out: int | None = None

    @property
    def num_series(self) -> int:
        """Products in stores."""
        return len(self.keys)

    @property
    def num_weeks(self) -> int:
        """Columns of the grids."""
        return self.grids["units"].shape[1]

    @property
    def weeks(self) -> npt.NDArray[np.datetime64]:
        """First day of every column `[num_weeks]`."""
        return self.first_week + ONE_WEEK * np.arange(self.num_weeks)

    @property
    def is_counted(self) -> bool:
        """Whether weeks are counted from receipts."""
        return self.num_left_out is not None

    @property
    def is_sold(self) -> npt.NDArray[np.bool_]:
        """Series with a known week."""
        return np.any(np.isfinite(self.grids["units"]), axis=1)

    def on_sale(self, origin: int) -> npt.NDArray[np.bool_]:
        """Series that a forecast seen from week `origin` tells of: all, or those with a receipt in its last weeks."""
        if not self.is_counted:
            return np.ones(self.num_series, np.bool_)
        return np.any(self.grids["units"][:, max(origin + 1 - SILENT_WEEKS, 0) : origin + 1] > 0, axis=1)

    def wanted_units(self, origin: int) -> Grid:
        """Units that a forecast seen from week `origin` is scored by `[num_series, num_weeks]`, NaN where by none.

        They are those known; where they are counted from receipts, all weeks of what was on sale at the origin, zeros
        however long nothing is sold, so that no later sale decides which rows count.
        """
        units = self.grids["units"]
        if not self.is_counted:
            return units
        is_open = np.zeros((int(self.store.max()) + 1, self.num_weeks), np.bool_)
        np.logical_or.at(is_open, self.store, np.isfinite(units))
        is_scored = self.on_sale(origin)[:, None] & is_open[self.store]
        return np.where(is_scored, np.nan_to_num(units), np.float32(np.nan))

    def week_of(self, day: np.datetime64) -> int:
        """The column of the first week that starts on or after `day`; may lie outside the grid."""
        return -int((self.first_week - day).astype(int) // 7)

    def known_before(self, day: np.datetime64) -> "SalesHistory":
        """The same grid with OBSERVED facts of weeks that had not ended by `day` unknown; PLANNED ones stay."""
        return self.known_weeks(int((day - self.first_week).astype(int) // 7))

    def known_weeks(self, number: int) -> "SalesHistory":
        """The same grid with OBSERVED facts of all but the first `number` weeks unknown."""
        grids = dict(self.grids)
        for name in OBSERVED:
            grids[name] = grids[name].copy()
            grids[name][:, max(number, 0) :] = np.nan
        return replace(self, grids=grids)
