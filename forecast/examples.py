"""Rows to learn from or to forecast: a series, the week it is seen from and the week wanted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast.features import features
from forecast.history import Grid, Rows
from forecast.panel import Panel

MIN_ORIGIN = 8
"""Weeks that come before the first origin learnt from, where there are enough."""
HORIZONS_EACH = 4
"""Origins that one target week is learnt from, at most."""
_BY_ROW = ("matrix", "start", "calm", "units", "series", "origin", "target", "category")


@dataclass(frozen=True)
class Examples:
    """Feature rows with what the level and the planned effect alone let expect.

    Attributes:
        matrix: `[num_rows, num_features]` float32.
        start: `[num_rows]` log1p(units) expected without the trees: the level and what price and promotion add.
        calm: `[num_rows]` the same with what price and promotion usually add.
        units: `[num_rows]` what was sold; NaN where not known.
        series, target: `[num_rows]` rows and columns of the history's grids; origin: the column seen from.
        category: `[num_rows]` codes.
        family_of: the family of each feature by its name, in the order of the matrix's columns.
    """

    matrix: Grid
    start: npt.NDArray[np.float64]
    calm: npt.NDArray[np.float64]
    units: npt.NDArray[np.float64]
    series: Rows
    origin: Rows
    target: Rows
    category: Rows
    family_of: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.units)

    @property
    def names(self) -> list[str]:
        """The features, as the columns of `matrix` stand."""
        return list(self.family_of)

    def of_families(self, families: Collection[str]) -> "Examples":
        """The same rows with the features of some families alone."""
        kept = {name: family for name, family in self.family_of.items() if family in families}
        columns = [at for at, name in enumerate(self.family_of) if name in kept]
        return replace(self, matrix=self.matrix[:, columns], family_of=kept)

    def rows_at(self, places: Rows) -> "Examples":
        """Some of the rows, in the order of `places`."""
        return replace(self, **{name: getattr(self, name)[places] for name in _BY_ROW})


def examples_of(panel: Panel, *, origin: int, target: int, rows: Rows, families: Sequence[str]) -> Examples:
    """One target week of some series as seen from one origin."""
    matrix, family_of = features(panel, origin=origin, target=target, rows=rows, families=families)
    level = panel.level[rows, origin].astype(np.float64) + panel.launches.lift(rows, origin, target)
    return Examples(
        matrix=matrix,
        start=level + panel.effect[rows, target],
        calm=level + np.nan_to_num(panel.usual_effect[rows, origin]),
        units=panel.history.grids["units"][rows, target].astype(np.float64),
        series=rows,
        origin=np.full(len(rows), origin, np.int64),
        target=np.full(len(rows), target, np.int64),
        category=panel.history.category[rows],
        family_of=family_of,
    )


def sampled_examples(
    panel: Panel, *, targets: range, horizons: Sequence[int], families: Sequence[str], max_rows: int, seed: int
) -> Examples | None:
    """Learnt rows of the target weeks, seen from horizons before them, at most about `max_rows` drawn at random.

    Of more than HORIZONS_EACH horizons each target week draws as many of its own. None where there is no row.
    """
    generator = np.random.default_rng(seed)
    known = panel.is_learnt
    first = min(MIN_ORIGIN, max(targets.stop - 2 - max(horizons), 0))
    pairs = []
    for target in targets:
        allowed = [horizon for horizon in horizons if target - horizon >= first]
        drawn = generator.permutation(len(allowed))[:HORIZONS_EACH]
        pairs += [(target - allowed[at], target) for at in sorted(drawn)]
    total = sum(int(known[:, target].sum()) for _, target in pairs)
    share = min(1.0, max_rows / max(total, 1))
    parts = []
    for origin, target in pairs:
        rows = np.flatnonzero(known[:, target])
        rows = rows[generator.random(len(rows)) < share] if share < 1 else rows
        if len(rows):
            parts.append(examples_of(panel, origin=origin, target=target, rows=rows, families=families))
    return joined(parts) if parts else None


def joined(parts: Sequence[Examples]) -> Examples:
    """Several pieces as one, in order."""
    stacked = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_ROW}
    return Examples(**stacked, family_of=parts[0].family_of)
