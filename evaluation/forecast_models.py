"""The models that the protocol forecast scores: ours, ours without some families, and simple ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from evaluation.forecast_scoring import Truth
from evaluation.report import OURS
from forecast.baselines import SIMPLE, AutoEts, fit_auto_ets, simple_forecasts
from forecast.history import SalesHistory
from forecast.model import FittedForecast, fit_forecast
from forecast.settings import ForecastSettings
from schema.demand import DemandForecast

Floats = npt.NDArray[np.float64]
Fitted = TypeVar("Fitted")


@dataclass(frozen=True)
class Cut:
    """One round laid over the history.

    Attributes:
        history: OBSERVED facts cut at the round's `train_before`.
        origin: the last known week.
    """

    history: SalesHistory
    truth: Truth
    origin: int

    @property
    def horizons(self) -> list[int]:
        """Weeks ahead of the predicted weeks, ascending."""
        return [int(week) - self.origin for week in np.unique(self.truth.week)]


Model = Callable[[Cut], DemandForecast]
"""Forecasts the rows of a round, fitting what it needs first."""


@dataclass
class Refitted(Generic[Fitted]):
    """What is fitted anew every so many rounds, and in between is that of an earlier round.

    A fit is never that of a later round than the one that asks, nor one for other horizons.

    Attributes:
        fit: makes it of a round.
        every: rounds that share one, at most.
    """

    fit: Callable[[Cut], Fitted]
    every: int
    kept: Fitted | None = None
    cut: Cut | None = None
    uses: int = 0

    def at(self, cut: Cut) -> Fitted:
        """The fit that a round is forecast with."""
        fits = self.cut is not None and cut.origin >= self.cut.origin and set(cut.horizons) <= set(self.cut.horizons)
        if self.kept is None or not fits or self.uses >= self.every:
            self.kept, self.cut, self.uses = self.fit(cut), cut, 0
        self.uses += 1
        return self.kept


def fitted_models(
    settings: ForecastSettings, without: Sequence[str], refit_every: int, *, lends: bool = False
) -> Mapping[str, Model]:
    """Ours, and ours without each of some families, or with it where it is off.

    Args:
        lends: whether histories hold substitutes that products not sold yet borrow from; then ours without them, too.
    """

    def fitted(chosen: ForecastSettings) -> Model:
        def fit(cut: Cut) -> FittedForecast:
            return fit_forecast(cut.history, horizons=cut.horizons, settings=chosen)

        fits = Refitted(fit, refit_every)

        def told(cut: Cut) -> DemandForecast:
            return seen_at(fits, cut).predict(cut.truth.series, cut.truth.week)

        return told

    def alone(cut: Cut) -> DemandForecast:
        return lone(replace(cut, history=replace(cut.history, lenders=None)))

    lone = fitted(settings)
    others = {name: fitted(other) for name, other in changed(settings, without).items()}
    return {OURS: fitted(settings), **others, **({"without lenders": alone} if lends else {})}


def seen_at(fits: Refitted[FittedForecast], cut: Cut) -> FittedForecast:
    """The fit that a round is forecast with, knowing all that the round knows."""
    model = fits.at(cut)
    return model if fits.uses == 1 else model.seen_from(cut.history)


def changed(settings: ForecastSettings, families: Sequence[str]) -> Mapping[str, ForecastSettings]:
    """By name the settings without each of some families that are on, and with each that is off."""
    return {
        f"without {family}" if family in settings.families else f"with {family}": (
            settings.without(family) if family in settings.families else settings.with_(family)
        )
        for family in families
    }


def simple_models(refit_every: int) -> Mapping[str, Model]:
    """The simple forecasts: all but AutoETS are made anew for every round, which takes no time."""

    def named(name: str) -> Model:
        return lambda cut: rows_of(simple_forecasts(name, _known(cut), cut.horizons), cut)

    def fit(cut: Cut) -> AutoEts:
        return fit_auto_ets(_known(cut))

    fits = Refitted(fit, refit_every)

    def smoothed(cut: Cut) -> DemandForecast:
        return rows_of(fits.at(cut).forecasts(_known(cut), cut.horizons), cut)

    return {**{name: named(name) for name in SIMPLE}, "AutoETS": smoothed}


def rows_of(told: Floats, cut: Cut) -> DemandForecast:
    """The rows of a round out of forecasts `[num_horizons, num_series, 20]`, the point first."""
    truth, keys = cut.truth, cut.history.keys
    values = told[np.searchsorted(cut.horizons, truth.week - cut.origin), truth.series]
    return DemandForecast(
        sku=keys["sku"].to_numpy(object)[truth.series],
        store_id=keys["store_id"].to_numpy(object)[truth.series],
        starts_on=cut.history.weeks[truth.week],
        mean=values[:, 0],
        quantiles=np.sort(values[:, 1:], axis=1),
    )


def _known(cut: Cut) -> npt.NDArray[np.float32]:
    return cut.history.grids["units"][:, : cut.origin + 1]
