"""Hand-made loads for the lake's tests: rows in, a staged folder out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.difference import TableChange
from lake.store import Lake
from schema.table_specs import SPECS
from schema.tables import DatasetInfo, RetailTables, Tally

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
DAY_ONE = date(2024, 1, 1)
PUBLISHED_AT = datetime(2024, 6, 1, tzinfo=UTC)


def stage(folder: Path, rows: Rows, *, load_id: str | None = None, **info: Any) -> RetailTables:
    """A load of these rows, staged in a folder of its own under `folder`."""
    text = json.dumps([{name: list(table) for name, table in rows.items()}, info], default=str)
    load_id = load_id or hashlib.sha256(text.encode()).hexdigest()[:16]
    into = folder / f"staged-{load_id}"
    into.mkdir(parents=True, exist_ok=True)
    for name, table in rows.items():
        pq.write_table(pa.Table.from_pylist(list(table), schema=SPECS[name].arrow_schema), into / f"{name}.parquet")
    tallies = {name: Tally(read=len(table), kept=len(table)) for name, table in rows.items()}
    tables = RetailTables(into, DatasetInfo(name="shop", source="retail-tables", **info), load_id, tallies)
    tables.save_manifest()
    return tables


def at(day: int, hour: int = 12) -> datetime:
    """An instant of the n-th day of the shop (0 = 1 January 2024), UTC."""
    return datetime(2024, 1, 1, hour, tzinfo=UTC) + timedelta(days=day)


def on(day: int) -> date:
    """The n-th day of the shop (0 = 1 January 2024)."""
    return DAY_ONE + timedelta(days=day)


def line(basket: str, number: int, sku: str, day: int, **more: Any) -> dict[str, Any]:
    """One receipt line."""
    return {"basket_id": basket, "line_id": number, "sku": sku, "bought_at": at(day), "units": 1.0, **more}


def current(table: pa.Table, *key: str) -> dict[Any, dict[str, Any]]:
    """Rows by key, the key alone where it is one column."""
    rows = table.to_pylist()
    return {(row[key[0]] if len(key) == 1 else tuple(row[name] for name in key)): row for row in rows}


def publish(lake: Lake, tables: RetailTables) -> dict[str, TableChange]:
    """What a load did to each table."""
    return dict(lake.publish(tables, published_at=PUBLISHED_AT).changes)


SKUS = "abcdef"


CATALOGUE: dict[str, list[dict[str, Any]]] = {
    "categories": [
        {"category_id": "c"},
        {"category_id": "c/d", "parent_id": "c"},
        {"category_id": "c/e", "parent_id": "c"},
    ],
    "suppliers": [{"supplier_id": "s1"}, {"supplier_id": "s2"}],
    "products": [
        {
            "sku": sku,
            "category_id": "c/d" if sku < "d" else "c/e",
            "brand": "X" if sku < "c" else None,
            "supplier_id": "s1",
        }
        for sku in SKUS
    ],
    "stores": [{"store_id": "north"}, {"store_id": "south"}],
    "customers": [{"customer_id": f"k{number}"} for number in range(3)],
    "promotions": [
        {"promotion_id": "p1", "kind": "coupon", "starts_on": on(0), "ends_on": on(5)},
        {"promotion_id": "p2", "kind": "display", "starts_on": on(5), "ends_on": on(50)},
    ],
    "promotion_products": [
        {"promotion_id": "p1", "sku": "a", "store_id": "north", "promo_price": 2.0, "discount_share": 0.1},
        {"promotion_id": "p1", "sku": "a", "store_id": "south", "promo_price": 1.0, "discount_share": 0.3},
        {"promotion_id": "p1", "sku": "b", "store_id": "south"},
        {"promotion_id": "p2", "sku": "a"},
        {"promotion_id": "p2", "sku": "a", "store_id": "north"},
    ],
    "promotion_customers": [{"promotion_id": "p1", "customer_id": "k0", "sent_on": on(1)}],
    "supplies": [
        {"supplier_id": "s1", "sku": "a", "unit_cost": 1.0, "valid_to": on(4)},
        {"supplier_id": "s1", "sku": "a", "unit_cost": 2.0, "valid_from": on(4)},
        {"supplier_id": "s2", "sku": "b", "unit_cost": 3.0, "valid_from": on(2), "valid_to": on(20)},
        {"supplier_id": "s2", "sku": "b", "unit_cost": 4.0, "valid_from": on(6)},
    ],
    "assortments": [{"store_id": "south", "sku": "a"}, {"store_id": "south", "sku": "b", "valid_from": on(8)}],
}
