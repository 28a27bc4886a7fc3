"""What demand is expected: units by product, store and week, with quantiles."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LEVELS: Final[tuple[float, ...]] = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Quantile levels of every forecast: .05, .10 … .95."""
QUANTILE_NAMES: Final[tuple[str, ...]] = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
"""Column names of the quantiles: q05, q10 … q95."""


@dataclass(frozen=True)
class DemandForecast:
    """Units expected of products in stores and weeks; one row a (sku, store_id, week_starts_on).

    Attributes:
        sku, store_id: `[num_rows]` keys.
        week_starts_on: `[num_rows]` datetime64[D].
        mean: `[num_rows]` float64, units a week: the point that serves the objective the model was fitted for.
        quantiles: `[num_rows, 19]` float64, units a week at LEVELS, never falling along a row.
    """

    sku: npt.NDArray[np.object_]
    store_id: npt.NDArray[np.object_]
    week_starts_on: npt.NDArray[np.datetime64]
    mean: npt.NDArray[np.float64]
    quantiles: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.mean)

    def table(self) -> pa.Table:
        """`sku, store_id, week_starts_on, mean, q05 … q95`, in the order of the rows."""
        keys = {
            "sku": pa.array(self.sku, pa.string()),
            "store_id": pa.array(self.store_id, pa.string()),
            "week_starts_on": pa.array(self.week_starts_on.astype("datetime64[D]"), pa.date32()),
            "mean": pa.array(self.mean, pa.float64()),
        }
        columns = {name: pa.array(self.quantiles[:, at]) for at, name in enumerate(QUANTILE_NAMES)}
        return pa.table({**keys, **columns})
