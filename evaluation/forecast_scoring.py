"""Forecasts beside what was sold: losses of every row, and figures of rows apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.velocity import CLASSES
from measures.bootstrap import Interval, paired_ratio_difference
from measures.forecasting import covered, percentage_errors, pinball_losses, wrmsse
from schema.demand import LEVELS

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_LEVELS = np.array(LEVELS)
RATIOS = ("wape", "mape", "pinball", "coverage_90")
"""Metrics that are a sum over rows by a sum over rows, and so can be drawn again by week."""


@dataclass(frozen=True)
class Truth:
    """The rows of one round that are predicted.

    Attributes:
        round_number: place of the round, from 0.
        series, week: `[num_rows]` rows and columns of the history.
        units: `[num_rows]` what was sold.
        is_promoted: `[num_rows]` whether feature, display or price cut is planned in that week.
        is_unsold: `[num_rows]` whether the series has no known week before the cut-off.
        velocity: `[num_rows]` place in CLASSES as of the cut-off.
        scales, weights: `[num_series]` of WRMSSE as of the cut-off; weights are sales value of the last four weeks.
    """

    round_number: int
    series: Rows
    week: Rows
    units: Floats
    is_promoted: npt.NDArray[np.bool_]
    is_unsold: npt.NDArray[np.bool_]
    velocity: Rows
    scales: Floats
    weights: Floats


@dataclass(frozen=True)
class Losses:
    """One model's losses in one round, `[num_rows]` each.

    Attributes:
        below: `[19]` share of rows whose actual is at or below each quantile.
    """

    error: Floats
    share: Floats
    pinball: Floats
    covered: Floats
    below: Floats

    def ratio(self, metric: str, units: Floats) -> tuple[Floats, Floats]:
        """Numerator and denominator by row of one of RATIOS; WAPE and MAPE are per cent."""
        if metric == "wape":
            return 100 * np.abs(self.error), units
        if metric == "mape":
            told = np.isfinite(self.share)
            return 100 * np.where(told, self.share, 0), told.astype(np.float64)
        return {"pinball": self.pinball, "coverage_90": self.covered}[metric], np.ones(len(units))


def losses_of(truth: Truth, mean: Floats, quantiles: Floats) -> Losses:
    """Losses of a point and quantiles at LEVELS `[num_rows, 19]`."""
    return Losses(
        error=mean - truth.units,
        share=percentage_errors(truth.units, mean),
        pinball=pinball_losses(truth.units, quantiles, _LEVELS),
        covered=covered(truth.units, quantiles[:, 0], quantiles[:, -1]),
        below=(truth.units[:, None] <= quantiles).mean(axis=0),
    )


@dataclass(frozen=True)
class Scored:
    """All rounds' truths, and by model its losses in each of them."""

    truths: Sequence[Truth]
    losses: Mapping[str, Sequence[Losses]]

    def figures(self, name: str) -> dict[str, float]:
        """Every metric of one model, those of slices after the whole; what cannot be told is left out."""
        found = {metric: self._mean(name, metric, mask) for mask in [self._slices()[""]] for metric in RATIOS}
        found["bias"] = self._bias(name)
        found["wrmsse"] = float(np.mean([self._wrmsse(name, at) for at in range(len(self.truths))]))
        for part, mask in self._slices().items():
            if part:
                found |= {f"{part}_{metric}": self._mean(name, metric, mask) for metric in RATIOS}
        return {metric: float(value) for metric, value in found.items() if np.isfinite(value)}

    def difference(self, ours: str, theirs: str, metric: str, *, seed: int) -> Interval:
        """Ours less theirs of a metric of RATIOS, slices' too, drawn again by week.

        Raises:
            ValueError: if the slice is empty.
        """
        head, _, rest = metric.partition("_")
        part, plain = (head, rest) if head in self._slices() else ("", metric)
        mask = self._slices()[part]
        mine, weight = self._ratio(ours, plain)
        other, _ = self._ratio(theirs, plain)
        weeks = np.concatenate([truth.week for truth in self.truths])
        return paired_ratio_difference(mine[mask], other[mask], weight[mask], groups=weeks[mask], seed=seed)

    def by_week(self, name: str, metric: str) -> tuple[Rows, Floats]:
        """A metric of RATIOS in each predicted week: the weeks, ascending, and the figures."""
        top, bottom = self._ratio(name, metric)
        weeks, place = np.unique(np.concatenate([truth.week for truth in self.truths]), return_inverse=True)
        return weeks, np.bincount(place, top) / np.maximum(np.bincount(place, bottom), 1e-12)

    def by_round(self, name: str, metric: str) -> list[float]:
        """A metric of RATIOS in each round, in their order."""
        pairs = [one.ratio(metric, truth.units) for one, truth in zip(self.losses[name], self.truths, strict=True)]
        return [float(top.sum() / max(bottom.sum(), 1e-12)) for top, bottom in pairs]

    def below(self, name: str) -> Floats:
        """Share of rows at or below each quantile `[19]`."""
        sizes = [len(truth.units) for truth in self.truths]
        return np.average([losses.below for losses in self.losses[name]], axis=0, weights=sizes)

    def _slices(self) -> dict[str, npt.NDArray[np.bool_]]:
        promoted = np.concatenate([truth.is_promoted for truth in self.truths])
        velocity = np.concatenate([truth.velocity for truth in self.truths])
        unsold = np.concatenate([truth.is_unsold for truth in self.truths])
        whole = {"": np.ones(len(promoted), np.bool_), "promo": promoted, "plain": ~promoted, "unsold": unsold}
        return {**whole, **{name: velocity == at for at, name in enumerate(CLASSES)}}

    def _ratio(self, name: str, metric: str) -> tuple[Floats, Floats]:
        pairs = [one.ratio(metric, truth.units) for one, truth in zip(self.losses[name], self.truths, strict=True)]
        return np.concatenate([top for top, _ in pairs]), np.concatenate([bottom for _, bottom in pairs])

    def _mean(self, name: str, metric: str, mask: npt.NDArray[np.bool_]) -> float:
        top, bottom = self._ratio(name, metric)
        return float(top[mask].sum() / bottom[mask].sum()) if bottom[mask].sum() > 0 else float("nan")

    def _bias(self, name: str) -> float:
        units = sum(float(truth.units.sum()) for truth in self.truths)
        return 100 * sum(float(one.error.sum()) for one in self.losses[name]) / units if units > 0 else float("nan")

    def _wrmsse(self, name: str, at: int) -> float:
        truth = self.truths[at]
        return wrmsse(self.losses[name][at].error, truth.series, truth.scales, truth.weights)
