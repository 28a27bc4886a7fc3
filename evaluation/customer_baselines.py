"""Simple models of what a customer buys, each searched over its settings on purchases held out before the cut-off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evaluation.customer_scoring import gains, ranked
from evaluation.customer_truth import Truth
from ranking.customers import CustomerBaskets, CustomerScorer
from schema.progress import Progress

TUNED_ON = 3_000
"""Customers, at most, whose held-out purchases settings are chosen on."""


@dataclass(frozen=True)
class CustomerBaseline:
    """A simple model and the settings it is searched over, the first value of each being where the search starts.

    Attributes:
        fit: takes a history and settings by keyword.
        grid: values by keyword.
        quick: further keywords while settings are searched, where the whole model would take too long.
        prepare: what fits of all settings on one history share, as further keywords.
    """

    name: str
    fit: Callable[..., CustomerScorer]
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    quick: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[CustomerBaskets], Mapping[str, Any]] | None = None

    def fitted(self, history: CustomerBaskets, setting: Mapping[str, Any]) -> CustomerScorer:
        """The model on all of a history."""
        return self.fit(history, **setting)


@dataclass(frozen=True)
class Slice:
    """Purchases held out before the cut-off, to choose settings on.

    Attributes:
        is_new_only: whether products bought before are left out of the rankings.
        metric: what is to be highest, such as `recall@10`.
    """

    truth: Truth
    is_new_only: bool
    metric: str

    def figure(self, model: CustomerScorer) -> float:
        """Mean of the metric over the slice's customers."""
        k = int(self.metric.partition("@")[2])
        lists = ranked(model, self.truth, k=k, is_new_only=self.is_new_only)
        return float(np.nanmean(gains(lists, self.truth.wanted, self.truth.num_wanted, [self.metric])[self.metric]))


def searched(
    grid: Mapping[str, tuple[Any, ...]], figure: Callable[[dict[str, Any]], float]
) -> tuple[dict[str, Any], float]:
    """The best setting found by going along one keyword at a time until a whole round brings nothing, and its figure.

    Args:
        grid: values by keyword, from which the first of each is the start.
        figure: what a setting is worth; the first of equals is kept.
    """
    chosen = {name: values[0] for name, values in grid.items()}
    best, seen = figure(chosen), {tuple(chosen.values())}
    before = -np.inf
    while best > before:
        before = best
        for name, values in grid.items():
            for value in values:
                trial = {**chosen, name: value}
                if tuple(trial.values()) in seen:
                    continue
                seen.add(tuple(trial.values()))
                worth = figure(trial)
                if worth > best:
                    best, chosen = worth, trial
    return chosen, best


def tuned(baseline: CustomerBaseline, part: Slice, progress: Progress) -> tuple[dict[str, Any], float]:
    """The setting with the highest figure on a slice, and the figure; the first setting where the slice is empty."""
    if not len(part.truth):
        return {name: values[0] for name, values in baseline.grid.items()}, float("nan")
    prepared = baseline.prepare(part.truth.past) if baseline.prepare else {}
    tries = 0

    def figure(setting: dict[str, Any]) -> float:
        nonlocal tries
        tries += 1
        progress(f"tuning {baseline.name}", tries)
        return part.figure(baseline.fit(part.truth.past, **prepared, **baseline.quick, **setting))

    found = searched(baseline.grid, figure)
    progress(f"tuning {baseline.name}", tries, tries)
    return found
