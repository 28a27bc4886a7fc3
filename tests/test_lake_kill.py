"""A load killed with SIGKILL at any point: nothing has moved, and the next run ends as an uninterrupted one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import own_process
import pyarrow as pa
import pytest
from lake_shops import PUBLISHED_AT, line, stage

from lake.difference import Difference
from lake.store import Lake
from schema.tables import RetailTables

POINTS = [
    ("head", 1, "after"),
    ("write", 1, "after"),
    ("stream", 2, "during"),
    ("write", 3, "after"),
    ("write", 4, "before"),
    ("write", 4, "after"),
]
TABLES = ("products", "stores", "purchases")


def first_load(folder: Path) -> RetailTables:
    rows = {
        "products": [{"sku": "a"}, {"sku": "b"}],
        "stores": [{"store_id": "s"}],
        "purchases": [line("1", 1, "a", 0)],
    }
    return stage(folder, rows, load_id="one")


def second_load(folder: Path) -> RetailTables:
    rows = {
        "products": [{"sku": "a", "name": "A"}, {"sku": "c"}],
        "stores": [{"store_id": "s"}, {"store_id": "t"}],
        "purchases": [line("2", 1, "a", 1), line("3", 1, "c", 1)],
    }
    return stage(folder, rows, load_id="two")


def tear_stream(nth: int) -> None:
    """From now on this process is killed after the first batch of the so-manieth stream."""
    whole, calls = Difference._stream, [0]

    def torn(self: Difference, *args: object) -> pa.RecordBatchReader:
        calls[0] += 1
        reader = whole(self, *args)  # type: ignore[arg-type]

        def batches() -> Iterator[pa.RecordBatch]:
            yield next(iter(reader))
            os.kill(os.getpid(), signal.SIGKILL)

        return pa.RecordBatchReader.from_batches(reader.schema, batches()) if calls[0] == nth else reader

    Difference._stream = torn  # type: ignore[method-assign]


def publish_dying(root: Path, folder: Path, point: tuple[str, int, str]) -> None:
    method, nth, moment = point
    if method == "stream":
        tear_stream(nth)
    else:
        own_process.die_at(f"lake.delta.DeltaFolder.{method}", nth, moment)
    Lake(str(root)).publish(RetailTables.open(folder), published_at=PUBLISHED_AT)


def publish_killed(root: Path, tables: RetailTables, point: tuple[str, int, str]) -> None:
    assert own_process.ended(publish_dying, root, tables.folder, point) == -signal.SIGKILL


def content(lake: Lake, version: int) -> dict[str, list[dict[str, object]]]:
    rows = {name: lake.read(name, version=version).to_pylist() for name in TABLES}
    return {name: sorted(table, key=repr) for name, table in rows.items()}


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS, ids=lambda point: "-".join(map(str, point)))
def test_killed_anywhere(tmp_path, point):
    whole, torn = Lake(str(tmp_path / "whole")), Lake(str(tmp_path / "torn"))
    for lake in (whole, torn):
        lake.publish(first_load(tmp_path), published_at=PUBLISHED_AT)
    second = second_load(tmp_path)
    uninterrupted = whole.publish(second, published_at=PUBLISHED_AT)
    publish_killed(tmp_path / "torn", second, point)
    is_committed = point == POINTS[-1]
    assert torn.latest() == (2 if is_committed else 1)
    assert content(torn, 1) == content(whole, 1)
    completed = torn.publish(second, published_at=PUBLISHED_AT)
    assert (completed.version, completed.is_new) == (2, not is_committed)
    assert is_committed or completed.changes == uninterrupted.changes
    assert content(torn, 2) == content(whole, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", [("head", 1, "after"), ("head", 2, "after"), ("write", 1, "after"), ("write", 4, "before")]
)
def test_the_very_first_load_killed(tmp_path, point):
    publish_killed(tmp_path / "lake", first_load(tmp_path), point)
    lake = Lake(str(tmp_path / "lake"))
    assert lake.latest() is None
    assert lake.publish(first_load(tmp_path), published_at=PUBLISHED_AT).version == 1
    assert lake.read("products", version=1).num_rows == 2


@pytest.mark.slow
def test_another_load_after_a_killed_one_holds_nothing_of_it(tmp_path):
    """The remains of the killed load are orphans: an addition must not land on top of them."""
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(first_load(tmp_path), published_at=PUBLISHED_AT)
    publish_killed(tmp_path / "lake", second_load(tmp_path), ("write", 4, "before"))
    third = stage(tmp_path, {"purchases": [line("9", 1, "b", 3)]}, load_id="three")
    lake.publish(third, published_at=PUBLISHED_AT)
    assert {row["basket_id"] for row in lake.read("purchases", version=2).to_pylist()} == {"1", "9"}
    assert {row["sku"] for row in lake.read("products", version=2).to_pylist()} == {"a", "b"}
