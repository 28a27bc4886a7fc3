"""Forecasts that roll on: fitted once, told again each week from what was known by then."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast.history import OBSERVED, PLANNED, Rows, SalesHistory
from forecast.kept_demand import wanted_units
from forecast.model import FittedForecast, fit_forecast
from forecast.settings import ForecastSettings
from schema.demand import LEVELS
from schema.progress import Progress, silent

Floats = npt.NDArray[np.float64]
PAST_WEEKS = 13
"""Weeks that plain past sales are the mean of."""


@dataclass(frozen=True)
class RollingForecast:
    """A forecast fitted on the first `origin` weeks, and what it says at each later week.

    Attributes:
        history: whole, with `num_ahead` unknown weeks after its last.
        rows: `[num_rows]` series that are told of.
    """

    history: SalesHistory
    rows: Rows
    origin: int
    num_ahead: int
    fitted: FittedForecast

    def told_from(self, week: int) -> FittedForecast:
        """The same model, seeing what was known before column `week`."""
        return self.fitted.seen_from(self.history.known_weeks(week))

    def quantiles(self, week: int, *, num_weeks: int | None = None) -> Floats:
        """Quantiles of the weeks from column `week` on, by what was known before `[num_rows, n, 19]`.

        Args:
            num_weeks: how many, at most `num_ahead`; None: as many.
        """
        model = self.told_from(week)
        weeks = np.arange(week, week + (num_weeks or self.num_ahead))
        told = model.predict(np.repeat(self.rows, len(weeks)), np.tile(weeks, len(self.rows)))
        return told.quantiles.reshape(len(self.rows), len(weeks), len(LEVELS))

    def past_sales(self, week: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of units a week in the last PAST_WEEKS before column `week` `[num_rows]`."""
        units = self.history.grids["units"][self.rows, max(week - PAST_WEEKS, 0) : week].astype(np.float64)
        known = np.isfinite(units)
        count = known.sum(axis=1)
        mean = np.where(known, units, 0).sum(axis=1) / np.maximum(count, 1)
        spread = np.where(known, units - mean[:, None], 0)
        return mean, np.sqrt((spread**2).sum(axis=1) / np.maximum(count - 1, 1))

    def hindsight(
        self, until: int, *, num_weeks: int, progress: Progress = silent
    ) -> tuple[list[Floats], list[Floats], Floats]:
        """How the forecast did between its fit and column `until`, as what puts forecasts right is learnt from it.

        Args:
            num_weeks: weeks that are told from each, at most `num_ahead`.

        Returns:
            By week, quantiles `[num_rows, n, 19]` and the mean of past sales `[num_rows]`, as they were known then; and
            the units that were wanted `[num_rows, until - origin]`.
        """
        weeks, told = range(self.origin, until), []
        for number, week in enumerate(weeks):
            told.append(self.quantiles(week, num_weeks=min(num_weeks, self.num_ahead)))
            progress("forecasts of past weeks", number + 1, len(weeks))
        wanted = wanted_units(self.history)[self.rows, self.origin : until].astype(np.float64)
        return told, [self.past_sales(week)[0] for week in weeks], wanted


def roll_forecast(
    history: SalesHistory,
    rows: Rows,
    *,
    origin: int,
    num_ahead: int,
    settings: ForecastSettings | None = None,
    progress: Progress = silent,
) -> RollingForecast:
    """Fit on the first `origin` weeks, for `num_ahead` weeks at a time.

    Raises:
        EmptyWindow: if no week is known by then.
    """
    longer = extended(history, num_ahead)
    fitted = fit_forecast(
        longer.known_weeks(origin), horizons=range(1, num_ahead + 1), settings=settings, progress=progress
    )
    return RollingForecast(longer, rows, origin, num_ahead, fitted)


def extended(history: SalesHistory, num_weeks: int) -> SalesHistory:
    """The same grid with weeks after its last of which nothing is known or planned."""
    blank = np.full((history.num_series, num_weeks), np.nan, np.float32)
    grids = {name: np.concatenate([history.grids[name], blank], axis=1) for name in (*OBSERVED, *PLANNED)}
    return replace(history, grids=grids)
