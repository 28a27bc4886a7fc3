"""A shop's customers and baskets alone, parted into tables and a test file: the shape of public benchmarks."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import scipy.sparse as sp

from evaluation.customer_truth import past_of
from ranking.customers import CustomerBaskets, hold_out
from schema.tables import RetailTables

_START = datetime(2000, 1, 1, tzinfo=UTC)


def write_split(
    tables: RetailTables, into: Path, *, protocol: str, as_of: date | None = None, share: float = 0.2, seed: int = 0
) -> Path:
    """Write bare tables (no names, no prices, days that only count baskets) and `test.csv` for a customer protocol.

    Args:
        into: folder of the tables `products`, `customers` and `purchases`; the test file is beside them.
        protocol: `next-basket` holds out each customer's last basket, `recommendation` a random `share` of each
            customer's products.
        as_of: purchases before it alone are used; None takes all.

    Returns:
        The test file.

    Raises:
        EmptyWindow: if no purchase has a customer.
    """
    past = past_of(tables, as_of=as_of)
    kept, out = past.without_last() if protocol == "next-basket" else hold_out(past, share=share, seed=seed)
    into.mkdir(parents=True, exist_ok=True)
    (into / "dataset.toml").write_text(f'name = "{tables.info.name} for {protocol}"\n')
    pq.write_table(pa.table({"sku": list(past.skus)}), into / "products.parquet")
    pq.write_table(pa.table({"customer_id": list(past.customer_ids)}), into / "customers.parquet")
    pq.write_table(_purchases(kept), into / "purchases.parquet")
    path = into.parent / f"{into.name}-test.csv"
    pv.write_csv(_pairs(past, out), path)
    return path


def _pairs(past: CustomerBaskets, wanted: sp.csr_matrix) -> pa.Table:
    customers, products = wanted.nonzero()
    ids, skus = np.array(past.customer_ids, dtype=object), np.array(past.skus, dtype=object)
    return pa.table({"customer_id": ids[customers], "sku": skus[products]})


def _purchases(kept: CustomerBaskets) -> pa.Table:
    lines = kept.held.tocoo()
    ids, skus = np.array(kept.customer_ids, dtype=object), np.array(kept.skus, dtype=object)
    firsts = np.cumsum(kept.num_baskets) - kept.num_baskets
    order = np.arange(len(kept.owners)) - firsts[kept.owners]
    columns = {
        "basket_id": [f"b{basket}" for basket in lines.row],
        "line_id": np.arange(len(lines.row)) + 1,
        "sku": skus[lines.col],
        "bought_at": [_START + timedelta(days=int(day)) for day in order[lines.row]],
        "units": np.ones(len(lines.row)),
        "customer_id": ids[kept.owners[lines.row]],
    }
    return pa.table(columns)
