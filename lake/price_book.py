"""Every price window that a lake version holds, those among them that a later load no longer names."""

import pyarrow as pa
import pyarrow.compute as pc

from lake.version import JOURNAL, LakeVersion
from schema.prices import BOOK_SCHEMA, PriceBook

_COLUMNS = ["sku", "store_id", "valid_from", "valid_to", "price", "base_price"]


def read_price_book(source: LakeVersion) -> PriceBook:
    """The price windows of a lake version; none where it has no table of prices.

    Raises:
        Unavailable: if the lake cannot be read.
    """
    if "prices" not in source:
        return PriceBook.of(BOOK_SCHEMA.empty_table())
    rows = source.every("prices").to_table([*_COLUMNS, "load_id", "closed_by"])
    told = pc.starts_with(pc.fill_null(rows["load_id"], ""), JOURNAL)
    replaced = pc.is_valid(rows["closed_by"])
    columns: dict[str, pa.ChunkedArray] = {name: rows[name] for name in _COLUMNS}
    return PriceBook.of(pa.table({**columns, "is_told": told, "is_replaced": replaced}))
