"""A saved forecast's days: what spreads a week over its days and tells how sure each is, in a few bytes a series."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WEEK = 7


@dataclass(frozen=True)
class SavedDays:
    """What the days of any saved week are worked out from when they are asked for. Everything may be memory-mapped.

    Attributes:
        usual: `[num_groups, 7]` float32, what each weekday is worth, by store and category.
        special: `[num_stores, num_weeks, 7]` float32, by store and saved week: what a day sells over what its weekday
            usually does; 1 but on holidays and their eves.
        groups: `[num_series]` int32, row of `usual`.
        velocity: `[num_series]` int8, the class of each series.
        bounds: `[num_bounds]` float32, units a day at which another kind of misses begins, ascending.
        factors: `[num_bounds + 1, num_classes, 19]` float32, what one plus a day's point is multiplied by to give one
            plus its quantiles, by expected units and velocity class; never falling along a row.
        uneven: `[num_uneven]` int64, the weeks in which a price or promotion begins or ends, as row of the series times
            the number of weeks plus the week, ascending; none in versions that did not keep them.
        planned: `[num_uneven, 7]` float32, what each day's own plan multiplies its usual units by.
    """

    usual: npt.NDArray[np.float32]
    special: npt.NDArray[np.float32]
    groups: npt.NDArray[np.int32]
    velocity: npt.NDArray[np.int8]
    bounds: npt.NDArray[np.float32]
    factors: npt.NDArray[np.float32]
    uneven: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    planned: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, WEEK), np.float32))

    def spread(self, series: int, store: int, week: int, units: float) -> tuple[Floats, Floats]:
        """Points `[7]` of a week's days, which sum to its own, and their quantiles at LEVELS `[7, 19]`.

        Products and sums alone, so that every machine finds the same bytes.

        Args:
            series, store, week: places in the saved forecast; units: the week's point.
        """
        worth = self.usual[self.groups[series]].astype(np.float64) * self.special[store, week].astype(np.float64)
        key = series * self.special.shape[1] + week
        at = int(np.searchsorted(self.uneven, key))
        if at < len(self.uneven) and self.uneven[at] == key:
            worth = worth * self.planned[at].astype(np.float64)
        total = float(worth.sum())
        points = units * (worth / total if total > 0 else np.full(WEEK, 1 / WEEK))
        kind = np.searchsorted(self.bounds, points, side="right")
        factors = self.factors[kind, int(self.velocity[series])].astype(np.float64)
        return points, np.maximum((1 + points[:, None]) * factors - 1, 0.0)
