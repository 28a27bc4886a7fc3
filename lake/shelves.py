"""What was last counted on each store's shelves."""

from typing import Final

import numpy as np
import pyarrow as pa

from lake.cut import Cut
from lake.difference import duckdb_out_of_core
from schema.table_specs import INSTANT

COUNTS_SCHEMA: Final = pa.schema(
    [
        pa.field("store_id", pa.string()),
        pa.field("sku", pa.string()),
        pa.field("on_hand_units", pa.float64()),
        pa.field("counted_at", INSTANT),
        pa.field("place", pa.int32()),
    ]
)
"""`place` is that of the load that last changed the counts."""
_NEWEST: Final = """
    SELECT store_id, sku, arg_max(on_hand_units, counted_at) AS on_hand_units, max(counted_at) AS newest_at
    FROM stocks WHERE counted_at < $cut_off GROUP BY store_id, sku
"""


def newest_counts(cut: Cut) -> pa.Table:
    """The newest count before the cut-off of each store and product: columns of COUNTS_SCHEMA, in no order."""
    if "stocks" not in cut.source:
        return COUNTS_SCHEMA.empty_table()
    with duckdb_out_of_core() as connection:
        connection.register("stocks", cut.source.dataset("stocks"))
        rows = connection.sql(_NEWEST, params={"cut_off": cut.instant}).to_arrow_table()
    place = cut.source.load_ids.index(cut.source.last_load("stocks")).as_py()
    places = pa.array(np.full(rows.num_rows, place, np.int32))
    return rows.rename_columns({"newest_at": "counted_at"}).append_column("place", places).cast(COUNTS_SCHEMA)
