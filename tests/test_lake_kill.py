"""A load killed with SIGKILL at any point: nothing has moved, and the next run ends as an uninterrupted one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lake_shops import PUBLISHED_AT, line, stage

from lake.store import Lake
from schema.tables import RetailTables

ROOT = Path(__file__).parents[1]
RUN = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from lake.delta import DeltaFolder
from lake.difference import Difference
from lake.store import Lake
from schema.tables import RetailTables

root, folder, method, nth, moment = sys.argv[1:]
place, calls = {"stream": Difference, "write": DeltaFolder, "restore": DeltaFolder, "head": DeltaFolder}[method], [0]
name = "_stream" if method == "stream" else method
original = getattr(place, name)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def torn(reader):
    import pyarrow as pa
    def batches():
        yield next(iter(reader))
        die()
    return pa.RecordBatchReader.from_batches(reader.schema, batches())

def killed(*args, **kwargs):
    calls[0] += 1
    is_it = calls[0] == int(nth)
    if is_it and moment == "before":
        die()
    answer = original(*args, **kwargs)
    if is_it:
        if method == "stream":
            return torn(answer)
        die()
    return answer

setattr(place, name, killed)
Lake(root).publish(RetailTables.open(Path(folder)), published_at=datetime(2024, 6, 1, tzinfo=UTC))
"""
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


def publish_killed(root: Path, tables: RetailTables, point: tuple[str, int, str]) -> None:
    method, nth, moment = point
    arguments = [str(root), str(tables.folder), method, str(nth), moment]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def content(lake: Lake, version: int) -> dict[str, list[dict[str, object]]]:
    rows = {name: lake.read(name, version=version).to_pylist() for name in TABLES}
    return {name: sorted(table, key=repr) for name, table in rows.items()}


def check_killed(tmp_path: Path, point: tuple[str, int, str]) -> None:
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
def test_killed_before_the_commit(tmp_path):
    check_killed(tmp_path, ("write", 4, "before"))


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS, ids=lambda point: "-".join(map(str, point)))
def test_killed_anywhere(tmp_path, point):
    check_killed(tmp_path, point)


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


def test_another_load_after_a_killed_one_holds_nothing_of_it(tmp_path):
    """The remains of the killed load are orphans: an addition must not land on top of them."""
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(first_load(tmp_path), published_at=PUBLISHED_AT)
    publish_killed(tmp_path / "lake", second_load(tmp_path), ("write", 4, "before"))
    third = stage(tmp_path, {"purchases": [line("9", 1, "b", 3)]}, load_id="three")
    lake.publish(third, published_at=PUBLISHED_AT)
    assert {row["basket_id"] for row in lake.read("purchases", version=2).to_pylist()} == {"1", "9"}
    assert {row["sku"] for row in lake.read("products", version=2).to_pylist()} == {"a", "b"}
