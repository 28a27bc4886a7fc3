"""Weeks held out in turn: blocks of the last weeks learnt from, each told by what had been learnt before it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.examples import Examples, sampled_examples
from forecast.history import Rows, SalesHistory
from forecast.panel import panel_of
from forecast.settings import ForecastSettings
from forecast.velocity import velocity_classes

Floats = npt.NDArray[np.float64]
LEAST_LEARNT = 0.5
"""Part of the known weeks that an earlier block leaves to learn from, at least."""


@dataclass(frozen=True)
class HeldOut:
    """One block of weeks.

    Attributes:
        learnt: rows of the weeks before it.
        shown: rows of its own weeks, seen from weeks before each by effects learnt before the block.
        velocity: `[num_series]` class of each series as it was when the block began.
        first_week: of the block.
    """

    learnt: Examples
    shown: Examples
    velocity: Rows
    first_week: int


@dataclass(frozen=True)
class ToldBack:
    """What a model of the weeks before a block told of some of its rows, `[num_rows]` each.

    Attributes:
        first_week: of the block; nothing of it or later was looked at.
        series, week: rows and columns of the history; origin: the column that each was seen from.
        logs, spreads: expected log1p(units), and how far off that is expected to be.
        groups: calibration group of each row.
    """

    first_week: int
    series: Rows
    origin: Rows
    week: Rows
    logs: Floats
    spreads: Floats
    groups: Rows


def held_out_blocks(
    history: SalesHistory,
    origin: int,
    horizons: Sequence[int],
    settings: ForecastSettings,
) -> list[HeldOut]:
    """The last blocks of known weeks, the newest first; those without a row are left out.

    Several blocks show several seasons: the width learnt in twelve calm weeks is too narrow for December.

    Args:
        origin: the last known week.

    Source: Tashman 2000 (rolling origins).
    """
    found = []
    for weeks in block_weeks(origin, settings):
        early = panel_of(history.known_weeks(weeks.start))
        learnt = sampled_examples(
            early,
            targets=range(1, weeks.start),
            horizons=horizons,
            families=settings.families,
            max_rows=settings.held_out_rows,
            seed=settings.seed,
        )
        shown = sampled_examples(
            panel_of(history.known_weeks(weeks.stop), early.effects),
            targets=weeks,
            horizons=horizons,
            families=settings.families,
            max_rows=settings.held_out_rows // 2,
            seed=settings.seed + 1,
        )
        if learnt is not None and shown is not None:
            velocity = velocity_classes(history.grids["units"][:, : weeks.start])
            found.append(HeldOut(learnt, shown, velocity, weeks.start))
    return found


def block_weeks(origin: int, settings: ForecastSettings) -> list[range]:
    """Targets of each block, the newest first: a quarter of the known weeks or `calibration_weeks`, the fewer."""
    number = min(settings.calibration_weeks, origin // 4)
    starts = [origin + 1 - number * back for back in range(1, settings.calibration_blocks + 1)]
    least = int(LEAST_LEARNT * origin)
    return [range(start, start + number) for start in starts if number and start > (1 if start == starts[0] else least)]
