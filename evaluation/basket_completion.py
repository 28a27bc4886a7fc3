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
import pyarrow.compute as pc

from evaluation.baselines import Baseline, baselines, blocks, masked, tuned
from evaluation.history import KnownCustomers, tuned_mix
from evaluation.queries import Queries, complete_baskets
from evaluation.report import OURS, Report, peak_mib
from evaluation.scoring import Outcome, compare, summarise
from gnn.settings import TrainSettings
from gnn.training import fit
from lake.baskets import read_baskets
from lake.snapshot import build_snapshot
from measures.ranking import ranks_of, top_rows
from ranking.basket_models import fit_basket_hybrid, past
from ranking.baskets import BasketMatrix, basket_matrix, decayed_counts, popularity_table
from ranking.dual_vectors import DualVectors, dual_vectors
from ranking.hybrid import Hybrid
from ranking.models import BasketScorer
from ranking.personal import HistoryMix
from schema.errors import EmptyWindow
from schema.progress import Progress, silent
from schema.tables import RetailTables

Floats = npt.NDArray[np.float32]
VALIDATION_DAYS = 56
"""Days before the cut-off that settings are chosen on, after fitting on what precedes them."""
KEPT = 20
"""Places of each ranking that are kept as predictions and counted for coverage."""


@dataclass(frozen=True)
class Split:
    """Baskets before a day to learn from, and queries of those from it on.

    Attributes:
        skus: known products, ascending.
        until: the day, in days since 1970-01-01.
        large: queries of baskets of more than `max_items` products, reported apart.
        later: the baskets that the queries are made of.
    """

    as_of: date
    skus: tuple[str, ...]
    past: BasketMatrix
    until: float
    queries: Queries
    large: Queries
    later: BasketMatrix


def run(
    tables: RetailTables,
    *,
    as_of: date,
    until: date | None = None,
    seed: int = 0,
    max_items: int = 60,
    settings: TrainSettings | None = None,
    progress: Progress = silent,
) -> Report:
    """Rank what is missing from each basket after `as_of`, by our model and by tuned simple ones.

    Args:
        until: baskets from this day on are not looked at, so that choices can be made without them; None means all.

    Raises:
        EmptyWindow: if no basket precedes `as_of`, or none of 2 to `max_items` known products follows it.
    """
    settings = replace(settings or TrainSettings(), seed=seed)
    split = split_at(tables, as_of=as_of, until=until, seed=seed, max_items=max_items)
    earlier = as_of - timedelta(days=VALIDATION_DAYS)
    trial = split_at(tables, as_of=earlier, until=as_of, seed=seed, max_items=max_items, may_be_empty=True)
    outcomes, chosen = {}, {}
    customers = KnownCustomers(split.past, split.until)
    for baseline in baselines(len(split.skus)):
        setting, mix = _chosen(baseline, trial, progress)
        scorer = baseline.fitted(split.past, split.until, setting)
        mixed = partial(customers.mixed, scorer, mix=mix)
        outcomes[baseline.name], chosen[baseline.name] = _outcome(scorer, split, mixed), {**setting, **vars(mix)}
    began = time.perf_counter()
    hybrid, chosen[OURS] = _our_model(tables, trial, split, settings, progress)
    fit_seconds = time.perf_counter() - began
    outcomes[OURS] = _outcome(hybrid, split, lambda _, part: hybrid.with_customers(part.visible, part.customer_ids))
    return _report(tables, split, outcomes, chosen, seed=seed, fit_seconds=fit_seconds)


def split_at(
    tables: RetailTables, *, as_of: date, until: date | None, seed: int, max_items: int, may_be_empty: bool = False
) -> Split:
    """Baskets before `as_of`, and queries from those in `[as_of, until)`.

    Raises:
        EmptyWindow: if either is empty, unless `may_be_empty`.
    """
    before = read_baskets(tables, before=as_of)
    after = read_baskets(tables, from_=as_of, before=until)
    skus = known_skus(tables, before, as_of)
    past, later = basket_matrix(before, skus), basket_matrix(after, skus)
    queries = complete_baskets(later, seed=seed, most=max_items)
    if not may_be_empty and not len(past.basket_ids):
        raise EmptyWindow(f"No basket precedes {as_of}.", remedy="Choose a later --as-of.")
    if not may_be_empty and not len(queries):
        raise EmptyWindow(
            f"No basket of 2 to {max_items} known products was bought on {as_of} or later.",
            remedy="Choose an earlier --as-of.",
        )
    large = complete_baskets(later, seed=seed, least=max_items + 1, most=None)
    return Split(as_of, skus, past, float((as_of - date(1970, 1, 1)).days), queries, large, later)


def known_skus(tables: RetailTables, before: pa.Table, as_of: date) -> tuple[str, ...]:
    """Products sold before the cut-off or launched before it, ascending."""
    products = tables.read("products", ["sku", "launched_on"])
    launched = products.filter(pc.less(products.column("launched_on"), pa.scalar(as_of, pa.date32())))
    known = {*before.column("sku").unique().to_pylist(), *launched.column("sku").to_pylist()}
    return tuple(sorted(known & set(products.column("sku").to_pylist())))


def our_network(tables: RetailTables, split: Split, settings: TrainSettings, progress: Progress) -> DualVectors:
    """The relation network fitted on the graph as of the split's day."""
    snapshot = build_snapshot(tables, as_of=split.as_of, progress=progress)
    counts = popularity_table(split.past, until=split.until)
    return dual_vectors(
        fit(snapshot, settings=settings, purchase_counts=counts, progress=progress).embeddings, split.skus
    )


def _our_model(
    tables: RetailTables, trial: Split, split: Split, settings: TrainSettings, progress: Progress
) -> tuple[Hybrid, dict[str, Any]]:
    products = tables.read("products", ["sku", "name"])
    names = dict(zip(products.column("sku").to_pylist(), products.column("name").to_pylist(), strict=True))
    earlier, now = (
        past(each.past, each.until, names, our_network(tables, each, settings, progress)) for each in (trial, split)
    )
    return fit_basket_hybrid(earlier, trial.later, now, seed=settings.seed, progress=progress)


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
            f"{VALIDATION_DAYS} days before the cut-off.",
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
