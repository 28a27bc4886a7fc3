"""Feature families on trial: what held-out weeks lose without each, and which of them a shop's forecast looks at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from forecast.examples import Examples
from forecast.gbm import LEAST_ROWS, fit_trees
from forecast.held_out import HeldOut
from forecast.quantiles import losses_by_halves
from forecast.settings import ForecastSettings
from measures.bootstrap import Interval, paired_ratio_difference

Floats = npt.NDArray[np.float64]
TRIALS: Final = (("embeddings",), ("relations",), ("calendar",), ("store",), ("season",), ("price", "promotion"))
"""What can be left out, in the order of its trials: the dearest to look at first, the plainest fact last.

Price and promotion tell of the same offers: each alone looks dispensable while the other stands.
"""
LEAST_GAIN: Final = {"relations": 0.01, "embeddings": 0.01}
"""Part of the loss that a family must spare, where more than nothing is asked."""
LEAST_WEEKS: Final = 8
"""Held-out weeks below which nobody can say."""
LEAST_SAMPLE: Final = 4_000
"""Rows that each block's trials learn from, and are told of, at most; an eighth of the settings' where that is more."""


@dataclass(frozen=True)
class Verdict:
    """What one family, or two of one kind, are worth on a shop.

    Attributes:
        gain: part of the pinball loss that held-out weeks lose without it; weeks are drawn again. None: too few weeks.
        is_on: whether the forecast looks at them.
    """

    families: tuple[str, ...]
    gain: Interval | None
    is_on: bool

    def __str__(self) -> str:
        name, state = " and ".join(self.families), "on" if self.is_on else "off"
        if self.gain is None:
            return f"{name} {state} (too few weeks to tell)"
        shares = [f"{100 * share:+.1f}" for share in (self.gain.mean, self.gain.low, self.gain.high)]
        return f"{name} {state} ({shares[0]} %, {shares[1]} to {shares[2]})"


def tried(blocks: Sequence[HeldOut], settings: ForecastSettings) -> tuple[Verdict, ...]:
    """The verdicts on the families of the settings that can be left out, in the order of TRIALS.

    Each is left out of those that are still on: of two families that tell the same one stays. It is kept where
    leaving it out loses more than nothing in 95 % of draws, and LEAST_GAIN in the mean. Quick trees judge.

    Source: Efron and Tibshirani 1993, chapter 13 (the paired bootstrap).
    """
    trials = [tuple(one for one in trial if one in settings.families) for trial in TRIALS]
    trials = [trial for trial in trials if trial]
    num_weeks = sum(len(np.unique(block.shown.target)) for block in blocks)
    if num_weeks < LEAST_WEEKS or any(len(block.learnt) < LEAST_ROWS for block in blocks):
        return tuple(Verdict(trial, None, not set(trial) & set(LEAST_GAIN)) for trial in trials)
    quick = replace(settings, num_trees=max(settings.num_trees // 2, 1))
    sampled = [_sampled(block, max(LEAST_SAMPLE, settings.max_rows // 8), settings.seed) for block in blocks]
    weeks = np.concatenate([block.shown.target for block in sampled])
    families = set(settings.families)
    loss, found = _losses(sampled, families, quick), []
    for trial in trials:
        without = _losses(sampled, families.difference(trial), quick)
        gain = paired_ratio_difference(without, loss, loss, groups=weeks, seed=settings.seed)
        is_on = gain.low > 0 and gain.mean >= max(LEAST_GAIN.get(family, 0.0) for family in trial)
        found.append(Verdict(trial, gain, is_on))
        if not is_on:
            families, loss = families.difference(trial), without
    return tuple(found)


def proven(settings: ForecastSettings, verdicts: Sequence[Verdict]) -> ForecastSettings:
    """The settings without the families that did not pass; nothing is left to try."""
    off = {family for verdict in verdicts if not verdict.is_on for family in verdict.families}
    kept = tuple(family for family in settings.families if family not in off)
    return replace(settings, families=kept, is_on_trial=False)


def _sampled(block: HeldOut, most: int, seed: int) -> HeldOut:
    generator = np.random.default_rng(seed)

    def some(rows: Examples) -> Examples:
        return rows.rows_at(np.sort(generator.permutation(len(rows))[:most]))

    return replace(block, learnt=some(block.learnt), shown=some(block.shown))


def _losses(blocks: Sequence[HeldOut], families: Collection[str], settings: ForecastSettings) -> Floats:
    """Pinball loss of each held-out row in units, intervals learnt from every other week."""
    parts = []
    for block in blocks:
        trees, shown = fit_trees(block.learnt.of_families(families), settings), block.shown.of_families(families)
        parts.append(losses_by_halves(shown.units, trees.logs(shown), trees.spreads(shown), shown.target))
    return np.concatenate(parts)
