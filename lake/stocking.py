"""What each store ranges, and what was last counted on its shelves."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake import counts
from lake.catalogue import edge_table, newest_load
from lake.cut import Cut
from lake.receipts import Receipts
from lake.shelves import newest_counts
from lake.sources import load_places

_PAIR = ["store_id", "sku"]


def stocks_edges(receipts: Receipts) -> pa.Table:
    """STOCKS: where a store ranges a product or, in a store without assortment rows, counted or sold it."""
    cut, ends = receipts.cut, receipts.ends
    ranged = cut.source.rows("assortments", [*_PAIR, "valid_from", "valid_to", "load_id"])
    ranged, counted = _with_place(cut, ranged), newest_counts(cut)
    rows = pa.concat_tables([ranged, _seen(receipts, counted)], promote_options="default")
    rows = rows.join(counted.rename_columns({"place": "count_place"}), keys=_PAIR, join_type="left outer")
    place_max = pc.max_element_wise(rows.column("place"), rows.column("count_place"))
    return edge_table(
        "STOCKS",
        {
            "source": ends.rows_of("Store", rows.column("store_id")),
            "target": ends.rows_of("Product", rows.column("sku")),
            **{name: rows.column(name) for name in ("valid_from", "valid_to", "on_hand_units", "counted_at")},
            "load_id": newest_load(cut, pa.table({"place_max": place_max})),
        },
    )


def _with_place(cut: Cut, rows: pa.Table) -> pa.Table:
    return rows.append_column("place", load_places(cut.source, rows.column("load_id"))).drop_columns("load_id")


def _seen(receipts: Receipts, counted: pa.Table) -> pa.Table:
    """What the stores without assortment rows counted or sold: `store_id`, `sku`, `place`."""
    listed = receipts.cut.source.rows("assortments", ["store_id"]).column("store_id").unique()
    rows = counted.select([*_PAIR, "place"])
    if len(listed) < receipts.ends.nodes["Store"].num_rows:
        rows = pa.concat_tables([rows, *_sold_by_table(receipts)])
    rows = rows.filter(pc.invert(pc.is_in(rows.column("store_id"), value_set=listed)))
    return rows.group_by(_PAIR).aggregate([("place", "max")]).rename_columns({"place_max": "place"})


def _sold_by_table(receipts: Receipts) -> Iterator[pa.Table]:
    cut = receipts.cut
    if "purchases" in cut.source:
        yield _keys(receipts, receipts.room.rows(counts.sold_at(receipts.lines, receipts.baskets)), "purchases")
    for table, day in (("weekly_sales", "week_starts_on"), ("daily_sales", "sold_on")):
        if table in cut.source:
            sales = receipts.room.read(cut.source, table)
            pairs = counts.reported_at(sales, cut.day_limit(table), day, receipts.products, receipts.stores)
            yield _keys(receipts, receipts.room.rows(pairs), table)


def _keys(receipts: Receipts, pairs: pa.Table, table: str) -> pa.Table:
    source, nodes = receipts.cut.source, receipts.ends.nodes
    place = source.load_ids.index(source.last_load(table)).as_py()
    return pa.table(
        {
            "store_id": nodes["Store"].column("store_id").take(pairs.column("store")),
            "sku": nodes["Product"].column("sku").take(pairs.column("product")),
            "place": pa.array(np.full(pairs.num_rows, place, np.int32)),
        }
    )
