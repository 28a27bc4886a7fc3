"""Paired bootstrap: how sure a difference between two models on the same queries is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean difference with its percentile interval."""

    mean: float
    low: float
    high: float


def paired_difference(
    ours: Floats,
    theirs: Floats,
    *,
    seed: int,
    groups: npt.NDArray[np.int64] | None = None,
    num_samples: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Mean of ours minus theirs over queries, with the interval in which resampling puts it.

    Args:
        ours: `[num_queries]` one figure a query.
        theirs: `[num_queries]` the other model's on the same queries.
        groups: `[num_queries]` what is drawn as one (customer, week); None draws single queries.
        level: share of resampled means inside the interval.

    Raises:
        ValueError: if there are no queries or the two differ in length.

    Source: Efron and Tibshirani 1993, chapter 13, percentile interval.
    """
    if len(ours) == 0 or len(ours) != len(theirs):
        raise ValueError(f"need two equally long, filled arrays, not {len(ours)} and {len(theirs)}")
    gaps = ours - theirs
    members = np.arange(len(gaps)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sums, sizes = np.bincount(members, weights=gaps), np.bincount(members)
    generator = np.random.default_rng(seed)
    means = np.empty(num_samples)
    for sample in range(num_samples):
        drawn = generator.integers(0, len(sums), len(sums))
        means[sample] = sums[drawn].sum() / sizes[drawn].sum()
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean=float(gaps.mean()), low=float(low), high=float(high))


def paired_ratio_difference(
    ours: Floats,
    theirs: Floats,
    weights: Floats,
    *,
    groups: npt.NDArray[np.int64],
    seed: int,
    num_samples: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Sum of ours minus theirs over the sum of weights, with the interval in which resampling groups puts it.

    Args:
        ours: `[num_rows]` one loss a row.
        theirs: `[num_rows]` the other model's on the same rows.
        weights: `[num_rows]` what the sum is divided by: units for WAPE, ones for a mean.
        groups: `[num_rows]` what is drawn as one (a week).

    Raises:
        ValueError: if the arrays are empty, differ in length or weigh nothing.

    Source: Efron and Tibshirani 1993, chapter 13, percentile interval of a ratio.
    """
    if len(ours) == 0 or len({len(ours), len(theirs), len(weights), len(groups)}) > 1 or weights.sum() <= 0:
        raise ValueError(f"need equally long, filled arrays that weigh something, not {len(ours)} and {len(theirs)}")
    members = np.unique(groups, return_inverse=True)[1]
    gaps, sizes = np.bincount(members, weights=ours - theirs), np.bincount(members, weights=weights)
    drawn = np.random.default_rng(seed).integers(0, len(gaps), (num_samples, len(gaps)))
    totals = sizes[drawn].sum(axis=1)
    ratios = gaps[drawn].sum(axis=1)[totals > 0] / totals[totals > 0]
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean=float(gaps.sum() / sizes.sum()), low=float(low), high=float(high))
