"""The demand forecast: one model for all products, stores and horizons, with calibrated intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast.ablation import Verdict, proven, tried
from forecast.baselines import simple_points
from forecast.examples import examples_of, sampled_examples
from forecast.fallback import Fallback, as_served, fallbacks
from forecast.gbm import Trees, fit_trees
from forecast.held_out import HeldOut, ToldBack, held_out_blocks
from forecast.hierarchy import shared_misses
from forecast.history import Rows, SalesHistory
from forecast.panel import Panel, panel_of
from forecast.quantiles import Residuals, at_levels, fit_residuals, median, median_by_share
from forecast.settings import ForecastSettings
from forecast.told import WeekTold
from forecast.velocity import CLASSES, velocity_classes
from schema.demand import DemandForecast
from schema.errors import EmptyWindow
from schema.progress import Progress, silent

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FittedForecast:
    """A model fitted on the known weeks of a history.

    Attributes:
        origin: the last week learnt from; forecasts are seen from its end.
        groups: `[num_series]` calibration group of each series: velocity class × category.
        shared: correlation of two series' misses in the same week, as held out.
        verdicts: on the feature families that were tried; `settings` holds those that are on.
        fallbacks: velocity classes that a simple forecast serves, for it did better in weeks held out.
        told_back: what weeks held out before the origin were told, by block.
    """

    panel: Panel
    trees: Trees
    residuals: Residuals
    groups: Rows
    origin: int
    settings: ForecastSettings
    shared: float = 0.0
    verdicts: tuple[Verdict, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    told_back: tuple[ToldBack, ...] = ()

    def seen_from(self, history: SalesHistory) -> "FittedForecast":
        """The same trees, effects and residuals on a history with more known weeks, seen from its last known one.

        Args:
            history: grid of the same series and weeks.

        Raises:
            EmptyWindow: if no week is known.
        """
        return replace(self, panel=panel_of(history, self.panel.effects), origin=_last_known(history))

    def predict(self, series: Rows, targets: Rows) -> DemandForecast:
        """Units of rows of the history's grids in weeks after the origin; each sees its own planned price.

        Args:
            series: `[num_rows]` rows of the history.
            targets: `[num_rows]` columns of the history, after the origin.
        """
        history = self.panel.history
        mean, quantiles = np.empty(len(series)), np.empty((len(series), 19))
        for target in np.unique(targets):
            at = np.flatnonzero(targets == target)
            told = self.told(series[at], int(target))
            quantiles[at], mean[at] = at_levels(told.steps), told.points
        return DemandForecast(
            sku=history.keys["sku"].to_numpy(object)[series],
            store_id=history.keys["store_id"].to_numpy(object)[series],
            starts_on=history.weeks[targets],
            mean=mean,
            quantiles=quantiles,
            simple=tuple(str(one) for one in self.fallbacks),
        )

    def served(self, logs: Floats, spreads: Floats, groups: Rows) -> tuple[Floats, Floats]:
        """Units at STEPS `[num_rows, 99]` and the points `[num_rows]` of expected log1p(units) and their misses.

        The point of the model is the one that serves the objective; a simple forecast's is its own.
        """
        steps = self.residuals.quantiles(logs, spreads, groups)
        points = (median_by_share if self.settings.objective == "mape" else median)(steps)
        is_simple = np.isin(self.velocity_of(groups), [one.velocity for one in self.fallbacks])
        return steps, np.where(is_simple, np.expm1(logs), points)

    def velocity_of(self, groups: Rows) -> Rows:
        """The velocity class of calibration groups, places in CLASSES."""
        return groups // num_categories(self.panel.history)

    def simple_points(self, rows: Rows, target: int) -> Floats:
        """What simple forecasts tell of those series that they serve `[num_rows]`; NaN where the model does."""
        found, units = np.full(len(rows), np.nan), self.panel.history.grids["units"]
        for one in self.fallbacks:
            at = np.flatnonzero(self.velocity_of(self.groups[rows]) == one.velocity)
            found[at] = simple_points(one.name, units[rows[at], : self.origin + 1], target - self.origin)
        return found

    def told(self, rows: Rows, target: int) -> WeekTold:
        """What is told of rows of the history's grids in one week after the origin."""
        wanted = examples_of(self.panel, origin=self.origin, target=target, rows=rows, families=self.settings.families)
        logs, spreads, groups = self.trees.logs(wanted), self.trees.spreads(wanted), self.groups[rows]
        for one in self.fallbacks:
            spreads[self.velocity_of(groups) == one.velocity] = one.spread
        simple = self.simple_points(rows, target)
        is_model = np.isnan(simple)
        steps, points = self.served(np.where(is_model, logs, np.log1p(simple)), spreads, groups)
        return WeekTold(wanted, logs, steps, points, ~is_model)


def fit_forecast(
    history: SalesHistory,
    *,
    horizons: Sequence[int],
    settings: ForecastSettings | None = None,
    progress: Progress = silent,
) -> FittedForecast:
    """Fit on every week whose units are known, for the horizons asked for.

    Blocks of the last weeks are held out first, to learn which feature families help and how far forecasts lie off;
    then all weeks are learnt from.

    Args:
        history: OBSERVED facts cut where learning stops (`known_before`); PLANNED ones may go on.
        horizons: weeks ahead, from 1.

    Raises:
        EmptyWindow: if no week is known.
    """
    settings = _offered(settings or ForecastSettings(), history)
    origin = _last_known(history)
    blocks = held_out_blocks(history, origin, horizons, settings)
    progress("fitting the forecast", 1, 3)
    verdicts = tried(blocks, settings) if settings.is_on_trial else ()
    settings = proven(settings, verdicts)
    told_back = tuple(_told_back(history, block, settings) for block in blocks)
    units, number = history.grids["units"], num_categories(history)
    simple = fallbacks(units, told_back, number)
    told_back = as_served(units, told_back, simple, number)
    residuals, shared = _calibrated(history, told_back)
    del blocks
    progress("fitting the forecast", 2, 3)
    panel = panel_of(history)
    trees = _fitted(panel, range(1, origin + 1), horizons, settings)
    progress("fitting the forecast", 3, 3)
    groups = _groups(history, velocity_classes(history.grids["units"][:, : origin + 1]))
    return FittedForecast(panel, trees, residuals, groups, origin, settings, shared, verdicts, simple, told_back)


def families_tried(
    history: SalesHistory,
    *,
    horizons: Sequence[int],
    settings: ForecastSettings,
) -> tuple[ForecastSettings, tuple[Verdict, ...]]:
    """The settings with the families that pass on this history, and the verdicts; as `fit_forecast` finds them.

    Raises:
        EmptyWindow: if no week is known.
    """
    settings = _offered(settings, history)
    if not settings.is_on_trial:
        return settings, ()
    verdicts = tried(held_out_blocks(history, _last_known(history), horizons, settings), settings)
    return proven(settings, verdicts), verdicts


def _offered(settings: ForecastSettings, history: SalesHistory) -> ForecastSettings:
    """The settings without the family that the history tells nothing of."""
    return settings if history.vectors is not None else settings.without("embeddings")


def _last_known(history: SalesHistory) -> int:
    known = np.flatnonzero(np.isfinite(history.grids["units"]).any(axis=0))
    if not len(known):
        raise EmptyWindow("No week of sales had ended by the cut-off.", remedy="Choose a later cut-off.")
    return int(known[-1])


def _fitted(panel: Panel, targets: range, horizons: Sequence[int], settings: ForecastSettings) -> Trees:
    rows = sampled_examples(
        panel,
        targets=targets,
        horizons=horizons,
        families=settings.families,
        max_rows=settings.max_rows,
        seed=settings.seed,
    )
    return fit_trees(rows, settings)


def _told_back(history: SalesHistory, block: HeldOut, settings: ForecastSettings) -> ToldBack:
    """A block as told by trees of the weeks before it.

    A series counts in the class it was in when the block began: how new products are missed is learnt from all that
    were new once.
    """
    trees = fit_trees(block.learnt.of_families(settings.families), settings)
    shown = block.shown.of_families(settings.families)
    groups = _groups(history, block.velocity)[shown.series]
    return ToldBack(
        block.first_week, shown.series, shown.origin, shown.target, trees.logs(shown), trees.spreads(shown), groups
    )


def _calibrated(history: SalesHistory, told_back: Sequence[ToldBack]) -> tuple[Residuals, float]:
    """Quantiles of the misses in all blocks by group, and the correlation of two series' misses in the same week."""
    scaled, groups, weeks = [np.empty(0)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for told in told_back:
        units = history.grids["units"][told.series, told.week].astype(np.float64)
        scaled.append((np.log1p(units) - told.logs) / told.spreads)
        groups.append(told.groups)
        weeks.append(told.week)
    classes = np.repeat(np.arange(len(CLASSES)), num_categories(history))
    misses = np.concatenate(scaled)
    residuals = fit_residuals(misses, np.concatenate(groups), classes)
    return residuals, shared_misses(misses, np.concatenate(weeks))


def _groups(history: SalesHistory, velocity: Rows) -> Rows:
    """Calibration group of each series: velocity class × category."""
    return velocity * num_categories(history) + history.category


def num_categories(history: SalesHistory) -> int:
    """Categories by which misses are told apart."""
    return int(history.category.max()) + 1
