"""Protocol transfer: where demand goes when a product is out, beside what was planted in the synthetic shop."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from evaluation.planted import planted_shop, prepared
from evaluation.report import OURS, Report, peak_mib
from forecast.kept_demand import USUAL_KEPT
from forecast.reading import read_history
from forecast.transfer import (
    SUBSTITUTES,
    by_sales_in_category,
    equal_split,
    purchase_counts,
    with_transfer_shares,
)
from gnn.settings import TrainSettings
from gnn.training import fit
from lake.baskets import read_baskets
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.tables import RetailTables

Floats = npt.NDArray[np.float64]


def run(scale: str = "small", *, seed: int = 0, params: Path | None = None, progress: Progress = silent) -> Report:
    """Make the shop, learn relations and transfer shares from its tables alone, and compare with what was planted.

    Args:
        scale: `small`, `medium` or `large`.
        params: a file of the generator's parameters; None takes its own.
    """
    with planted_shop(scale, seed=seed, params=params, progress=progress) as (truths, tables):
        ready = prepared(truths, tables, progress)
        trained = fit(
            ready.snapshot,
            settings=replace(TrainSettings(), seed=seed),
            purchase_counts=ready.counts,
            progress=progress,
        )
        results, notes = compared(truths.transfers, tables, trained.relations)
        newest = pc.max(read_baskets(tables).column("bought_at")).as_py().date()
        return Report(
            protocol="transfer",
            tables=f"synthetic {scale}",
            data_hash=tables.load_id,
            as_of=newest + timedelta(days=1),
            seed=seed,
            fit_seconds=trained.fit_seconds,
            peak_mib=peak_mib(),
            results=results,
            differences={},
            notes=notes,
        )


def compared(
    transfers: pa.Table, tables: RetailTables, relations: Relations
) -> tuple[Mapping[str, Mapping[str, float]], tuple[str, ...]]:
    """Figures of our shares and of the baselines', and what a reader of them needs to know.

    Args:
        transfers: the planted `sku`, `other_sku`, `transfer_share`, `num_wanted`.
    """
    bought = read_baskets(tables)
    ours, kept = with_transfer_shares(relations, bought, read_history(tables))
    products = tables.read("products", ["sku", "category_id"])
    skus = products.column("sku")
    keys = skus.combine_chunks() if isinstance(skus, pa.ChunkedArray) else skus
    edges = ours.table.filter(pc.equal(ours.table.column("relation"), SUBSTITUTES))
    ends = tuple(pc.index_in(edges.column(name), value_set=keys).to_numpy() for name in ("other_sku", "sku"))

    def matrix(name: str) -> sp.csr_matrix:
        return sp.csr_matrix((edges.column(name).to_numpy().astype(np.float64), ends), shape=(len(keys),) * 2)

    categories = pc.fill_null(products.column("category_id"), "").to_pylist()
    by_sales = by_sales_in_category(categories, purchase_counts(bought, keys))
    models = {
        "equal split": USUAL_KEPT * equal_split(matrix("probability")),
        "by sales in category": USUAL_KEPT * by_sales,
        "by sales, kept as measured": kept.share * by_sales,
        OURS: matrix("transfer_share"),
    }
    rows = tuple(pc.index_in(transfers.column(name), value_set=keys).to_numpy() for name in ("other_sku", "sku"))
    wanted = transfers.column("num_wanted").to_numpy().astype(np.float64)
    told = transfers.column("transfer_share").to_numpy()
    planted = sp.csr_matrix((told, rows), shape=(len(keys),) * 2)
    weight = np.zeros(len(keys))
    weight[rows[0]] = wanted
    results = {name: errors(model, planted, weight) for name, model in models.items()}
    return results, (
        f"Demand kept: {kept.share:.3f} (standard error {kept.error:.3f}, {kept.num_weeks} stock-out weeks), planted "
        f"{(weight @ planted.sum(axis=1)).item() / weight.sum():.3f}; baselines take {USUAL_KEPT} or the measured one.",
        f"{int((weight > 0).sum())} products were wanted {int(weight.sum())} times while out.",
    )


def errors(model: sp.csr_matrix, planted: sp.csr_matrix, weight: Floats) -> dict[str, float]:
    """Errors over planted units, weighted by how often each product was wanted while out.

    Returns:
        `total_error`: of all transferred demand; `product_error`: of each product's, what goes elsewhere in all;
        `pair_error`: of each pair's; `top_share`: planted share that goes to our three first substitutes over what
        goes to the best three.
    """
    true = np.asarray(planted.sum(axis=1)).ravel()
    ours = np.asarray(model.sum(axis=1)).ravel()
    whole = float(weight @ true)
    pairs = np.asarray(np.abs(model - planted).sum(axis=1)).ravel()
    return {
        "total_error": abs(float(weight @ (ours - true))) / whole,
        "product_error": float(weight @ np.abs(ours - true)) / whole,
        "pair_error": float(weight @ pairs) / whole,
        "top_share": _top(model, planted, weight, 3),
    }


def _top(model: sp.csr_matrix, planted: sp.csr_matrix, weight: Floats, number: int) -> float:
    found = best = 0.0
    for row in np.flatnonzero(weight > 0):
        true = planted[[row]].toarray().ravel()
        order = np.argsort(-model[[row]].toarray().ravel(), kind="stable")
        found += weight[row] * true[order[:number]].sum()
        best += weight[row] * np.sort(true)[-number:].sum()
    return float(found / best)
