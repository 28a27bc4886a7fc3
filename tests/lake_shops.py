"""Hand-made loads for the lake's tests: rows in, a staged folder out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

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
