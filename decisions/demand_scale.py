"""How far drawn demand lay off in past weeks, and draws put right by it: their level, their width, and plain means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.lead_demand import line_parts, week_draws

Floats = npt.NDArray[np.float64]
NUM_CLASSES: Final = 3
"""Thirds of lines by demand, each put right by itself."""
PRIOR_LINES: Final = 20
"""Lines of a class that forecasts as they are weigh as much as."""
BLENDS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
SCALE_REVIEWS: Final = 6
"""Last weeks, told by a forecast fitted before them, on which it is put right."""
SCALE_WEEKS: Final = 3
"""Weeks whose sum is compared with what was drawn."""


@dataclass(frozen=True)
class DemandScale:
    """What puts drawn demand right, by class `[NUM_CLASSES]`.

    Attributes:
        cuts: demand between the classes `[NUM_CLASSES − 1]`, units a week.
        blend: weight of the forecast against the mean of past sales, the same for all classes.
        level: times the forecast's own mean.
        width: times its spread about the mean.
    """

    cuts: Floats
    blend: Floats
    level: Floats
    width: Floats

    def of(self, quantiles: Floats, past: Floats) -> Floats:
        """Quantiles put right `[num_lines, num_weeks, 19]`, at least 0.

        Args:
            quantiles: units a week at LEVELS, of the weeks from a review on.
            past: `[num_lines]` units a week that each line sold before it.
        """
        drawn = [week_draws(quantiles[part]).mean(axis=2, keepdims=True) for part in line_parts(len(quantiles))]
        center = np.concatenate(drawn)
        usual = center.mean(axis=(1, 2))
        kind = np.searchsorted(self.cuts, usual)
        blend, level, width = self.blend[kind], self.level[kind], self.width[kind]
        mean = blend * level * usual + (1 - blend) * past
        ratio = np.where(usual > 0, mean / np.maximum(usual, 1e-9), 1.0)
        moved = ratio[:, None, None] * center + width[:, None, None] * (quantiles - center)
        return np.asarray(np.maximum(moved, 0.0))


def scale_by(quantiles: Sequence[Floats], past: Sequence[Floats], wanted: Floats) -> DemandScale | None:
    """The scale of past reviews, one a week; None where there are fewer than SCALE_WEEKS.

    Args:
        quantiles: by review, of the weeks from it on `[num_lines, num_weeks, 19]`.
        past: by review, units a week sold before it `[num_lines]`.
        wanted: `[num_lines, num_reviews]` units wanted in the week of each review.
    """
    whole = len(quantiles) - SCALE_WEEKS + 1
    if whole < 1:
        return None
    told, spread = np.stack([_drawn(quantiles[review]) for review in range(whole)], axis=2)
    return fit_scale(
        told[:, 0] / SCALE_WEEKS,
        told=told,
        spread=spread,
        past=SCALE_WEEKS * np.stack(past[:whole], axis=1),
        actual=np.stack([wanted[:, review : review + SCALE_WEEKS].sum(axis=1) for review in range(whole)], axis=1),
    )


def _drawn(quantiles: Floats) -> tuple[Floats, Floats]:
    """Mean and mean absolute deviation of the units drawn for the first SCALE_WEEKS together `[num_lines]`."""
    told, spread = np.empty(len(quantiles)), np.empty(len(quantiles))
    for part in line_parts(len(quantiles)):
        units = week_draws(quantiles[part, :SCALE_WEEKS]).sum(axis=1)
        told[part] = units.mean(axis=1)
        spread[part] = np.abs(units - units.mean(axis=1, keepdims=True)).mean(axis=1)
    return told, spread


def fit_scale(week_mean: Floats, *, told: Floats, spread: Floats, past: Floats, actual: Floats) -> DemandScale:
    """The scale with which past forecasts would have erred least, and as widely as they said.

    Args:
        week_mean: `[num_lines]` units a week that put a line in its class.
        told: `[num_lines, num_reviews]` units that were expected over some weeks after each review.
        spread: their mean absolute deviation.
        past: units of as many weeks like those before each review.
        actual: what was wanted in them.
    """
    cuts = np.quantile(week_mean, np.arange(1, NUM_CLASSES) / NUM_CLASSES)
    kind = np.searchsorted(cuts, week_mean)
    level, width = np.ones(NUM_CLASSES), np.ones(NUM_CLASSES)
    known = np.bincount(kind, minlength=NUM_CLASSES) / (np.bincount(kind, minlength=NUM_CLASSES) + PRIOR_LINES)
    sums = [np.bincount(kind, one.sum(axis=1), NUM_CLASSES) for one in (told, actual)]
    is_told = (sums[0] > 0) & (sums[1] > 0)
    level[is_told] = 1 + known[is_told] * (sums[1][is_told] / sums[0][is_told] - 1)
    means = [one * level[kind][:, None] * told + (1 - one) * past for one in BLENDS]
    best = int(np.argmin([np.abs(actual - mean).sum() for mean in means])) if is_told.any() else len(BLENDS) - 1
    misses, wide = (np.bincount(kind, one.sum(axis=1), NUM_CLASSES) for one in (np.abs(actual - means[best]), spread))
    width[is_told] = 1 + known[is_told] * (misses[is_told] / np.maximum(wide[is_told], 1e-9) - 1)
    return DemandScale(cuts, np.full(NUM_CLASSES, BLENDS[best]), level, width)
