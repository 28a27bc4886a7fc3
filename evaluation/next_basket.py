"""Protocol next-basket: what each customer buys next."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from evaluation.customer_baselines import TUNED_ON, CustomerBaseline, Slice, tuned
from evaluation.customer_choice import RELEARNT_BELOW, choose
from evaluation.customer_report import Told, customer_report
from evaluation.customer_scoring import ranked_by_all, repeats_apart
from evaluation.customer_truth import Truth, held_out_truth, sampled, truth_of
from evaluation.report import OURS, Report
from ranking.customers import CustomerBaskets, CustomerScorer
from ranking.frequencies import fit_global_top, fit_personal_global_top, fit_personal_top
from ranking.next_basket import fit_next_basket
from ranking.rerank import LEAST_QUERIES
from ranking.tifuknn import fit_tifuknn
from schema.progress import Progress, silent
from schema.tables import RetailTables

METRIC = "recall@10"
"""What settings and the model are chosen by."""
KEPT = 20
"""Places of each ranking that are kept as predictions."""
METRICS = ("recall@10", "recall@20", "ndcg@10", "phr@10")
FURTHER = 3
"""Baskets before the last one, at most, that the order is learnt on too where customers are few."""
_RATES = (1.0, 0.98, 0.95, 0.9, 0.8, 0.6)
BASELINES = (
    CustomerBaseline("personal + global top", fit_personal_global_top, {"rate": _RATES}),
    CustomerBaseline("personal top", fit_personal_top, {"rate": _RATES}),
    CustomerBaseline("global top", fit_global_top),
    CustomerBaseline(
        "TIFUKNN",
        fit_tifuknn,
        {
            "alpha": (0.7, 0.1, 0.3, 0.5, 0.9),
            "num_neighbours": (300, 100, 600, 900),
            "group_size": (7, 3, 5, 11, 17),
            "group_rate": (0.7, 0.5, 0.8, 0.9, 1.0),
            "within_rate": (0.9, 0.5, 0.7, 0.8, 1.0),
        },
    ),
)
"""The plainest that needs no held-out basket first."""


def run(
    tables: RetailTables,
    *,
    test: Path | None = None,
    as_of: date | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Rank the catalogue for each customer's next basket, by our model and by tuned simple ones.

    Args:
        test: `customer_id,sku` rows of the baskets to predict; None takes each customer's first basket from `as_of` on.
        as_of: purchases before it are learnt from; None takes all, which `test` must then follow.

    Raises:
        BadInput: if neither is given, or the test file cannot be used.
        EmptyWindow: if there is nothing to learn from or nothing to predict.
    """
    truth = truth_of(tables, test=test, as_of=as_of, is_next_only=True)
    earlier, last = truth.past.without_last()
    held_out = Slice(held_out_truth(earlier, last), is_new_only=False, metric=METRIC)
    tuning = Slice(sampled(held_out.truth, TUNED_ON, seed), is_new_only=False, metric=METRIC)
    settings = {one.name: tuned(one, tuning, progress)[0] for one in BASELINES}
    simple = {one.name: partial(one.fit, **settings[one.name]) for one in BASELINES}
    fit = partial(fit_next_basket, tifuknn=settings["TIFUKNN"])
    ours = choose(
        fit, truth.past, held_out, simple, further=_earlier(earlier, len(held_out.truth)), seed=seed, progress=progress
    )
    models: dict[str, Callable[[], CustomerScorer]] = {
        **{name: partial(fit, truth.past) for name, fit in simple.items()},
        OURS: lambda: ours.model,
    }
    lists = ranked_by_all(models, truth, k=KEPT, is_new_only=False, progress=progress)
    return customer_report(
        "next-basket",
        tables,
        truth,
        Told(
            lists=lists,
            figures={name: repeats_apart(one, truth, METRICS) for name, one in lists.items()},
            settings=settings,
            note=f"{len(truth):,} customers' baskets, {len(truth.past.skus):,} products, {len(truth.past.owners):,} "
            "earlier baskets; settings chosen on each customer's last basket before the cut-off.",
        ),
        ours,
        as_of=as_of,
        seed=seed,
    )


def _earlier(history: CustomerBaskets, number: int) -> list[Truth]:
    """The last baskets of ever shorter histories, while those of fewer than RELEARNT_BELOW customers were held out."""
    found: list[Truth] = []
    while number < RELEARNT_BELOW and len(found) < FURTHER:
        history, last = history.without_last()
        found.append(held_out_truth(history, last))
        number += len(found[-1])
        if len(found[-1]) < LEAST_QUERIES:
            return found[:-1]
    return found
