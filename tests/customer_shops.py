"""Hand-made customers' baskets for the tests of customer models and protocols."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from lake_shops import line

from ranking.customers import CustomerBaskets, customer_baskets

SCHEMA = pa.schema(
    [
        ("basket_id", pa.string()),
        ("sku", pa.string()),
        ("customer_id", pa.string()),
        ("bought_at", pa.timestamp("us", tz="UTC")),
    ]
)


def history(baskets: dict[str, list[set[int]]], num_products: int = 6, also=()) -> CustomerBaskets:
    """Customers' baskets in order, one a day, over the products `p0`, `p1` and so on."""
    rows = [
        {
            "basket_id": f"{customer}-{number:04d}",
            "sku": f"p{item}",
            "customer_id": customer,
            "bought_at": datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number),
        }
        for customer, several in baskets.items()
        for number, basket in enumerate(several)
        for item in sorted(basket)
    ]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(len(rows)), pa.int64()))
    return customer_baskets(shuffled, [f"p{item}" for item in range(num_products)], also=also)


def habitual(num_customers: int = 150, seed: int = 0) -> dict[str, list[set[int]]]:
    """Customers of two tastes who buy two staples of their own nearly always and something of their taste besides."""
    generator, found = np.random.default_rng(seed), {}
    for number in range(num_customers):
        taste = number % 2
        own = generator.choice(10, 2, replace=False) + 10 * taste
        baskets = []
        for _ in range(int(generator.integers(3, 8))):
            staples = {int(item) for item in own if generator.random() < 0.8}
            baskets.append(staples | {int(generator.integers(0, 10)) + 10 * taste})
        found[f"c{number:03d}"] = baskets
    return found


def purchase_rows(shop: dict[str, list[set[int]]], days_between: int = 10) -> dict[str, list[dict[str, Any]]]:
    """The same baskets as the rows of a load, so many days apart."""
    lines = [
        line(f"{customer}-{number:02d}", place + 1, f"p{item:02d}", number * days_between, customer_id=customer)
        for customer, several in shop.items()
        for number, basket in enumerate(several)
        for place, item in enumerate(sorted(basket))
    ]
    skus = sorted({row["sku"] for row in lines})
    return {
        "products": [{"sku": sku} for sku in skus],
        "customers": [{"customer_id": customer} for customer in shop],
        "purchases": lines,
    }
