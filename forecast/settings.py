"""What a forecast is fitted with."""

from dataclasses import dataclass, replace
from typing import Final, Literal

Objective = Literal["wape", "mape"]
FAMILIES_ON: Final[tuple[str, ...]] = ("lags", "season", "calendar", "price", "promotion", "store", "relations")
"""Feature families that passed their paired ablation (docs/forecasting.md)."""


@dataclass(frozen=True)
class ForecastSettings:
    """Settings of the pooled model.

    Attributes:
        objective: what the point forecast serves: `wape` makes it the median, `mape` the median weighted by 1/units.
        families: feature families to look at, names of `forecast.features.FAMILIES`.
        max_rows: rows that one fit looks at, drawn at random above it.
        calibration_weeks: last weeks that are held out to learn how wide intervals must be, at most.
        num_threads: of LightGBM; on a busy machine one is faster than two.
    """

    objective: Objective = "wape"
    families: tuple[str, ...] = FAMILIES_ON
    max_rows: int = 100_000
    calibration_weeks: int = 12
    num_trees: int = 120
    num_leaves: int = 31
    learning_rate: float = 0.08
    num_threads: int = 1
    seed: int = 0

    def without(self, family: str) -> "ForecastSettings":
        """The same settings with one family left out."""
        return replace(self, families=tuple(one for one in self.families if one != family))
