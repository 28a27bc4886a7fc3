"""A shop with sixty weeks of sales and prices planned for later ones, and perhaps a promotion."""

from datetime import UTC, datetime, time, timedelta

from forecast_shops import MONDAY, shop_rows, weekly_rows
from lake_shops import PUBLISHED_AT, stage

from lake.store import Lake

NUM_WEEKS = 60
FIRST = MONDAY + timedelta(weeks=NUM_WEEKS)
PROMOTED = 3
"""The week ahead in which one product is planned to be featured at three quarters of its price."""


def lake_of(folder, plans, *, days=(0, 7), with_receipts=False):
    """A lake; with plans, of a promotion on those days of its week."""
    weekly = weekly_rows(num_brands=6, num_stores=3, num_weeks=NUM_WEEKS)
    base = {row["sku"]: row["base_price"] for row in weekly}
    prices = [{"sku": sku, "price": price, "base_price": price, "valid_from": FIRST} for sku, price in base.items()]
    tables = {**shop_rows(weekly), "prices": prices}
    if plans:
        start = FIRST + timedelta(weeks=PROMOTED)
        week = {"starts_on": start + timedelta(days=days[0]), "ends_on": start + timedelta(days=days[1])}
        tables["promotions"] = [{"promotion_id": "p", "kind": "feature", **week}]
        tables["promotion_products"] = [{"promotion_id": "p", "sku": "b00", "promo_price": 0.75 * base["b00"]}]
    if with_receipts:
        tables["purchases"] = [each for row in weekly for each in receipts_of(row)]
    for product in tables["products"]:
        product["supplier_id"] = "V1"
    tables["suppliers"] = [{"supplier_id": "V1", "lead_time_days": 14.0}]
    lake = Lake(str(folder / "lake"))
    lake.publish(stage(folder, tables), published_at=PUBLISHED_AT)
    return lake.at(1)


def receipts_of(row):
    """A receipt a day of a weekly row, noon, all but the last with a seventh of the units."""
    share, keys = row["units"] // 7, {name: row[name] for name in ("sku", "store_id")}
    for day in range(7):
        at = datetime.combine(row["week_starts_on"], time(12), UTC) + timedelta(days=day)
        units = share if day < 6 else row["units"] - 6 * share
        if units > 0:
            yield {"basket_id": f"{keys} {at}", "line_id": 1, "bought_at": at, "units": units, **keys}
