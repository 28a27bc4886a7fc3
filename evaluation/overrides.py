"""Planners' words on weeks to come against what was sold, beside the model that stood when they spoke."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from schema.changes import ForecastOverridden, RecordedChange
from schema.demand import SavedForecast

WITHIN: Final = 1e-9
Week = tuple[str, str, date]
"""Product, store and first day of the week."""
Said = Callable[[Week, date], float | None]
"""Units that the model served on a day expected of a week; None where none told of it."""


@dataclass(frozen=True)
class OverridesScored:
    """How planners and model did on the weeks that planners spoke of.

    Attributes:
        num_words: weeks with a word in force when they began; num_scored: those whose sales and model are known.
        wape, model_wape: summed absolute error over summed units; bias, model_bias: units told over units sold, less 1.
        closer: the share of weeks on which the planner was closer than the model, ties counting half.
    """

    num_words: int
    num_scored: int
    wape: float | None = None
    model_wape: float | None = None
    bias: float | None = None
    model_bias: float | None = None
    closer: float | None = None


def score(changes: Iterable[RecordedChange], sold: Mapping[Week, float], said: Said) -> OverridesScored:
    """The score of every word that stood when its week began; what was said later, or withdrawn by then, is none.

    Args:
        changes: the journal's overrides, ascending.
        sold: units by week.
        said: the model's.
    """
    words: dict[Week, tuple[float | None, date]] = {}
    for recorded in changes:
        word, day = recorded.change, recorded.recorded_at.date()
        if isinstance(word, ForecastOverridden) and day <= word.week_starts_on:
            words[word.sku, word.store_id, word.week_starts_on] = (word.units, day)
    standing = {week: (units, day) for week, (units, day) in words.items() if units is not None}
    rows = [
        (units, model, sold[week])
        for week, (units, day) in standing.items()
        if week in sold and (model := said(week, day)) is not None
    ]
    if not rows or not sum(row[2] for row in rows):
        return OverridesScored(len(standing), len(rows))
    told, model, actual = np.array(rows, np.float64).T
    misses, others, total = np.abs(told - actual), np.abs(model - actual), float(actual.sum())
    return OverridesScored(
        len(standing),
        len(rows),
        wape=float(misses.sum()) / total,
        model_wape=float(others.sum()) / total,
        bias=float(told.sum()) / total - 1,
        model_bias=float(model.sum()) / total - 1,
        closer=float(((misses < others - WITHIN) + 0.5 * (np.abs(misses - others) <= WITHIN)).mean()),
    )


def said_by(forecasts: Sequence[SavedForecast]) -> Said:
    """What the newest of several saved forecasts that was made by a day expected of a week."""
    newest_first = sorted(forecasts, key=lambda forecast: forecast.as_of, reverse=True)

    def said(week: Week, day: date) -> float | None:
        for forecast in newest_first:
            row, place = forecast.row(week[0], week[1]), forecast.week_of(week[2])
            if forecast.as_of <= day and row is not None and 0 <= place < len(forecast.weeks):
                return float(forecast.units[row, place, 0])
        return None

    return said
