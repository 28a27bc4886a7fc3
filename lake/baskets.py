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
        pa.field("line", pa.int64()),
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
        `basket_id`, `sku`, `customer_id` (null where unknown), `bought_at` of the first such line, and its number on
        the receipt as `line`.
    """
    tables = table_source(source)
    bought_at = pc.field("bought_at")
    wanted = pc.scalar(True)
    if before is not None:
        wanted = wanted & (bought_at < pa.scalar(cut_off_instant(before, tables.info.timezone), INSTANT))
    if from_ is not None:
        wanted = wanted & (bought_at >= pa.scalar(cut_off_instant(from_, tables.info.timezone), INSTANT))
    columns = [*_SCHEMA.names[:-1], "line_id"]
    rows = tables.dataset("purchases").to_table(columns=columns, filter=wanted).rename_columns(_SCHEMA.names)
    first = [(name, "min") for name in ("customer_id", "bought_at", "line")]
    distinct = rows.group_by(["basket_id", "sku"]).aggregate(first)
    renamed = distinct.rename_columns({f"{name}_min": name for name, _ in first})
    order = [(name, "ascending") for name in ("bought_at", "basket_id", "sku")]
    return renamed.select(_SCHEMA.names).cast(_SCHEMA).sort_by(order)
