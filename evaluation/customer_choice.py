"""Our model of customers: an order learnt on held-out purchases, kept only where it beats the simple models there."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from evaluation.customer_baselines import Slice
from evaluation.customer_truth import Truth, sampled
from ranking.candidates import Blend, Candidates, Learnt, PoolScorer, joined, pooled
from ranking.customers import CustomerBaskets, CustomerScorer
from ranking.mix import fit_mix
from ranking.rerank import LEAST_QUERIES, Reranker, fit_reranker
from schema.progress import Progress, silent

LEARNT_ON = 6_000
"""Customers, at most, whose held-out purchases an order is learnt and checked on."""
RELEARNT_BELOW = 3_000
"""Customers learnt on below which the chosen order is learnt again with those it was checked on."""
CHECKED_SHARE = 0.25
"""Share of them that no order is learnt on, to choose among orders and simple models."""


@dataclass(frozen=True)
class Choice:
    """Our model and why it is the one.

    Attributes:
        name: `LambdaRank`, `LambdaRank + mix`, `mix`, or the simple model that was better.
        figures: by name, the metric on customers that nothing was learnt on.
        note: a sentence for the report.
        fit_seconds: of everything, the choice included.
        gains: share of LambdaRank's gain by feature, where it takes part.
    """

    model: CustomerScorer
    name: str
    figures: Mapping[str, float]
    note: str
    fit_seconds: float
    gains: Mapping[str, float]


def choose(
    fit: Callable[[CustomerBaskets], Candidates],
    past: CustomerBaskets,
    held_out: Slice,
    simple: Mapping[str, Callable[[CustomerBaskets], CustomerScorer]],
    *,
    further: Sequence[Truth] = (),
    seed: int,
    progress: Progress = silent,
) -> Choice:
    """Our model, fitted on all of `past`.

    Orders are learnt on three quarters of the customers with held-out purchases, and compared with the simple models on
    the other quarter. The best is taken, of equals the first of LambdaRank, LambdaRank and mix together, mix, and the
    simple models as given. With fewer than LEAST_QUERIES customers on either side nothing is
    learnt, and the first simple model is taken.

    Args:
        held_out: purchases held out of `past`, the history without them being its `truth.past`.
        further: what was held out of still earlier histories, to learn an order on besides.
        simple: tuned simple models by name, fitted on the history they are given; the first is the plainest that is
            safe without data.
    """
    began = time.monotonic()
    learn, check = _halves(sampled(held_out.truth, LEARNT_ON, seed), seed)
    if min(len(learn), len(check)) < LEAST_QUERIES // 2:
        name = next(iter(simple))
        note = f"Nothing was learnt: only {len(learn) + len(check)} customers have purchases to hold out; {name} it is."
        return Choice(simple[name](past), name, {}, note, time.monotonic() - began, {})
    candidates, part = fit(learn.past), replace(held_out, truth=check)
    more = [(fit(one.past), one) for one in further]
    progress("learning an order", 0, 3)
    orders = _orders([(candidates, learn), *more], part, seed)
    figures = {name: part.figure(Learnt(candidates, order)) for name, order in orders.items()}
    progress("learning an order", 1, 3)
    figures |= {name: part.figure(model(learn.past)) for name, model in simple.items()}
    progress("learning an order", 2, 3)
    name = max(figures, key=lambda one: figures[one])
    note = f"Chosen on {len(check)} customers' held-out purchases by {held_out.metric}: {name}, {figures[name]:.4f}."
    if name in simple:
        return Choice(simple[name](past), name, figures, note, time.monotonic() - began, {})
    order = orders[name]
    if len(learn) < RELEARNT_BELOW:
        everyone = (candidates, sampled(held_out.truth, LEARNT_ON, seed))
        order = _orders([everyone, *more], part, seed)[name]
    first = order.parts[0] if isinstance(order, Blend) else order
    gains = first.gains if isinstance(first, Reranker) else {}
    model = Learnt(fit(past), order)
    progress("learning an order", 3, 3)
    return Choice(model, name, figures, note, time.monotonic() - began, gains)


def _orders(slices: Sequence[tuple[Candidates, Truth]], part: Slice, seed: int) -> dict[str, PoolScorer]:
    """Orders learnt on what was held out of one or several histories, by name."""
    pool = joined([(pooled(candidates, truth.rows), len(truth)) for candidates, truth in slices])
    wanted = sp.csr_matrix(sp.vstack([truth.wanted for _, truth in slices]))
    candidates, at = slices[0][0], int(part.metric.partition("@")[2])
    mix = fit_mix(pool, wanted, scores=range(len(candidates.score_names)), at=at)
    relevance = pool.wanted_in(wanted)
    if len(np.unique(pool.queries[relevance > 0])) < LEAST_QUERIES:
        return {"mix": mix}
    learnt = fit_reranker(pool, relevance, names=candidates.names, seed=seed, at=at)
    return {"LambdaRank": learnt, "LambdaRank + mix": Blend((learnt, mix)), "mix": mix}


def _halves(truth: Truth, seed: int) -> tuple[Truth, Truth]:
    drawn = np.random.default_rng(seed + 1).permutation(len(truth))
    cut = int(len(truth) * CHECKED_SHARE)
    return truth.at(np.sort(drawn[cut:])), truth.at(np.sort(drawn[:cut]))
