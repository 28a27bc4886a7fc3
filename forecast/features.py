"""Features of a forecast made at the end of one week for a later one, by family."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from forecast.calendar import calendar_features
from forecast.history import Grid, Rows
from forecast.lags import lag_features, seasonal_features
from forecast.neighbours import relation_features
from forecast.offers import price_features, promotion_features, store_features
from forecast.panel import Panel
from forecast.vectors import embedding_features

FAMILIES: Final[dict[str, Callable[[Panel, int, int, Rows], dict[str, Grid]]]] = {
    "lags": lag_features,
    "season": seasonal_features,
    "calendar": calendar_features,
    "price": price_features,
    "promotion": promotion_features,
    "store": store_features,
    "relations": relation_features,
    "embeddings": embedding_features,
}
"""Each takes the panel, the origin (last known week), the target week and rows of series."""


def features(
    panel: Panel, *, origin: int, target: int, rows: Rows, families: Sequence[str]
) -> tuple[Grid, dict[str, str]]:
    """Features `[num_rows, num_features]` float32 of one target week as seen from one origin, and the family of each.

    Args:
        origin: the last week whose OBSERVED facts are looked at.
        target: a later week; PLANNED facts of it and of the weeks between are looked at.
    """
    found: dict[str, Grid] = {}
    family_of: dict[str, str] = {}
    for family in families:
        made = FAMILIES[family](panel, origin, target, rows)
        found |= made
        family_of |= dict.fromkeys(made, family)
    return np.column_stack([np.asarray(values, np.float32) for values in found.values()]), family_of
