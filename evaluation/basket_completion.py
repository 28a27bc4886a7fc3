"""Protocol basket-completion: which product is missing from a later basket."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evaluation.baselines import Baseline, baselines, blocks, masked, tuned
from evaluation.basket_split import Split, split_at
from evaluation.history import KnownCustomers, tuned_mix
from evaluation.queries import Queries
from evaluation.report import OURS, Report, peak_mib
from evaluation.scoring import Outcome, compare, summarise
from gnn.settings import TrainSettings
from gnn.training import fit_vectors
from lake.snapshot import build_snapshot
from measures.ranking import ranks_of, top_rows
from ranking.basket_models import LATER_DAYS, fit_basket_hybrid, looks_at_network, past
from ranking.baskets import decayed_counts, popularity_table
from ranking.dual_vectors import DualVectors, dual_vectors
from ranking.hybrid import Hybrid
from ranking.models import BasketScorer
from ranking.personal import HistoryMix
from schema.progress import Progress, silent
from schema.tables import RetailTables

Floats = npt.NDArray[np.float32]
KEPT = 20
"""Places of each ranking that are kept as predictions and counted for coverage."""


@dataclass(frozen=True)
class Bounds:
    """What is left out.

    Attributes:
        until: baskets from this day on are not looked at, so that choices can be made without them; None means all.
        max_items: baskets of more known products are reported apart.
        most_bought: products of each customer's history that our model sees, the strongest; None means all.
    """

    until: date | None = None
    max_items: int = 60
    most_bought: int | None = None


def run(
    tables: RetailTables,
    *,
    as_of: date,
    seed: int = 0,
    bounds: Bounds = Bounds(),
    settings: TrainSettings | None = None,
    progress: Progress = silent,
) -> Report:
    """Rank what is missing from each basket after `as_of`, by our model and by tuned simple ones.

    Raises:
        EmptyWindow: if no basket precedes `as_of`, or none of 2 to `max_items` known products follows it.
    """
    settings = replace(settings or TrainSettings(), seed=seed)
    split = split_at(tables, as_of=as_of, until=bounds.until, seed=seed, max_items=bounds.max_items)
    earlier = as_of - timedelta(days=LATER_DAYS)
    trial = split_at(tables, as_of=earlier, until=as_of, seed=seed, max_items=bounds.max_items, may_be_empty=True)
    outcomes, chosen = {}, {}
    customers = KnownCustomers(split.past, split.until)
    for baseline in baselines(len(split.skus)):
        setting, mix = _chosen(baseline, trial, progress)
        scorer = baseline.fitted(split.past, split.until, setting)
        mixed = partial(customers.mixed, scorer, mix=mix)
        outcomes[baseline.name], chosen[baseline.name] = _outcome(scorer, split, mixed), {**setting, **vars(mix)}
    began = time.perf_counter()
    hybrid, chosen[OURS] = _our_model(tables, trial, split, settings, bounds.most_bought, progress)
    fit_seconds = time.perf_counter() - began
    outcomes[OURS] = _outcome(hybrid, split, lambda _, part: hybrid.with_customers(part.visible, part.customer_ids))
    return _report(tables, split, outcomes, chosen, seed=seed, fit_seconds=fit_seconds)


def our_network(tables: RetailTables, split: Split, settings: TrainSettings, progress: Progress) -> DualVectors:
    """The relation network fitted on the graph as of the split's day."""
    snapshot = build_snapshot(tables, as_of=split.as_of, progress=progress)
    counts = popularity_table(split.past, until=split.until)
    vectors = fit_vectors(snapshot, settings=settings, purchase_counts=counts, progress=progress)
    return dual_vectors(vectors, split.skus)


def _our_model(
    tables: RetailTables,
    trial: Split,
    split: Split,
    settings: TrainSettings,
    most_bought: int | None,
    progress: Progress,
) -> tuple[Hybrid, dict[str, Any]]:
    products = tables.read("products", ["sku", "name"])
    names = dict(zip(products.column("sku").to_pylist(), products.column("name").to_pylist(), strict=True))
    is_heard = looks_at_network(len(split.skus))
    earlier, now = (
        past(each.past, each.until, names, our_network(tables, each, settings, progress) if is_heard else None)
        for each in (trial, split)
    )
    return fit_basket_hybrid(earlier, trial.later, now, most_bought=most_bought, seed=settings.seed, progress=progress)


def _chosen(baseline: Baseline, trial: Split, progress: Progress) -> tuple[dict[str, Any], HistoryMix]:
    setting = tuned(baseline, trial.past, trial.until, trial.queries, progress)
    if not len(trial.queries):
        return setting, HistoryMix()
    scorer = baseline.fitted(trial.past, trial.until, setting)
    return setting, tuned_mix(scorer, trial.queries, KnownCustomers(trial.past, trial.until))


def _outcome(scorer: BasketScorer, split: Split, informed: Callable[[Floats, Queries], Floats]) -> Outcome:
    """Ranks and lists of both variants for every query.

    Args:
        informed: scores of queries with their customers, given those without.
    """
    pieces: list[tuple[npt.NDArray[Any], ...]] = []
    for rows in blocks(len(split.queries)):
        part = split.queries.part(rows)
        anonymous = scorer(part.visible)
        known = masked(informed(anonymous, part), part)
        anonymous = masked(anonymous, part)
        lists, known_lists = top_rows(anonymous, KEPT), top_rows(known, KEPT)
        pieces.append(
            (
                ranks_of(anonymous, part.hidden),
                ranks_of(known, part.hidden),
                lists,
                known_lists,
                np.take_along_axis(anonymous, lists, axis=1),
                np.take_along_axis(known, known_lists, axis=1),
            )
        )
    large = [ranks_of(masked(scorer(p.visible), p), p.hidden) for p in map(split.large.part, blocks(len(split.large)))]
    ranks, known_ranks, lists, known_lists, scores, known_scores = map(np.concatenate, zip(*pieces, strict=True))
    large_ranks = np.concatenate([np.empty(0, np.int64), *large])
    return Outcome(ranks, known_ranks, lists, known_lists, scores, known_scores, large_ranks)


def _report(
    tables: RetailTables,
    split: Split,
    outcomes: dict[str, Outcome],
    chosen: dict[str, Any],
    *,
    seed: int,
    fit_seconds: float,
) -> Report:
    counts = decayed_counts(split.past, until=split.until, half_life_days=None)
    repeats = KnownCustomers(split.past, split.until).has_bought(split.queries)
    return Report(
        protocol="basket-completion",
        tables=tables.info.name,
        data_hash=tables.load_id,
        as_of=split.as_of,
        seed=seed,
        fit_seconds=fit_seconds,
        peak_mib=peak_mib(),
        results={name: summarise(outcome, split.queries.hidden, counts, repeats) for name, outcome in outcomes.items()},
        differences=compare(outcomes, seed=seed),
        predictions=predictions(outcomes[OURS], split),
        notes=(
            f"{len(split.queries)} baskets, {len(split.skus)} known products; settings chosen on the "
            f"{LATER_DAYS} days before the cut-off.",
        ),
        settings=chosen,
    )


def predictions(outcome: Outcome, split: Split) -> pa.Table:
    """`query_id, variant, rank, sku, score` of the first KEPT places of both variants."""
    tables = []
    skus, ids = pa.array(split.skus, pa.string()), pa.array(split.queries.basket_ids, pa.string())
    for variant, lists, scores in (
        ("anonymous", outcome.lists, outcome.scores),
        ("known", outcome.known_lists, outcome.known_scores),
    ):
        query, place = np.nonzero(lists >= 0)
        columns = {
            "query_id": ids.take(pa.array(query)),
            "variant": pa.array([variant] * len(query), pa.string()),
            "rank": pa.array(place + 1, pa.int32()),
            "sku": skus.take(pa.array(lists[query, place])),
            "score": pa.array(scores[query, place], pa.float32()),
        }
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)
