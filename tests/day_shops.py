"""Generated daily sales whose weeks, weekdays and holidays are planted."""

from datetime import date, datetime, timedelta

import holidays
import numpy as np
import pyarrow as pa

from forecast.reading import history_by
from schema.table_specs import SPECS
from schema.tables import DatasetInfo

MONDAY = date(2023, 1, 2)
WORTH = np.array([1, 1, 1, 1, 2, 4, 0])
"""What each weekday sells; Sundays are closed."""
STORES = [{"store_id": store, "country": "France"} for store in ("S1", "S2")]
INFO = DatasetInfo(name="shop", source="retail-tables", timezone="Europe/Paris")


def daily_rows(num_weeks=40, num_products=6, seed=0, rate=4.0, *, with_zeros=True):
    """Poisson units by day; none on public holidays. Closed days have zeros, or no row at all."""
    generator, rows = np.random.default_rng(seed), []
    for product in range(num_products):
        for store in ("S1", "S2"):
            for step in range(num_weeks * 7):
                day = MONDAY + timedelta(days=step)
                mean = rate * (1 + product) * WORTH[step % 7] * (not is_holiday(day))
                if with_zeros or mean:
                    units = float(generator.poisson(mean))
                    rows.append({"sku": f"p{product}", "store_id": store, "sold_on": day, "units": units})
    return rows


def is_holiday(day):
    """Whether the stores are closed."""
    return day in holidays.France(years=2023)


def weekly_of(daily):
    """Their sums by week, whatever is missing."""
    sums = {}
    for row in daily:
        start = row["sold_on"] - timedelta(days=row["sold_on"].weekday())
        key = (row["sku"], row["store_id"], start)
        sums[key] = sums.get(key, 0.0) + row["units"]
    return [dict(zip(("sku", "store_id", "week_starts_on"), key, strict=True), units=sums[key]) for key in sums]


def receipts_of(daily):
    """One receipt a row with sales, at eleven at night in Paris."""
    return [
        {
            "basket_id": str(at),
            "line_id": 1,
            "sku": row["sku"],
            "store_id": row["store_id"],
            "bought_at": datetime.combine(row["sold_on"], datetime.min.time()) + timedelta(hours=21),
            "units": row["units"],
        }
        for at, row in enumerate(daily)
        if row["units"] > 0
    ]


def shop_of_days(**tables):
    """The tables of a shop that sells such days."""
    skus = sorted({row["sku"] for rows in tables.values() for row in rows})
    return {"products": [{"sku": sku} for sku in skus], "stores": STORES, **tables}


def reader(**tables):
    """What reads these rows, as `history_by` and `days_by` ask for them."""

    def read(name, columns):
        rows = shop_of_days(**tables).get(name, [])
        return pa.Table.from_pylist(rows, schema=SPECS[name].arrow_schema).select(columns)

    return read


def history_of_days(**tables):
    """The weekly history of these tables."""
    return history_by(reader(**tables), INFO)
