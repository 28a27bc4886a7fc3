"""What a forecast is fitted with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from schema.errors import BadInput

Objective = Literal["wape", "mape"]
FAMILY_NAMES: Final[tuple[str, ...]] = (
    *("lags", "season", "calendar", "price", "promotion", "store", "relations", "embeddings"),
)
"""Feature families that a forecast may look at (docs/forecasting.md)."""
ALWAYS_ON: Final = "lags"
"""The family without which there is no forecast: it holds the horizon."""


@dataclass(frozen=True)
class ForecastSettings:
    """Settings of the pooled model.

    Attributes:
        objective: what the point forecast serves: `wape` makes it the median, `mape` the median weighted by 1/units.
        families: feature families to look at, of FAMILY_NAMES.
        is_on_trial: whether a fit leaves out those families that do not pass their ablation on its own weeks.
        max_rows: rows that one fit looks at, drawn at random above it.
        calibration_weeks: weeks of a block that is held out to learn how wide intervals must be, at most.
        calibration_blocks: such blocks, one before the other, at most.
        num_threads: of LightGBM; on a busy machine one is faster than two.
    """

    objective: Objective = "wape"
    families: tuple[str, ...] = FAMILY_NAMES
    is_on_trial: bool = True
    max_rows: int = 100_000
    calibration_weeks: int = 12
    calibration_blocks: int = 3
    num_trees: int = 120
    num_leaves: int = 31
    learning_rate: float = 0.08
    num_threads: int = 1
    seed: int = 0

    @property
    def held_out_rows(self) -> int:
        """Rows that are learnt from before each held-out block; half as many of its own are told of."""
        return self.max_rows * 3 // 5

    def only(self, families: Iterable[str]) -> "ForecastSettings":
        """The same settings with families that are chosen, not tried.

        Raises:
            BadInput: if a family has another name, or the lags are missing.
        """
        chosen = tuple(families)
        unknown = [one for one in chosen if one not in FAMILY_NAMES]
        if unknown or ALWAYS_ON not in chosen:
            what = (
                f"{unknown[0]!r} is no feature family." if unknown else f"Without {ALWAYS_ON!r} there is no forecast."
            )
            raise BadInput(what, remedy=f"There are {', '.join(FAMILY_NAMES)}.")
        return replace(self, families=tuple(one for one in FAMILY_NAMES if one in chosen), is_on_trial=False)

    def without(self, family: str) -> "ForecastSettings":
        """The same settings with one family left out."""
        return replace(self, families=tuple(one for one in self.families if one != family))

    def with_(self, family: str) -> "ForecastSettings":
        """The same settings with one family more."""
        return replace(self, families=tuple(one for one in FAMILY_NAMES if one in {*self.families, family}))
