"""Forecasts of whole products, categories, suppliers, stores and the shop: sums that agree with one another."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from scipy.special import ndtr

from schema.demand import LEVELS, QUANTILE_NAMES, DemandForecast

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Labels = npt.NDArray[np.object_]
NUM_DRAWS: Final = 500
"""Equally likely courses that sums are told from."""
_CHUNK: Final = 2048


@dataclass(frozen=True)
class GroupForecast:
    """Units expected of groups in weeks, by week, then group.

    Attributes:
        group: `[num_rows]` names; starts_on: `[num_rows]` datetime64[D].
        mean: `[num_rows]` expected units; quantiles: `[num_rows, 19]` at LEVELS.
    """

    group: Labels
    starts_on: npt.NDArray[np.datetime64]
    mean: Floats
    quantiles: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def table(self, name: str) -> pa.Table:
        """`NAME, week_starts_on, mean, q05 … q95`, in the order of the rows."""
        keys = {
            name: pa.array(self.group, pa.string()),
            "week_starts_on": pa.array(self.starts_on.astype("datetime64[D]"), pa.date32()),
            "mean": pa.array(self.mean, pa.float64()),
        }
        return pa.table({**keys, **{one: pa.array(self.quantiles[:, at]) for at, one in enumerate(QUANTILE_NAMES)}})


def summed(told: DemandForecast, groups: Labels, *, correlation: float) -> GroupForecast:
    """The rows summed by group and week.

    All are drawn together, whatever they are grouped by, so that the stores' sums and the categories' make the same
    total in every course. The mean is that of the courses: a sum of the rows' points, medians, would lie too low.

    Args:
        groups: `[num_rows]` the group of each row.
        correlation: of two rows' misses in the same week, 0 to 1.

    Source: Athanasopoulos, Hyndman, Kourentzes and Panagiotelis 2024 (bottom-up, from joint samples).
    """
    days, week = np.unique(told.starts_on, return_inverse=True)
    names, group = np.unique(groups.astype(str), return_inverse=True)
    common = np.random.default_rng(0).standard_normal((len(days), NUM_DRAWS))
    total = np.zeros((len(days) * len(names), NUM_DRAWS))
    for start in range(0, len(told), _CHUNK):
        part = slice(start, start + _CHUNK)
        own = np.random.default_rng(start + 1).standard_normal((len(week[part]), NUM_DRAWS))
        ranks = ndtr(np.sqrt(correlation) * common[week[part]] + np.sqrt(1 - correlation) * own)
        place = week[part] * len(names) + group[part]
        rows = np.arange(len(place))
        sums = sp.csr_matrix((np.ones(len(place)), (place, rows)), shape=(len(total), len(place)))
        total += np.asarray(sums @ drawn(told.quantiles[part], ranks))
    some = np.unique(week * len(names) + group)
    return GroupForecast(
        group=names[some % len(names)].astype(object),
        starts_on=days[some // len(names)],
        mean=total[some].mean(axis=1),
        quantiles=np.quantile(total[some], LEVELS, axis=1).T,
    )


def drawn(quantiles: Floats, ranks: Floats) -> Floats:
    """Units at ranks `[num_rows, num_draws]`: between LEVELS on straight lines, beyond them as exponentials, from 0.

    Args:
        quantiles: `[num_rows, 19]`; ranks: `[num_rows, num_draws]`, above 0 and below 1.
    """
    levels = np.array(LEVELS)
    place = np.clip(np.searchsorted(levels, ranks) - 1, 0, len(levels) - 2)
    part = np.clip((ranks - levels[place]) / (levels[1] - levels[0]), 0, 1)
    low, high = (np.take_along_axis(quantiles, at, axis=1) for at in (place, place + 1))
    below = np.log(np.maximum(levels[0] / ranks, 1.0)) * (quantiles[:, 1] - quantiles[:, 0])[:, None] / np.log(2)
    above = np.log(np.maximum((1 - levels[-1]) / (1 - ranks), 1.0)) * (quantiles[:, -1] - quantiles[:, -2])[:, None]
    return np.asarray(np.maximum(low + part * (high - low) + above / np.log(2) - below, 0.0))


def shared_misses(scaled: Floats, weeks: Rows) -> float:
    """Correlation of two series' misses in the same week, 0 to 0.9, of residuals over their expected size; 0 of none.

    Args:
        scaled, weeks: `[num_rows]` residuals of held-out rows and their weeks.

    Source: Donner and Koval 1980 (the pairwise estimate of intraclass correlation).
    """
    if len(scaled) < 2 or not scaled.std():
        return 0.0
    score = (scaled - scaled.mean()) / scaled.std()
    place = np.unique(weeks, return_inverse=True)[1]
    count, total, square = (np.bincount(place, one) for one in (np.ones(len(score)), score, score**2))
    pairs = float((count * (count - 1)).sum())
    return float(np.clip((total**2 - square).sum() / pairs, 0, 0.9)) if pairs else 0.0
