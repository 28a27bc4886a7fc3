"""Receipts as ranking and evaluation read them: the distinct products of each basket."""

from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from lake.sources import table_source
from lake.version import LakeVersion
from schema.table_specs import INSTANT
from schema.tables import RetailTables, cut_off_instant

_SCHEMA: Final = pa.schema(
    [
        pa.field("basket_id", pa.string()),
        pa.field("sku", pa.string()),
        pa.field("customer_id", pa.string()),
        pa.field("bought_at", INSTANT),
    ]
)


def read_baskets(
    source: LakeVersion | RetailTables, *, before: date | None = None, from_: date | None = None
) -> pa.Table:
    """One row a basket and product, sorted by (bought_at, basket_id, sku).

    Args:
        source: `lake.at(version)`, or a staged folder.
        before: lines bought before this day only (shop's timezone); None means all.
        from_: lines bought on this day or later only; None means all.

    Returns:
        `basket_id`, `sku`, `customer_id` (null where unknown) and `bought_at` of the first such line.
    """
    tables = table_source(source)
    bought_at = pc.field("bought_at")
    wanted = pc.scalar(True)
    if before is not None:
        wanted = wanted & (bought_at < pa.scalar(cut_off_instant(before, tables.info.timezone), INSTANT))
    if from_ is not None:
        wanted = wanted & (bought_at >= pa.scalar(cut_off_instant(from_, tables.info.timezone), INSTANT))
    rows = tables.dataset("purchases").to_table(columns=_SCHEMA.names, filter=wanted)
    distinct = rows.group_by(["basket_id", "sku"]).aggregate([("customer_id", "min"), ("bought_at", "min")])
    renamed = distinct.rename_columns({"customer_id_min": "customer_id", "bought_at_min": "bought_at"})
    order = [(name, "ascending") for name in ("bought_at", "basket_id", "sku")]
    return renamed.select(_SCHEMA.names).cast(_SCHEMA).sort_by(order)
