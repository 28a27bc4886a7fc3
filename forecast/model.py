"""The demand forecast: one model for all products, stores and horizons, with calibrated intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast.examples import Examples, examples_of, sampled_examples
from forecast.gbm import Trees, fit_trees
from forecast.hierarchy import shared_misses
from forecast.history import Rows, SalesHistory
from forecast.panel import Panel, panel_of
from forecast.quantiles import Residuals, at_levels, fit_residuals, median, median_by_share
from forecast.settings import ForecastSettings
from forecast.velocity import CLASSES, velocity_classes
from schema.demand import DemandForecast
from schema.errors import EmptyWindow
from schema.progress import Progress, silent
from schema.relations import Relations

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FittedForecast:
    """A model fitted on the known weeks of a history.

    Attributes:
        origin: the last week learnt from; forecasts are seen from its end.
        groups: `[num_series]` calibration group of each series: velocity class × category.
        shared: correlation of two series' misses in the same week, as held out.
    """

    panel: Panel
    trees: Trees
    residuals: Residuals
    groups: Rows
    origin: int
    settings: ForecastSettings
    shared: float = 0.0

    def seen_from(self, history: SalesHistory) -> "FittedForecast":
        """The same trees, effects and residuals on a history with more known weeks, seen from its last known one.

        Args:
            history: grid of the same series and weeks; relations are those of the fit.

        Raises:
            EmptyWindow: if no week is known.
        """
        panel = replace(panel_of(history, None, self.panel.effects), peers=self.panel.peers)
        return replace(self, panel=panel, origin=_last_known(history))

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
            steps = self._steps(series[at], int(target))
            quantiles[at] = at_levels(steps)
            mean[at] = (median_by_share if self.settings.objective == "mape" else median)(steps)
        return DemandForecast(
            sku=history.keys["sku"].to_numpy(object)[series],
            store_id=history.keys["store_id"].to_numpy(object)[series],
            week_starts_on=history.weeks[targets],
            mean=mean,
            quantiles=quantiles,
        )

    def _steps(self, rows: Rows, target: int) -> Floats:
        wanted = examples_of(self.panel, origin=self.origin, target=target, rows=rows, families=self.settings.families)
        return self.residuals.quantiles(self.trees.logs(wanted), self.trees.spreads(wanted), self.groups[rows])


def fit_forecast(
    history: SalesHistory,
    *,
    horizons: Sequence[int],
    settings: ForecastSettings | None = None,
    relations: Relations | None = None,
    progress: Progress = silent,
) -> FittedForecast:
    """Fit on every week whose units are known, for the horizons asked for.

    The last weeks are held out first, to learn how far forecasts lie off; then all weeks are learnt from.

    Args:
        history: OBSERVED facts cut where learning stops (`known_before`); PLANNED ones may go on.
        horizons: weeks ahead, from 1.
        relations: substitutes and complements as of the same cut-off; None takes the category's products for peers.

    Raises:
        EmptyWindow: if no week is known.
    """
    settings = settings or ForecastSettings()
    units, origin = history.grids["units"], _last_known(history)
    groups, classes = _groups(history, velocity_classes(units[:, : origin + 1]))
    held = min(settings.calibration_weeks, origin // 4)
    early = panel_of(history.known_weeks(origin + 1 - held), relations)
    first = _fitted(early, range(1, origin + 1 - held), horizons, settings)
    progress("fitting the forecast", 1, 2)
    seen = panel_of(history, relations, early.effects)
    shown = _held_out(seen, range(origin + 1 - held, origin + 1), horizons, settings)
    scaled, at = _scaled(first, shown)
    shared = shared_misses(scaled, np.empty(0, np.int64) if shown is None else shown.target)
    panel = panel_of(history, relations)
    trees = _fitted(panel, range(1, origin + 1), horizons, settings)
    progress("fitting the forecast", 2, 2)
    return FittedForecast(panel, trees, fit_residuals(scaled, groups[at], classes), groups, origin, settings, shared)


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


def _held_out(panel: Panel, targets: range, horizons: Sequence[int], settings: ForecastSettings) -> Examples | None:
    return sampled_examples(
        panel,
        targets=targets,
        horizons=horizons,
        families=settings.families,
        max_rows=settings.max_rows // 2,
        seed=settings.seed + 1,
    )


def _scaled(trees: Trees, shown: Examples | None) -> tuple[Floats, Rows]:
    """Scaled residuals of held-out rows and their series."""
    if shown is None or not len(shown):
        return np.empty(0), np.empty(0, np.int64)
    misses = np.log1p(shown.units) - trees.logs(shown)
    return misses / trees.spreads(shown), shown.series


def _groups(history: SalesHistory, velocity: Rows) -> tuple[Rows, Rows]:
    """Calibration group of each series, and the velocity class of each group."""
    number = int(history.category.max()) + 1
    return velocity * number + history.category, np.repeat(np.arange(len(CLASSES)), number)
