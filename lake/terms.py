"""Terms and positions: from whom each product is ordered, on what terms, and what is on shelves and on its way."""

from datetime import date, timedelta
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lake.cut import Cut
from lake.ports import TableSource
from lake.shelves import newest_counts

TERMS: Final = ("unit_cost", "pack_units", "min_order_units", "lead_time_days")
LOST_AFTER_DAYS: Final = 60
"""An order this long overdue is taken for lost, and no longer counted as on its way."""
PAIR: Final = ["store_id", "sku"]


def order_terms(source: TableSource, as_of: date) -> pd.DataFrame:
    """How each product with a supplier is ordered: one row a sku, by sku.

    Of several offers open on the day the product's own supplier's counts, else the cheapest, else the first by name.

    Returns:
        `sku`, `supplier_id`, `unit_cost`, `pack_units` and `min_order_units` (1 unknown), `lead_time_days` (of the
        offer), `price` and `shelf_life_days`; NaN what is not known.
    """
    cut = Cut(source, as_of)
    names = ["sku", "supplier_id", "unit_cost", "list_price", "shelf_life_days", "delisted_on"]
    products = source.rows("products", names).to_pandas()
    gone = pd.to_datetime(products["delisted_on"]) <= pd.Timestamp(as_of)
    products = products[~gone.fillna(False)].rename(columns={"list_price": "price", "unit_cost": "own_cost"})
    offers = cut.open_rows("supplies", ["supplier_id", "sku", *TERMS, "valid_from", "valid_to"]).to_pandas()
    offers = offers.merge(products[["sku", "supplier_id"]].rename(columns={"supplier_id": "own"}), on="sku")
    offers["is_other"] = offers["own"].notna() & (offers["own"] != offers["supplier_id"])
    first = offers.sort_values(["sku", "is_other", "unit_cost", "supplier_id"]).drop_duplicates("sku")
    found = products.drop(columns="delisted_on").merge(
        first[["sku", "supplier_id", *TERMS]], on="sku", how="left", suffixes=("", "_offered")
    )
    found["supplier_id"] = found["supplier_id_offered"].fillna(found["supplier_id"])
    found["unit_cost"] = found["unit_cost"].fillna(found["own_cost"])
    for name in ("pack_units", "min_order_units"):
        found[name] = found[name].fillna(1.0).clip(lower=1.0)
    kept = found[found["supplier_id"].notna()].drop(columns=["own_cost", "supplier_id_offered"])
    return kept.sort_values("sku", ignore_index=True)


def positions(source: TableSource, as_of: date) -> pd.DataFrame:
    """Units on each shelf and on their way: `store_id`, `sku`, `on_hand_units` (NaN never counted), `on_order_units`.

    The shelf is what was counted last, in `stocks` or at the end of a week of `weekly_sales`. Orders are the open ones
    of `deliveries`, less those LOST_AFTER_DAYS overdue.
    """
    cut = Cut(source, as_of)
    counted = newest_counts(cut).select([*PAIR, "on_hand_units", "counted_at"]).to_pandas()
    counted["known_on"] = counted.pop("counted_at").dt.tz_convert(source.info.timezone).dt.tz_localize(None)
    shelves = pd.concat([counted, _week_ends(cut)]).sort_values("known_on").drop_duplicates(PAIR, keep="last")
    orders = known_deliveries(source, as_of)
    due = pc.coalesce(orders.column("promised_on"), orders.column("ordered_on"))
    is_lost = pc.less_equal(due, pa.scalar(as_of - timedelta(days=LOST_AFTER_DAYS)))
    is_open = pc.and_(pc.is_null(orders.column("delivered_on")), pc.is_valid(orders.column("store_id")))
    waiting = orders.filter(pc.and_(is_open, pc.invert(is_lost)))
    totals = waiting.group_by(PAIR).aggregate([("units_ordered", "sum")])
    coming = totals.to_pandas().rename(columns={"units_ordered_sum": "units_ordered"})
    found = shelves.drop(columns="known_on").merge(coming, on=PAIR, how="outer")
    found["on_order_units"] = found.pop("units_ordered").fillna(0.0)
    return found.sort_values(PAIR, ignore_index=True)


def known_deliveries(source: TableSource, as_of: date) -> pa.Table:
    """The order lines of `deliveries` as they stood on a day: what came later is still out, later orders are absent."""
    names = ["supplier_id", "sku", "store_id", "ordered_on", "promised_on", "delivered_on"]
    rows, day = source.rows("deliveries", [*names, "units_ordered", "units_delivered"]), pa.scalar(as_of)
    rows = rows.filter(pc.less(rows.column("ordered_on"), day))
    is_later = pc.fill_null(pc.greater_equal(rows.column("delivered_on"), day), fill_value=False)
    for name in ("delivered_on", "units_delivered"):
        place, field = rows.schema.get_field_index(name), rows.schema.field(name)
        unknown = pa.scalar(None, field.type)
        rows = rows.set_column(place, field, pc.if_else(is_later, unknown, rows.column(name)))
    return rows


def _week_ends(cut: Cut) -> pd.DataFrame:
    columns = [*PAIR, "week_starts_on", "on_hand_units"]
    rows = cut.source.rows("weekly_sales", columns).to_pandas()
    rows["known_on"] = pd.to_datetime(rows.pop("week_starts_on")) + pd.Timedelta(days=7)
    rows = rows[rows["on_hand_units"].notna() & (rows["known_on"] <= pd.Timestamp(cut.as_of))]
    return rows.sort_values("known_on").drop_duplicates(PAIR, keep="last")
