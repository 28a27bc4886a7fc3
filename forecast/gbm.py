"""Boosted trees over all products, stores and horizons: what level and planned effect alone do not tell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast.examples import Examples
from forecast.settings import ForecastSettings

Floats = npt.NDArray[np.float64]
LEAST_ROWS = 500
"""Rows below which no tree is grown."""


@dataclass(frozen=True)
class Trees:
    """What to add to the start of an example, and how far off the sum is likely to be.

    Attributes:
        center: model of log1p(units) less the start; None adds nothing.
        spread: model of the absolute error of the centre in log1p(units); None means the same for all.
    """

    center: Any
    spread: Any

    def logs(self, examples: Examples) -> Floats:
        """Expected log1p(units) `[num_rows]`."""
        return examples.start + _predicted(self.center, examples, 0.0)

    def spreads(self, examples: Examples) -> Floats:
        """Expected absolute error in log1p(units) `[num_rows]`, at least 0.05."""
        return np.maximum(_predicted(self.spread, examples, 0.3), 0.05)


def fit_trees(examples: Examples | None, settings: ForecastSettings) -> Trees:
    """Trees on known rows; none where there are fewer than LEAST_ROWS.

    Rows weigh by the square root of the units expected: an error of a share matters more where more is sold.
    """
    if examples is None or len(examples) < LEAST_ROWS:
        return Trees(None, None)
    weight = np.exp(0.5 * np.clip(examples.start, 0, 12)) if settings.objective == "wape" else np.ones(len(examples))
    target = np.log1p(examples.units) - examples.start
    center = _boosted(examples, target, weight, settings, settings.num_trees)
    misses = np.abs(target - _predicted(center, examples, 0.0))
    spread = _boosted(examples, misses, np.ones(len(examples)), settings, settings.num_trees // 2)
    return Trees(center, spread)


def _boosted(examples: Examples, target: Floats, weight: Floats, settings: ForecastSettings, num_trees: int) -> Any:
    import lightgbm  # noqa: PLC0415  # only forecasts want it

    parameters = {
        "objective": "regression",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": min(100, len(examples) // 20),
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
    rows = lightgbm.Dataset(examples.matrix, target, weight=weight, feature_name=list(examples.names))
    return lightgbm.train(parameters, rows, num_trees)


def _predicted(model: Any, examples: Examples, otherwise: float) -> Floats:
    if model is None:
        return np.full(len(examples), otherwise)
    return np.asarray(model.predict(examples.matrix, num_threads=1), np.float64)
