"""Protocol ablation: each ingredient of the relation model left out, paired with the whole on planted truths."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from evaluation.planted import Prepared, our_figures, planted_shop, prepared
from evaluation.report import OURS, Report, peak_mib
from gnn.settings import TrainSettings
from gnn.training import fit
from measures.bootstrap import paired_difference
from schema.progress import Progress, silent

Floats = npt.NDArray[np.float64]
INGREDIENTS = (
    "names",
    "attributes",
    "price and size",
    "signature",
    "C",
    "CC",
    "S",
    "SS",
    "CS",
    "SC",
    "B",
    "folds",
    "own vectors",
    "twins",
    "switch lift",
    "affinity",
    "held out",
)
"""What `TrainSettings.without` may name: inputs, metapaths (see gnn/propagation.py), and ways of learning."""
TABLES = {"views": "events"}
"""Ingredients that are left out by leaving a table out of what is counted."""


def run(
    scale: str = "small",
    *,
    seeds: Sequence[int] = (0, 1, 2),
    ingredients: Sequence[str] = (*INGREDIENTS, *TABLES),
    progress: Progress = silent,
) -> Report:
    """Fit each shop whole and without each ingredient; hits are paired by anchor over all seeds.

    Args:
        scale: `small`, `medium` or `large`.
    """
    names = [OURS, *(f"without {name}" for name in ingredients)]
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    hits: dict[str, list[Floats]] = {name: [] for name in names}
    seconds, load_id, shop = 0.0, "", None
    for seed in seeds:
        shops, load_id = _shops(scale, seed, ingredients, progress)
        for place, name in enumerate(names):
            left_out = name.removeprefix("without ")
            shop = shops.get(left_out, shops[OURS])
            settings = TrainSettings(seed=seed, without=() if name == OURS or left_out in TABLES else (left_out,))
            trained = fit(shop.snapshot, settings=settings, purchase_counts=shop.counts)
            ours, found = our_figures(trained, shop.labelled)
            seconds += trained.fit_seconds
            figures[name].append(ours)
            hits[name].append(np.concatenate(list(found.values())))
            progress(f"ablation, seed {seed}", place + 1, len(names))
    results = {
        name: {metric: float(np.mean([one[metric] for one in rows])) for metric in rows[0]}
        for name, rows in figures.items()
    }
    return Report(
        protocol="ablation",
        tables=f"synthetic {scale}",
        data_hash=load_id,
        as_of=shop.snapshot.as_of if shop else None,
        seed=seeds[0],
        fit_seconds=seconds,
        peak_mib=peak_mib(),
        results=results,
        differences=_differences({name: np.concatenate(rows) for name, rows in hits.items()}),
        notes=(f"Means over seeds {', '.join(map(str, seeds))}; a gap above 0 says that the ingredient helps.",),
    )


def _shops(scale: str, seed: int, ingredients: Sequence[str], progress: Progress) -> tuple[dict[str, Prepared], str]:
    """The shop whole, under our name, and without each ingredient that is a table, under that ingredient's; its id."""
    with planted_shop(scale, seed=seed, params=None, progress=progress) as (truths, tables):
        shops = {OURS: prepared(truths, tables, progress)}
        for name in set(ingredients) & set(TABLES):
            tallies = {table: tally for table, tally in tables.tallies.items() if table != TABLES[name]}
            shops[name] = prepared(truths, replace(tables, tallies=tallies), progress)
        return shops, tables.load_id


def _differences(hits: dict[str, Floats]) -> dict[str, dict[str, object]]:
    """hit@10 of the whole less that without each ingredient."""
    gaps = {}
    for name, theirs in hits.items():
        told = np.isfinite(hits[OURS]) & np.isfinite(theirs)
        if name != OURS and told.any():
            gap = paired_difference(hits[OURS][told], theirs[told], seed=0)
            gaps[f"hit@10 {name}"] = {"against": name, **vars(gap)}
    return gaps
