"""Online Retail's own rows through the lake, its pair counts against a product of sparse matrices."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from lake_shops import PUBLISHED_AT

from lake.baskets import read_baskets
from lake.counts import HEAVY_BASKET
from lake.snapshot import build_snapshot
from lake.store import Lake
from loaders.staging import LoadOptions, stage

ONLINE_RETAIL = Path(os.environ.get("SHELFGRAPH_SHARED", "../shared")) / "data" / "onlineretail"


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not ONLINE_RETAIL.is_dir(), reason=f"needs Online Retail in {ONLINE_RETAIL} (SHELFGRAPH_SHARED)")
def test_online_retail_pairs_are_what_a_matrix_product_counts(tmp_path):
    staged = stage("online-retail", ONLINE_RETAIL, into=tmp_path / "staged", options=LoadOptions())
    lake = Lake(str(tmp_path / "lake"))
    published = lake.publish(staged, published_at=PUBLISHED_AT)
    assert {name: change.total for name, change in published.changes.items()} == {
        name: tally.kept for name, tally in staged.tallies.items()
    }
    as_of = date(2011, 8, 1)
    snapshot = build_snapshot(lake.at(1), as_of=as_of)
    baskets = read_baskets(lake.at(1), before=as_of)
    rows = np.unique(baskets["basket_id"].to_numpy(zero_copy_only=False), return_inverse=True)[1]
    columns = snapshot.index_of("Product", baskets["sku"].combine_chunks()).to_numpy()
    bought = sp.csr_matrix(
        (np.ones(len(rows), np.int64), (rows, columns)), shape=(rows.max() + 1, snapshot.num_products)
    )
    light = bought[np.asarray(bought.sum(axis=1)).ravel() <= HEAVY_BASKET]
    together = (light.T @ light).tocsr()
    source, target = snapshot.edge_index("BOUGHT_WITH")
    assert len(source) > 10_000
    assert (source < target).all()
    num_baskets = snapshot.edges["BOUGHT_WITH"]["num_baskets"].to_numpy()
    assert np.array_equal(np.asarray(together[source, target]).ravel(), num_baskets)
    single = together.diagonal()
    lift = num_baskets * light.shape[0] / (single[source] * single[target])
    assert np.allclose(snapshot.edges["BOUGHT_WITH"]["lift"].to_numpy(), lift)
