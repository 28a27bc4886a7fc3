"""Protocol recommendation: which products a customer buys that they have not bought before."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from evaluation.customer_baselines import TUNED_ON, CustomerBaseline, Slice, tuned
from evaluation.customer_choice import choose
from evaluation.customer_report import Told, customer_report
from evaluation.customer_scoring import Lists, gains, ranked_by_all
from evaluation.customer_truth import Truth, held_out_truth, sampled, truth_of, without_bought
from evaluation.report import OURS, Report
from ranking.customers import CustomerBaskets, CustomerScorer, as_baskets, distinct, hold_out
from ranking.filters import fit_graph_filter, fit_neighbours, normalised, singular_vectors
from ranking.frequencies import fit_global_top
from ranking.models import EASE_CAP, fit_rp3beta
from ranking.recommendation import fit_new_products, fit_partial_ease, of_purchases
from schema.progress import Progress, silent
from schema.tables import RetailTables

HELD_OUT = 0.15
"""Share of each customer's products that settings are chosen, and an order is learnt, on."""
TUNED_PRODUCTS = 4_000
"""The most bought products that EASE's ridge is chosen on."""
RANKS = (256, 64, 128, 384, 512)


def run(
    tables: RetailTables,
    *,
    test: Path | None = None,
    k: int = 20,
    as_of: date | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Rank what each customer never bought, by our model and by tuned simple ones.

    Args:
        test: `customer_id,sku` rows of what was bought; None takes all that customers bought from `as_of` on. Products
            bought before do not count.
        k: places of the lists.
        as_of: purchases before it are learnt from; None takes all, which `test` must then follow.

    Raises:
        BadInput: if neither is given, or the test file cannot be used.
        EmptyWindow: if there is nothing to learn from or nothing to predict.
    """
    found = truth_of(tables, test=test, as_of=as_of, is_next_only=False)
    truth = without_bought(found, distinct(found.past))
    kept, out = hold_out(truth.past, share=HELD_OUT, seed=seed)
    held_out = Slice(held_out_truth(kept, out), is_new_only=True, metric=f"recall@{k}")
    tuning = Slice(sampled(held_out.truth, TUNED_ON, seed), is_new_only=True, metric=f"recall@{k}")
    simple = baselines(int((truth.past.popularity > 0).sum()))
    settings = {one.name: tuned(one, tuning, progress)[0] for one in simple}
    fits = {one.name: partial(one.fitted, setting=settings[one.name]) for one in simple}
    ours = choose(
        partial(fit_new_products, settings=_components(settings)),
        truth.past,
        held_out,
        fits,
        seed=seed,
        progress=progress,
    )
    models: dict[str, Callable[[], CustomerScorer]] = {
        **{name: partial(fit, truth.past) for name, fit in fits.items()},
        OURS: lambda: ours.model,
    }
    lists = ranked_by_all(models, truth, k=k, is_new_only=True, progress=progress)
    told = _told(truth, lists, settings)
    return customer_report("recommendation", tables, truth, told, ours, as_of=as_of, seed=seed)


def _told(truth: Truth, lists: dict[str, Lists], settings: dict[str, dict[str, Any]]) -> Told:
    metrics = [f"{name}@{lists[OURS].items.shape[1]}" for name in ("recall", "ndcg")]
    return Told(
        lists=lists,
        figures={name: gains(one, truth.wanted, truth.num_wanted, metrics) for name, one in lists.items()},
        settings=settings,
        note=f"{len(truth):,} customers, {len(truth.past.skus):,} products, {truth.past.held.nnz:,} customers' "
        f"products known; settings chosen on {HELD_OUT:.0%} of each customer's, drawn by seed.",
    )


def baselines(num_sold: int) -> list[CustomerBaseline]:
    """The baselines that evaluation.md names, EASE only up to EASE_CAP sold products."""
    ridges = (100.0, 30.0, 300.0, 1000.0)
    named = [
        CustomerBaseline("popularity", fit_global_top),
        CustomerBaseline("item kNN", _neighbours, {"keep": (200, 50, 100, 400), "shrinkage": (10.0, 0.0, 3.0, 30.0)}),
        CustomerBaseline(
            "RP3β", _walk, {"beta": (0.4, 0.1, 0.2, 0.3, 0.5, 0.6), "alpha": (1.0, 0.6, 0.8, 1.2), "keep": (400, 100)}
        ),
        CustomerBaseline("GF-CF", _filters, {"alpha": (0.3, 0.0, 0.1, 0.2, 0.5, 1.0), "rank": RANKS}, prepare=_basis),
        CustomerBaseline("EASE", _ease, {"ridge": ridges}, quick={"most": TUNED_PRODUCTS}),
    ]
    return named if num_sold <= EASE_CAP else named[:-1]


def _neighbours(history: CustomerBaskets, **setting: Any) -> CustomerScorer:
    return of_purchases(history, fit_neighbours(as_baskets(history).held, **setting))


def _walk(history: CustomerBaskets, **setting: Any) -> CustomerScorer:
    return of_purchases(history, fit_rp3beta(as_baskets(history), **setting))


def _filters(history: CustomerBaskets, **setting: Any) -> CustomerScorer:
    return of_purchases(history, fit_graph_filter(as_baskets(history).held, **setting))


def _ease(history: CustomerBaskets, *, most: int = EASE_CAP, **setting: Any) -> CustomerScorer:
    return of_purchases(history, fit_partial_ease(history, most=most, **setting))


def _basis(history: CustomerBaskets) -> Mapping[str, Any]:
    return {"basis": singular_vectors(normalised(as_baskets(history).held), max(RANKS))}


def _components(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The tuned settings under the names of our model's components."""
    names = {"neighbours": "item kNN", "walk": "RP3β", "filters": "GF-CF", "linear": "EASE"}
    return {component: settings.get(name, {}) for component, name in names.items()}
