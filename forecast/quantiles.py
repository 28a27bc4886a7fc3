"""Intervals by conformal residuals: errors of held-out weeks over their expected size, by velocity and category."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from measures.forecasting import pinball_losses
from schema.demand import LEVELS

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
STEPS = np.arange(1, 100) / 100
"""Levels at which residuals are kept."""
OWN_AFTER = 400.0
"""Held-out rows of a group after which its own residuals weigh as much as its velocity class's."""
NORMAL_SPREAD = 1.25
"""Standard deviation over mean absolute deviation of a normal distribution: √(π/2)."""


@dataclass(frozen=True)
class Residuals:
    """Scaled residuals at STEPS by group.

    Attributes:
        cuts: `[num_groups, 99]` of (log1p(actual) − log1p(expected)) / expected absolute error, ascending.
    """

    cuts: Floats

    def quantiles(self, logs: Floats, spreads: Floats, groups: Rows) -> Floats:
        """Units at STEPS `[num_rows, 99]`, at least 0, never falling along a row."""
        return np.maximum(np.expm1(logs[:, None] + spreads[:, None] * self.cuts[groups]), 0.0)


def fit_residuals(scaled: Floats, groups: Rows, classes: Rows) -> Residuals:
    """Residual quantiles of each group, drawn towards those of its class and, that, towards all.

    Args:
        scaled: `[num_rows]` residuals of rows that were not learnt from, over their expected size.
        groups: `[num_rows]` the group of each.
        classes: `[num_groups]` the class that each group belongs to.

    Source: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018 (locally weighted split conformal), by group.
    """
    if not len(scaled):
        from scipy.stats import norm  # noqa: PLC0415

        return Residuals(np.tile(NORMAL_SPREAD * norm.ppf(STEPS), (len(classes), 1)))
    everything = np.quantile(scaled, STEPS)
    by_class = _drawn(scaled, classes[groups], np.tile(everything, (int(classes.max()) + 1, 1)))
    return Residuals(_drawn(scaled, groups, by_class[classes]))


def _drawn(scaled: Floats, groups: Rows, prior: Floats) -> Floats:
    found = prior.copy()
    order = np.argsort(groups, kind="stable")
    values, starts = np.unique(groups[order], return_index=True)
    for group, part in zip(values, np.split(scaled[order], starts[1:]), strict=True):
        own = len(part) / (len(part) + OWN_AFTER)
        found[group] = own * np.quantile(part, STEPS) + (1 - own) * prior[group]
    return found


def losses_by_halves(units: Floats, logs: Floats, spreads: Floats, weeks: Rows) -> Floats:
    """Pinball loss of each row `[num_rows]`, units a week, its interval learnt from every other week.

    Args:
        units: what was sold; logs, spreads: expected log1p(units), and how far off that is expected to be.
    """
    scaled, one_group = (np.log1p(units) - logs) / spreads, np.zeros(len(units), np.int64)
    told = np.empty((len(units), len(LEVELS)))
    for half in (0, 1):
        at = weeks % 2 == half
        residuals = fit_residuals(scaled[~at], one_group[~at], np.zeros(1, np.int64))
        told[at] = at_levels(residuals.quantiles(logs[at], spreads[at], one_group[at]))
    return pinball_losses(units, told, np.array(LEVELS))


def at_levels(quantiles: Floats) -> Floats:
    """The columns of `[num_rows, 99]` quantiles that stand at LEVELS `[num_rows, 19]`."""
    return quantiles[:, [round(100 * level) - 1 for level in LEVELS]]


def median(quantiles: Floats) -> Floats:
    """The point with the least expected absolute error `[num_rows]`."""
    return quantiles[:, len(STEPS) // 2]


def median_by_share(quantiles: Floats) -> Floats:
    """The point with the least expected percentage error `[num_rows]`: the median weighted by one over the units.

    Units below one weigh as one: where nothing is sold no percentage is told.

    Source: Gneiting 2011, section 2.2 (the absolute percentage error).
    """
    weight = np.cumsum(1 / np.maximum(quantiles, 1.0), axis=1)
    place = (weight >= 0.5 * weight[:, -1:]).argmax(axis=1)
    return np.take_along_axis(quantiles, place[:, None], axis=1)[:, 0]
