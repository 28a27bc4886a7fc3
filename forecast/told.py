"""What a model tells of some series in one week, and what it looked at."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.examples import Examples

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WeekTold:
    """What a model tells of some series in one week.

    Attributes:
        wanted: what it looked at.
        logs: `[num_rows]` log1p(units) that the model expects.
        steps: `[num_rows, 99]` units at STEPS.
        points: `[num_rows]` units expected.
        is_simple: `[num_rows]` whether a simple forecast serves in the model's place.
    """

    wanted: Examples
    logs: Floats
    steps: Floats
    points: Floats
    is_simple: npt.NDArray[np.bool_]
