"""Protocol forecast: units of products in stores and weeks, from rolling cut-offs, beside simple forecasts."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evaluation.forecast_models import Cut, Model, fitted_models, simple_models
from evaluation.forecast_report import forecast_report, told_fallbacks, told_verdicts
from evaluation.forecast_rounds import Round, single_round
from evaluation.forecast_scoring import Losses, Scored, Truth, losses_of
from evaluation.report import OURS, Report
from forecast.history import SalesHistory
from forecast.model import families_tried
from forecast.peers import with_relations
from forecast.reading import read_history
from forecast.settings import FAMILY_NAMES, ForecastSettings
from forecast.vectors import with_vectors
from forecast.velocity import velocity_classes
from measures.forecasting import naive_scales
from schema.embeddings import EmbeddingTable
from schema.errors import BadInput, EmptyWindow
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.tables import RetailTables

Floats = npt.NDArray[np.float64]
WEEKS = 4
"""Weeks that are predicted where nothing else is said."""
ABLATED = ("relations",)
"""Families that every run leaves out in turn: the same model without the graph."""


def run(  # noqa: PLR0913  # keywords only: what is forecast, and from when
    tables: RetailTables,
    *,
    rounds: Sequence[Round] | None = None,
    as_of: date | None = None,
    settings: ForecastSettings | None = None,
    without: Sequence[str] = ABLATED,
    refit_every: int = 1,
    vectors: EmbeddingTable | None = None,
    relations: Relations | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Forecast every known row of each round's weeks, by our model, by itself without some families and by simple ones.

    Which families are on is found once, by what is known at the first round's cut-off.

    Args:
        rounds: cut-offs and weeks; None takes one of WEEKS weeks from `as_of`.
        without: feature families; our model is fitted once more without each, or with it where it did not pass.
        refit_every: rounds that share a fit, models and AutoETS alike; what is known goes on from round to round.
        vectors: of products, learnt before the first cut-off; None leaves the family `embeddings` out.
        relations: learnt before the first cut-off: what the family `relations` looks at beside the category, and whom
            products not sold yet borrow from; None: nothing, nobody.

    Raises:
        MissingTable: if there are no weekly or daily sales and no receipts.
        EmptyWindow: if a round has no week to learn from or no row to predict.
        BadInput: if neither rounds nor a day are given, or a family has another name.
    """
    chosen = replace(settings or ForecastSettings(), seed=seed)
    unknown = [family for family in (*without, *chosen.families) if family not in FAMILY_NAMES]
    if unknown:
        raise BadInput(f"{unknown[0]!r} is no feature family.", remedy=f"There are {', '.join(FAMILY_NAMES)}.")
    if rounds is None:
        if as_of is None:
            raise BadInput("There is nothing to predict.", remedy="Give --rounds, or --as-of and --weeks.")
        rounds = single_round(as_of, WEEKS)
    history = read_history(tables, before=min(one.train_before for one in rounds))
    history = history if vectors is None else with_vectors(history, vectors)
    history = history if relations is None else with_relations(history, relations)
    first = cut_at(history, rounds[0], 0)
    settings, verdicts = families_tried(first.history, horizons=first.horizons, settings=chosen)
    ours = fitted_models(settings, without, refit_every, lends=relations is not None)
    models = {**ours, **simple_models(refit_every)}
    found = _forecasts(history, rounds, models, progress)
    report = forecast_report(
        tables,
        history,
        Scored(found.truths, found.losses),
        rounds=rounds,
        settings=settings,
        fit_seconds=found.fit_seconds,
        predictions=pa.concat_tables(found.kept),
    )
    return replace(report, notes=(*report.notes, *told_verdicts(verdicts), *told_fallbacks(found.simple)))


@dataclass
class _Found:
    """What has come out so far: truths by round, losses by model and round, our predictions and their seconds.

    Attributes:
        simple: by round, what a simple forecast told in place of our model.
    """

    truths: list[Truth]
    losses: dict[str, list[Losses]]
    kept: list[pa.Table]
    fit_seconds: float = 0.0
    simple: list[tuple[str, ...]] = field(default_factory=list)


def _forecasts(
    history: SalesHistory, rounds: Sequence[Round], models: Mapping[str, Model], progress: Progress
) -> _Found:
    found = _Found([], {name: [] for name in models}, [])
    for number, one in enumerate(rounds):
        cut = cut_at(history, one, number)
        found.truths.append(cut.truth)
        for place, (name, model) in enumerate(models.items()):
            started = time.perf_counter()
            told = model(cut)
            found.losses[name].append(losses_of(cut.truth, told.mean, told.quantiles))
            if name == OURS:
                found.fit_seconds += time.perf_counter() - started
                found.simple.append(told.simple)
                found.kept.append(told.table().add_column(0, "round", pa.array([one.name] * len(told), pa.string())))
            progress("forecasts", number * len(models) + place + 1, len(rounds) * len(models))
    return found


def cut_at(history: SalesHistory, one: Round, number: int) -> Cut:
    """A round's known weeks and the rows it predicts.

    Raises:
        EmptyWindow: if there is nothing to learn from or nothing to predict.
    """
    known = history.known_before(np.datetime64(one.train_before))
    units = known.grids["units"]
    ended = np.flatnonzero(np.isfinite(units).any(axis=0))
    if not len(ended):
        raise EmptyWindow(f"Round {one.name}: no week of sales had ended by {one.train_before}.")
    origin = int(ended[-1])
    start = max(history.week_of(np.datetime64(one.from_)), 0)
    stop = min(history.week_of(np.datetime64(one.to)), history.num_weeks)
    actual = history.wanted_units(origin)[:, start : max(stop, start)]
    series, week = np.nonzero(np.isfinite(actual))
    if not len(series):
        raise EmptyWindow(
            f"Round {one.name}: no week of sales starts from {one.from_} to {one.to}.",
            remedy=f"The weeks start from {history.weeks[0]} to {history.weeks[-1]}.",
        )
    learnt = units[:, : origin + 1]
    week = week + start
    truth = Truth(
        round_number=number,
        series=series,
        week=week,
        units=actual[series, week - start].astype(np.float64),
        is_promoted=_promoted(history, series, week),
        is_unsold=~known.is_sold[series],
        velocity=velocity_classes(learnt)[series],
        scales=naive_scales(learnt.astype(np.float64)),
        weights=_sales_value(known, origin),
    )
    return Cut(known, truth, origin)


def _sales_value(known: SalesHistory, origin: int) -> Floats:
    """Money taken in the last four weeks `[num_series]`, a price of 1 where none is known."""
    last = slice(max(origin - 3, 0), origin + 1)
    price = np.nan_to_num(known.grids["price"][:, last], nan=1.0)
    return np.nansum(known.grids["units"][:, last] * price, axis=1).astype(np.float64)


def _promoted(
    history: SalesHistory, series: npt.NDArray[np.int64], week: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    shares = [history.grids[name][series, week] for name in ("feature_share", "display_share", "price_cut_share")]
    return np.nan_to_num(np.maximum.reduce([np.nan_to_num(share) for share in shares])) > 0
