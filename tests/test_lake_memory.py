"""Loads larger than the memory they may take: published, corrected and counted within it, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schema.table_specs import SPECS
from schema.tables import DatasetInfo, RetailTables, Tally

ROOT = Path(__file__).parents[1]
NUM_LINES = 2_000_000
NUM_PRODUCTS = 5_000
RUN = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from lake.snapshot import build_snapshot
from lake.store import Lake
from schema.tables import RetailTables

lake = Lake(sys.argv[1])
changes = [
    lake.publish(RetailTables.open(Path(folder)), published_at=datetime(2024, 6, 1, tzinfo=UTC)).changes["purchases"]
    for folder in sys.argv[2:]
]
snapshot = build_snapshot(lake.at(2), as_of=date(2025, 1, 1))
assert snapshot.num_products, "counted"
# What ru_maxrss tells is inherited from a large parent; the high-water mark of this process is not.
megabytes = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
print("RESULT", changes[0].added, changes[1].corrected, megabytes)
"""


def stage_receipts(folder: Path, units: float, load_id: str) -> RetailTables:
    """Baskets of ten, a few hundred megabytes as Arrow rows."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    tallies = {"products": Tally(NUM_PRODUCTS, NUM_PRODUCTS), "purchases": Tally(NUM_LINES, NUM_LINES)}
    write(folder, "products", {"sku": [f"sku-{number:08}" for number in range(NUM_PRODUCTS)]})
    number = np.arange(NUM_LINES)
    columns = {
        "basket_id": pa.array(np.char.add("receipt-of-the-shop-", (number // 10).astype(str))),
        "line_id": number % 10 + 1,
        "sku": pa.array(np.char.add("sku-", np.char.zfill(chance.integers(0, NUM_PRODUCTS, NUM_LINES).astype(str), 8))),
        "bought_at": pa.array(np.datetime64("2024-01-01", "us") + (number // 10).astype("timedelta64[m]")),
        "units": np.full(NUM_LINES, units),
    }
    write(folder, "purchases", columns)
    tables = RetailTables(folder, DatasetInfo("big", "retail-tables"), load_id, tallies)
    tables.save_manifest()
    return tables


def write(folder: Path, name: str, columns: dict[str, object]) -> None:
    schema, num_rows = SPECS[name].arrow_schema, len(next(iter(columns.values())))  # type: ignore[arg-type]
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(num_rows, field.type)
        for field in schema
    ]
    pq.write_table(pa.table(arrays, schema=schema), folder / f"{name}.parquet")


@pytest.mark.slow
def test_two_million_lines_twice_within_bounded_memory(tmp_path):
    first, second = (stage_receipts(tmp_path / f"load{units}", float(units), f"load{units}") for units in (1, 2))
    command = [sys.executable, "-c", RUN, str(tmp_path / "lake"), str(first.folder), str(second.folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    word, *numbers = done.stdout.split()  # and nothing else: DuckDB draws no bars of its own
    added, corrected, megabytes = map(int, numbers)
    assert word == "RESULT"
    assert (added, corrected) == (NUM_LINES, NUM_LINES)
    assert megabytes < 3072
