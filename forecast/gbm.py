"""Boosted trees over all products, stores and horizons: what level and planned effect alone do not tell."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast.calendar import CALENDAR
from forecast.examples import Examples
from forecast.history import Grid, Rows
from forecast.settings import ForecastSettings

Floats = npt.NDArray[np.float64]
LEAST_ROWS = 500
"""Rows below which no tree is grown."""
WEEK_PRIOR = 10.0
"""Rows that a week's own mean must outweigh."""


@dataclass(frozen=True)
class Trees:
    """What to add to what an example starts from: the mean of two models that err in different ways.

    Attributes:
        within: log1p(units) less the start, itself less the mean of its category and week, from all but the calendar:
            it cannot take one week's luck for a season. None adds nothing.
        whole: log1p(units) less the calm start, from every feature; None stands for the planned effect.
        spread: absolute error of the mean of both in log1p(units); None means the same for all.
        columns: those that `within` looks at.
    """

    within: Any
    whole: Any
    spread: Any
    columns: Rows

    def logs(self, examples: Examples) -> Floats:
        """Expected log1p(units) `[num_rows]`."""
        if self.within is None:
            return examples.start
        first = examples.start + _predicted(self.within, examples.matrix[:, self.columns])
        second = examples.calm + _predicted(self.whole, examples.matrix)
        return (first + second) / 2

    def spreads(self, examples: Examples) -> Floats:
        """Expected absolute error in log1p(units) `[num_rows]`, at least 0.05."""
        if self.spread is None:
            return np.full(len(examples), 0.3)
        return np.maximum(_predicted(self.spread, examples.matrix), 0.05)


def fit_trees(examples: Examples | None, settings: ForecastSettings) -> Trees:
    """Trees on known rows; none where there are fewer than LEAST_ROWS."""
    if examples is None or len(examples) < LEAST_ROWS:
        return Trees(None, None, None, np.empty(0, np.int64))
    columns = np.array([at for at, name in enumerate(examples.names) if name not in CALENDAR], np.int64)
    logs, matrix = np.log1p(examples.units), examples.matrix
    number = settings.num_trees
    within = _boosted(matrix[:, columns], _less_week(logs - examples.start, examples), settings, number)
    whole = _boosted(matrix, logs - examples.calm, settings, number * 3 // 2)
    center = Trees(within, whole, None, columns)
    return replace(center, spread=_boosted(matrix, np.abs(logs - center.logs(examples)), settings, number // 2))


def _less_week(values: Floats, examples: Examples) -> Floats:
    """Values less the mean of their category and week, itself drawn to 0 where rows are few."""
    groups = np.unique(examples.target * (examples.category.max() + 1) + examples.category, return_inverse=True)[1]
    means = np.bincount(groups, values) / (np.bincount(groups) + WEEK_PRIOR)
    return values - means[groups]


def _boosted(matrix: Grid, target: Floats, settings: ForecastSettings, num_trees: int) -> Any:
    import lightgbm  # noqa: PLC0415  # only forecasts want it

    parameters = {
        "objective": "regression",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": min(100, len(target) // 20),
        "feature_fraction": 0.5,
        "bagging_fraction": 0.5,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 63,
        "num_threads": settings.num_threads,
        "seed": settings.seed,
        "deterministic": True,
        "force_col_wise": True,
        "verbose": -1,
    }
    return lightgbm.train(parameters, lightgbm.Dataset(matrix, target), num_trees)


def _predicted(model: Any, matrix: Grid) -> Floats:
    return np.asarray(model.predict(matrix, num_threads=1), np.float64)
