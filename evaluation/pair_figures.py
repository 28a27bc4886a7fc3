"""Figures of predicted pairs and of lists of partners, and how far models differ in them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from evaluation.report import OURS
from gnn.labels import KINDS, PairLabels, connected_products
from measures.bootstrap import paired_difference
from measures.pairs import auc, brier, calibration_error, class_f1, macro_f1
from measures.ranking import set_ndcg

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NUM_SAMPLES = 1000


def judged_figures(chances: Floats, kinds: Rows) -> dict[str, float]:
    """Macro-F1, F1 by class, AUC substitute against complement, Brier and ECE (the mean over classes, 15 bins)."""
    guess, related = chances.argmax(axis=1), kinds < 2
    share = chances[related, 0] / np.maximum(chances[related, :2].sum(axis=1), 1e-12)
    figures = {
        "macro_f1": macro_f1(kinds, guess, num_classes=len(KINDS)),
        **{f"f1_{k}": float(v) for k, v in zip(KINDS, class_f1(kinds, guess, num_classes=len(KINDS)), strict=True)},
        "auc_sub_vs_comp": auc(share, kinds[related] == 0),
        "brier": brier(chances, kinds),
        "ece": float(np.mean([calibration_error(chances[:, kind], kinds == kind) for kind in range(len(KINDS))])),
    }
    return {name: value for name, value in figures.items() if np.isfinite(value)}


def list_figures(
    lists: tuple[Rows, ...], anchors: tuple[Rows, ...], labels: PairLabels, num_products: int
) -> dict[str, float]:
    """hit@10 and ndcg@10 of labelled partners over the full catalogue, of both relations and of each."""
    figures: dict[str, float] = {}
    hits, gains = [], []
    for kind, (rows, own) in enumerate(zip(lists, anchors, strict=True)):
        if len(own):
            hit, gain = partners_found(rows, own, labels, kind, num_products)
            hits.append(hit)
            gains.append(gain)
            figures |= {f"{KINDS[kind]}_hit@10": float(hit.mean()), f"{KINDS[kind]}_ndcg@10": float(gain.mean())}
    if hits:
        figures["hit@10"], figures["ndcg@10"] = (float(np.concatenate(one).mean()) for one in (hits, gains))
    return figures


def partners_found(
    lists: Rows, anchors: Rows, labels: PairLabels, kind: int, num_products: int
) -> tuple[Floats, Floats]:
    """Whether a labelled partner stands in each anchor's list, and its NDCG `[num_anchors]` each."""
    chosen = labels.part(labels.kinds == kind)
    half = sp.csr_matrix((np.ones(len(chosen), np.int8), (chosen.left, chosen.right)), shape=(num_products,) * 2)
    partners = sp.csr_matrix(half + half.T)[anchors]
    numbers = np.diff(partners.indptr)
    places = np.repeat(np.arange(len(anchors)), lists.shape[1])
    found = np.asarray(partners[places, np.maximum(lists, 0).ravel()]).reshape(lists.shape) > 0
    found &= lists >= 0
    return np.asarray(found.any(axis=1), np.float64), np.asarray(set_ndcg(found, numbers.astype(np.int64)), np.float64)


def differences(
    labels: PairLabels,
    chances: Mapping[str, Floats],
    lists: Mapping[str, tuple[Rows, ...]],
    results: Mapping[str, Mapping[str, float]],
    num_products: int,
    *,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Ours less the best other model: macro-F1 by products connected or alike, hits by anchor."""
    gaps: dict[str, dict[str, Any]] = {}
    rivals = [name for name in chances if name != OURS]
    if rivals:
        rival = max(rivals, key=lambda name: results[name]["macro_f1"])
        guesses = chances[OURS].argmax(axis=1), chances[rival].argmax(axis=1)
        gaps["macro_f1"] = {
            "against": rival,
            **macro_f1_gap(labels.kinds, *guesses, _drawn_as_one(labels, num_products), seed=seed),
        }
    for kind, word in enumerate(KINDS[:2]):
        metric, others = f"{word}_hit@10", [name for name in lists if name != OURS]
        if metric in results[OURS] and others:
            rival = max(others, key=lambda name: results[name].get(metric, 0.0))
            own = np.unique(np.concatenate([labels.left[labels.kinds == kind], labels.right[labels.kinds == kind]]))
            hits = [
                partners_found(lists[name][kind], own[: len(lists[name][kind])], labels, kind, num_products)[0]
                for name in (OURS, rival)
            ]
            gaps[metric] = {"against": rival, **vars(paired_difference(*hits, seed=seed))}
    return gaps


def _drawn_as_one(labels: PairLabels, num_products: int) -> Rows:
    """Connected products' pairs together; where most are connected, those of one product `[num_pairs]`."""
    group = connected_products(labels, num_products)[labels.left]
    return group if np.bincount(group).max() <= len(labels) / 2 else labels.left


def macro_f1_gap(kinds: Rows, ours: Rows, theirs: Rows, groups: Rows, *, seed: int) -> dict[str, float]:
    """Mean, and 95 % interval, of the difference in macro-F1 when groups of pairs are drawn again.

    Source: Efron and Tibshirani 1993, chapter 13, percentile interval.
    """
    members, width = np.unique(groups, return_inverse=True)[1], len(KINDS)
    number = int(members.max()) + 1

    def tallies(guess: Rows) -> Floats:
        """Pairs right, and pairs true or guessed, of each group and class `[num_groups, 2 × width]`."""
        table = np.zeros((number, 2 * width))
        np.add.at(table, (members[guess == kinds], kinds[guess == kinds]), 2.0)
        np.add.at(table, (members, width + kinds), 1.0)
        np.add.at(table, (members, width + guess), 1.0)
        return table

    def score(totals: Floats) -> Floats:
        return (totals[:, :width] / np.maximum(totals[:, width:], 1.0)).mean(axis=1)

    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), NUM_SAMPLES)
    one, other = tallies(ours), tallies(theirs)
    gaps = score(drawn @ one) - score(drawn @ other)
    whole = score(one.sum(axis=0)[None]) - score(other.sum(axis=0)[None])
    low, high = np.quantile(gaps, [0.025, 0.975])
    return {"mean": float(whole[0]), "low": float(low), "high": float(high)}
