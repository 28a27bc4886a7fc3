"""Features from a series' own past and its product's, store's and category's, up to the origin alone."""

import numpy as np

from forecast.history import Grid, Rows
from forecast.panel import LEVEL_HALF_LIFE, Panel, group_mean

YEAR = 52
"""Weeks after which a season comes again."""


def lag_features(panel: Panel, origin: int, target: int, rows: Rows) -> dict[str, Grid]:
    """Levels, last weeks and their scatter, each less the level that the forecast starts from."""
    start = panel.level[rows, origin]
    found = {
        "level": start,
        "horizon": np.full(len(rows), target - origin, np.float32),
        "scatter": panel.scatter[rows, origin],
        "out_of_stock": panel.out_of_stock[rows, origin],
        "num_known": panel.num_known[rows, origin],
        "share_known": (panel.num_known[rows, origin] - _at(panel.num_known, rows, origin - 13)) / 13,
    }
    for half_life, level in panel.levels.items():
        found[f"level_{half_life:.0f}"] = level[rows, origin] - start
    for lag in range(5):
        found[f"lag_{lag}"] = _at(panel.residual, rows, origin - lag) - start
    surprise = panel.surprise
    for name, groups in _groups(panel).items():
        recent = surprise[:, max(origin - 3, 0) : origin + 1]
        means = group_mean(recent, groups)
        found[f"{name}_surprise"] = means[groups[rows], -1]
        found[f"{name}_surprise_4"] = np.nan_to_num(means).mean(axis=1)[groups[rows]]
    return found


def seasonal_features(panel: Panel, origin: int, target: int, rows: Rows) -> dict[str, Grid]:
    """How far the week a year before the target lay above the level of a year before the origin; NaN without one."""
    then, base = target - YEAR, origin - YEAR
    names = [*_groups(panel), "own"]
    if base < 0:
        return {f"{name}_year_ago": np.full(len(rows), np.nan, np.float32) for name in names}
    level = panel.levels[LEVEL_HALF_LIFE][:, base][:, None]
    lift = panel.residual[:, max(then - 1, 0) : then + 2] - level
    found = {"own_year_ago": lift[rows, min(then, 1)]}
    for name, groups in _groups(panel).items():
        found[f"{name}_year_ago"] = group_mean(lift, groups)[groups[rows], min(then, 1)]
    return found


def _groups(panel: Panel) -> dict[str, Rows]:
    history = panel.history
    return {"product": history.product, "store": history.store, "category": history.category}


def _at(grid: Grid, rows: Rows, week: int) -> Grid:
    """One week's column, NaN before the first week."""
    return grid[rows, week] if week >= 0 else np.full(len(rows), np.nan, np.float32)
