"""When requests are due, and how long each was waited for: counted from when it was due, not from when it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.float64]
Spacing = Literal["constant", "poisson"]
PERCENTILES: Final = (50.0, 95.0, 99.0)


def arrivals(*, per_second: float, seconds: float, spacing: Spacing = "poisson", seed: int = 0) -> Seconds:
    """When requests are due, seconds from the start, ascending, all below `seconds`.

    Args:
        per_second: how many on average, above 0.
        seconds: how long.
        spacing: `constant`, or `poisson` as callers who do not know of each other arrive.
        seed: equal seeds give equal arrivals.
    """
    if spacing == "constant":
        return np.arange(0.0, seconds, 1 / per_second)
    draw = np.random.default_rng(seed)
    expected = per_second * seconds
    gaps = draw.exponential(1 / per_second, size=int(expected + 10 * expected**0.5 + 10))
    due = np.cumsum(gaps)
    return due[due < seconds]


@dataclass(frozen=True)
class Measured:
    """What became of a run's requests, in the order they were due.

    Attributes:
        due: when each was due, seconds from the run's start.
        waited: seconds from then to the whole answer; to the end of patience where none came.
        late: seconds from due to sent: waiting for a free connection, and the generator's own lateness.
        refused: which got no answer, a status other than 200, or errors.
        reads: round trips to the graph that each answer tells of; -1 where it does not.
        seconds: how long the run took, to the last answer.
    """

    due: Seconds
    waited: Seconds
    late: Seconds
    refused: npt.NDArray[np.bool_]
    reads: npt.NDArray[np.int64]
    seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second that were not refused."""
        return float((~self.refused).sum() / self.seconds) if self.seconds > 0 else 0.0

    def percentiles(self) -> Mapping[str, float]:
        """Milliseconds that p50, p95 and p99 of the requests waited at most, refused ones too, and the longest."""
        values = {f"p{percent:g}": 1000 * percentile(self.waited, percent) for percent in PERCENTILES}
        return {**values, "longest": 1000 * float(self.waited.max(initial=0.0))}

    def graph_reads(self) -> float | None:
        """Round trips to the graph that a request takes, on average; None where no answer tells."""
        told = self.reads[self.reads >= 0]
        return float(told.mean()) if told.size else None


def percentile(values: Seconds, percent: float) -> float:
    """The smallest value that at least `percent` % of the values do not exceed; 0 of none.

    Nothing is interpolated and nothing put into buckets: the figure is one that was measured.
    """
    if not values.size:
        return 0.0
    place = int(np.ceil(percent / 100 * values.size)) - 1
    return float(np.partition(values, max(place, 0))[max(place, 0)])


def growth(instants: Seconds, mebibytes: Seconds) -> float:
    """MiB a minute by which memory grew over the second half of a run, by least squares; 0 of fewer than two looks."""
    later = instants >= (instants.max(initial=0.0)) / 2
    if later.sum() < 2:
        return 0.0
    slope, _ = np.polyfit(instants[later] / 60, mebibytes[later], 1)
    return float(slope)
