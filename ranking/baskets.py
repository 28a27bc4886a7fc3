"""Baskets as a sparse matrix over known products."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BasketMatrix:
    """Which basket holds which known product.

    Attributes:
        skus: `[num_products]` ascending, the columns.
        basket_ids: `[num_baskets]` ascending, the rows; baskets without a known product have an empty row.
        customer_ids: `[num_baskets]`; None where a basket has no customer.
        days: `[num_baskets]` days since 1970-01-01 UTC, with fraction, of the basket's first line.
        held: `[num_baskets, num_products]` float32, 1 where held.
        lines: likewise, the number from 1 of the receipt's line where the product stands; None where nobody knows.
    """

    skus: tuple[str, ...]
    basket_ids: tuple[str, ...]
    customer_ids: tuple[str | None, ...]
    days: npt.NDArray[np.float64]
    held: sp.csr_matrix
    lines: sp.csr_matrix | None = None


def basket_matrix(baskets: pa.Table, skus: Sequence[str]) -> BasketMatrix:
    """The baskets over the given products.

    Args:
        baskets: `basket_id`, `sku`, `customer_id`, `bought_at` and perhaps `line`, one row per product in a basket.
        skus: ascending; other products are left out.
    """
    heads = baskets.group_by("basket_id").aggregate([("customer_id", "min"), ("bought_at", "min")])
    heads = heads.sort_by("basket_id")
    ids = heads.column("basket_id").combine_chunks()
    rows = pc.index_in(baskets.column("basket_id"), value_set=ids).to_numpy()
    columns = pc.fill_null(pc.index_in(baskets.column("sku"), value_set=pa.array(skus, pa.string())), -1).to_numpy()
    known = columns >= 0
    places, shape = (rows[known], columns[known]), (len(ids), len(skus))
    held = sp.csr_matrix((np.ones(int(known.sum()), np.float32), places), shape=shape)
    held.data[:] = 1.0
    lines = baskets.column("line").to_numpy()[known] if "line" in baskets.column_names else None
    seconds = pc.cast(heads.column("bought_at_min"), pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy() / 1e6
    return BasketMatrix(
        skus=tuple(skus),
        basket_ids=tuple(ids.to_pylist()),
        customer_ids=tuple(heads.column("customer_id_min").to_pylist()),
        days=seconds / 86_400.0,
        held=held,
        lines=None if lines is None else sp.csr_matrix((lines, places), shape=shape),
    )


def day_number(instant: datetime) -> float:
    """Days since 1970-01-01 UTC, with fraction."""
    return instant.astimezone(UTC).timestamp() / 86_400.0


def first_instant(day: date) -> float:
    """A day's midnight in days since 1970-01-01, as `day_number` counts them."""
    return float((day - date(1970, 1, 1)).days)


def decay(days: npt.NDArray[np.float64], *, until: float, half_life_days: float | None) -> Floats:
    """Weight of each day as seen from `until` `[num_days]`: 1 at it, a half one half-life before; all 1 for None."""
    if half_life_days is None:
        return np.ones(len(days), np.float32)
    return np.exp2((days - until) / half_life_days).astype(np.float32)


def decayed_counts(baskets: BasketMatrix, *, until: float, half_life_days: float | None) -> Floats:
    """Baskets holding each product `[num_products]`, each weighted by its age."""
    weights = decay(baskets.days, until=until, half_life_days=half_life_days)
    return np.asarray(baskets.held.T @ weights, dtype=np.float32)


def popularity_table(baskets: BasketMatrix, *, until: float, half_life_days: float = 90.0) -> pa.Table:
    """`sku` and `num_baskets` (recent, decayed; float32) of every product, most bought first, ties by sku."""
    counts = decayed_counts(baskets, until=until, half_life_days=half_life_days)
    order = np.lexsort((np.arange(len(counts)), -counts))
    return pa.table({"sku": pa.array(baskets.skus, pa.string()).take(pa.array(order)), "num_baskets": counts[order]})
