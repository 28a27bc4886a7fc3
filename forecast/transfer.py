"""Transferred demand: which part of a product's demand goes to each substitute when it is out, by what shoppers do."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from forecast.history import SalesHistory
from forecast.kept_demand import USUAL_KEPT, USUAL_SPREAD, KeptDemand, measured_kept
from schema.edges import RelationName
from schema.relations import Relations

Floats = npt.NDArray[np.float64]
SUBSTITUTES: RelationName = "SUBSTITUTES_FOR"
CUSTOMER_PRIOR = 0.2
"""Baskets that what everybody buys weighs as much as in one customer's choice among the substitutes."""
CUSTOMERS_AT_ONCE = 50_000


def with_transfer_shares(
    relations: Relations, bought: pa.Table, history: SalesHistory | None = None
) -> tuple[Relations, KeptDemand]:
    """The relations with `transfer_share` of every substitute edge, and what of demand is kept in all.

    An anchor's shares sum to the part of its demand that stays when it is out; the rest is lost.

    Args:
        bought: `sku`, `customer_id` (may be empty), one row a basket and product, before the cut-off.
        history: weekly sales known by the cut-off; without them the kept part is the one measured elsewhere.
    """
    table = relations.table
    rows = pc.indices_nonzero(pc.equal(table.column("relation"), SUBSTITUTES)).to_numpy()
    if not len(rows):
        return relations, KeptDemand(USUAL_KEPT, USUAL_SPREAD, 0, {})
    edges = table.take(pa.array(rows)).select(["sku", "other_sku", "probability"])
    skus = pc.unique(pa.chunked_array([*edges.column("sku").chunks, *edges.column("other_sku").chunks], pa.string()))
    anchors, candidates = (pc.index_in(edges.column(name), value_set=skus).to_numpy() for name in ("other_sku", "sku"))
    chances = sp.csr_matrix(
        (edges.column("probability").to_numpy().astype(np.float64), (anchors, candidates)), shape=(len(skus),) * 2
    )
    split = diversion(chances, purchase_counts(bought, skus))
    kept = measured_kept(history, split, skus.to_pylist())
    shares = np.full(table.num_rows, np.nan)
    shares[rows] = np.asarray(split[anchors, candidates]).ravel() * kept.of(skus.to_pylist())[anchors]
    place = table.schema.get_field_index("transfer_share")
    column = pa.array(shares, pa.float32(), mask=np.isnan(shares))
    return replace(relations, table=table.set_column(place, table.schema.field(place), column)), kept


def purchase_counts(bought: pa.Table, skus: pa.Array) -> sp.csr_matrix:
    """Baskets of each customer that hold each product `[num_customers, num_products]`.

    Baskets without a customer stand in row 0, which no household is.
    """
    product = pc.fill_null(pc.index_in(bought.column("sku"), value_set=skus), -1).to_numpy()
    codes = pd.factorize(bought.column("customer_id").to_pandas())[0] + 1
    known = product >= 0
    shape = (int(codes.max(initial=0)) + 1, len(skus))
    return sp.csr_matrix((np.ones(int(known.sum())), (codes[known], product[known])), shape=shape)


def diversion(chances: sp.csr_matrix, counts: sp.csr_matrix) -> sp.csr_matrix:
    """How the demand that stays is split among each anchor's substitutes `[num_products, num_products]`, rows sum to 1.

    A customer who wants the anchor takes each substitute as often as they otherwise buy it, drawn to what everybody
    buys; customers count by how often they buy the anchor. Where no buyer is known, what everybody buys decides.

    Args:
        chances: that a candidate (column) is a substitute of an anchor (row).
        counts: of `purchase_counts`.

    Source: Conlon and Mortimer 2021 (second-choice diversion as the buyers' own choice shares, averaged over buyers).
    """
    popular = np.asarray(counts.sum(axis=0)).ravel() + 0.5
    everybody = _rows_to_one(sp.csr_matrix(chances @ sp.diags(popular)))
    households = counts[1:]
    together, weight = sp.csr_matrix(chances.shape), np.zeros(chances.shape[0])
    for start in range(0, households.shape[0], CUSTOMERS_AT_ONCE):
        part = sp.csr_matrix(households[start : start + CUSTOMERS_AT_ONCE])
        others = (part @ chances.T).multiply(part > 0).tocsr()
        rows, columns = part.nonzero()
        pull = part.copy()
        pull.data = part.data / (np.asarray(others[rows, columns]).ravel() + CUSTOMER_PRIOR)
        together = together + chances.multiply(pull.T @ part)
        weight += np.asarray(pull.sum(axis=0)).ravel()
    found = sp.csr_matrix(together + sp.diags(CUSTOMER_PRIOR * weight + 1e-9) @ everybody)
    return _rows_to_one(found)


def _rows_to_one(matrix: sp.csr_matrix) -> sp.csr_matrix:
    total = np.asarray(matrix.sum(axis=1)).ravel()
    return sp.csr_matrix(sp.diags(1 / np.where(total > 0, total, 1)) @ matrix)


def equal_split(chances: sp.csr_matrix) -> sp.csr_matrix:
    """The demand that stays, spread evenly over an anchor's substitutes: a baseline."""
    even = chances.copy()
    even.data = np.ones_like(even.data)
    return _rows_to_one(even)


def by_sales_in_category(categories: Sequence[str], counts: sp.csr_matrix) -> sp.csr_matrix:
    """The demand that stays, by sales over the anchor's category: a baseline that knows no relation."""
    codes = pd.factorize(pd.Series(categories))[0]
    members = sp.csr_matrix((np.ones(len(codes)), (np.arange(len(codes)), codes)))
    together = sp.lil_matrix(members @ members.T)
    together.setdiag(0)
    popular = np.asarray(counts.sum(axis=0)).ravel() + 0.5
    return _rows_to_one(sp.csr_matrix(sp.csr_matrix(together) @ sp.diags(popular)))
