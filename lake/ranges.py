"""What a load says of ranges: which stores have one of their own, and when products left."""

from collections.abc import Collection
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from lake.cut import Cut
from lake.version import LakeVersion


def choosy_stores(source: LakeVersion) -> frozenset[str]:
    """The stores with assortment rows; every other one ranges everything."""
    return frozenset(source.rows("assortments", ["store_id"]).column("store_id").unique().to_pylist())


def days_as_loaded(source: LakeVersion, skus: Collection[str], *, as_of: date) -> dict[str, date | None]:
    """When products left the range, as the graph was told at a cut-off; None for those that had not."""
    rows = source.rows("products", ["sku", "delisted_on"])
    rows = rows.filter(pc.is_in(rows.column("sku"), pa.array(sorted(skus), pa.string())))
    days = Cut(source, as_of).day_reached(rows.column("delisted_on"))
    return dict(zip(rows.column("sku").to_pylist(), days.to_pylist(), strict=True))
