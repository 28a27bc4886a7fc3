"""What each store ranges, and what was last counted on its shelves."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake import counts
from lake.catalogue import edge_table, newest_load
from lake.counted import Receipts
from lake.cut import Cut
from lake.sources import load_places

_PAIR = ["store_id", "sku"]


def stocks_edges(receipts: Receipts) -> pa.Table:
    """STOCKS: where a store ranges a product or, in a store without assortment rows, counted or sold it."""
    cut, ends = receipts.cut, receipts.ends
    ranged = cut.source.rows("assortments", [*_PAIR, "valid_from", "valid_to", "load_id"])
    ranged = _with_place(cut, ranged)
    rows = pa.concat_tables([ranged, _seen(receipts)], promote_options="default")
    rows = rows.join(_renamed(newest_counts(receipts)), keys=_PAIR, join_type="left outer")
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


def newest_counts(receipts: Receipts) -> pa.Table:
    """The newest count before the cut-off of each store and product: `on_hand_units`, `counted_at`, `place`."""
    cut = receipts.cut
    if "stocks" not in cut.source:
        columns = {"on_hand_units": pa.float64(), "counted_at": pa.timestamp("us", tz="UTC"), "place": pa.int32()}
        return pa.schema({"store_id": pa.string(), "sku": pa.string(), **columns}).empty_table()
    rows = receipts.room.rows(counts.newest_stocks(receipts.room.over(cut.source.dataset("stocks")), cut.instant))
    place = cut.source.load_ids.index(cut.source.last_load("stocks")).as_py()
    return rows.append_column("place", pa.array(np.full(rows.num_rows, place, np.int32)))


def _renamed(newest: pa.Table) -> pa.Table:
    return newest.rename_columns({"place": "count_place"})


def _with_place(cut: Cut, rows: pa.Table) -> pa.Table:
    return rows.append_column("place", load_places(cut.source, rows.column("load_id"))).drop_columns("load_id")


def _seen(receipts: Receipts) -> pa.Table:
    cut = receipts.cut
    listed = cut.source.rows("assortments", ["store_id"]).column("store_id").unique()
    rows = pa.concat_tables(list(_seen_by_table(receipts)))
    rows = rows.filter(pc.invert(pc.is_in(rows.column("store_id"), value_set=listed)))
    return rows.group_by(_PAIR).aggregate([("place", "max")]).rename_columns({"place_max": "place"})


def _seen_by_table(receipts: Receipts) -> Iterator[pa.Table]:
    cut = receipts.cut
    yield newest_counts(receipts).select([*_PAIR, "place"])
    if "purchases" in cut.source:
        yield _keys(receipts, receipts.room.rows(counts.sold_at(receipts.lines, receipts.baskets)), "purchases")
    for table, day in (("weekly_sales", "week_starts_on"), ("daily_sales", "sold_on")):
        if table in cut.source:
            sales = receipts.room.over(cut.source.dataset(table))
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
