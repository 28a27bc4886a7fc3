"""Counting on Spark gives the edges that counting on DuckDB gives, and says what is missing where it cannot."""

import os
import random
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from lake_shops import PUBLISHED_AT, at, line, on, stage
from test_lake_snapshot import same

from lake.counting import counting
from lake.counts import _decayed
from lake.ports import Counting, Room
from lake.snapshot import build_snapshot
from lake.spark_session import room_at
from lake.store import Lake
from loaders.staging import LoadOptions
from loaders.staging import stage as stage_files
from loaders.synthetic import make_shop
from schema.errors import Unavailable
from schema.snapshot import GraphSnapshot
from schema.tables import RetailTables

SKUS = "abcdefgh"


@pytest.fixture(scope="module")
def on_spark() -> Iterator[Counting]:
    """One Spark for all tests of this file: starting it takes seconds."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Spark needs Java 17 or newer: set JAVA_HOME")
    with pytest.MonkeyPatch.context() as patch:
        # Optimising what runs for a minute takes longer than running it.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        with room_at("local[2]")() as room:
            yield room


def counted(folder: Path, room: Room) -> GraphSnapshot:
    lake = Lake(str(folder), room=room)
    version = lake.latest()
    assert version is not None
    return build_snapshot(lake.at(version), as_of=lake.default_as_of(version))


def publish(folder: Path, *loads: RetailTables) -> Path:
    for tables in loads:
        Lake(str(folder)).publish(tables, published_at=PUBLISHED_AT)
    return folder


@pytest.mark.slow
def test_the_small_shop_has_the_same_edges(on_spark, tmp_path):
    made = make_shop("small", seed=0, into=tmp_path / "shop")
    tables = stage_files("retail-tables", made, into=tmp_path / "staged", options=LoadOptions())
    lake = publish(tmp_path / "lake", tables)
    plain, spark = counted(lake, counting), counted(lake, lambda: nullcontext(on_spark))
    assert min(plain.edges[name].num_rows for name in ("BOUGHT", "BOUGHT_WITH", "GOES_WITH", "SWITCHED_TO")) > 100
    assert {name: spark.edges[name].equals(rows) for name, rows in plain.edges.items()} == dict.fromkeys(
        plain.edges, True
    )


def odd_shop(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Receipts with unknown customers and stores, fractions, repeats and the future; half the products have no need."""
    needs = {sku: "x" if place < 3 else None for place, sku in enumerate(SKUS)}
    names = {sku: f"{chance.choice(['red', 'blue'])} paper lantern" for sku in SKUS}
    purchases = [
        line(f"{customer}-{day}", number, chance.choice(SKUS), day, store_id=chance.choice(["s", "t", None]))
        | {
            "units": chance.choice([0.1, 1.0, 2.5]),
            "customer_id": chance.choice([f"k{customer}", f"k{customer}", None]),
        }
        for number, (customer, day) in enumerate(
            [(chance.randrange(3), chance.randrange(30)) for _ in range(150)], start=1
        )
    ]
    events = [
        {"event_id": f"e{number}", "happened_at": at(chance.randrange(30)), "sku": chance.choice(SKUS)}
        | {"session_id": chance.choice(["n1", "n2", "n3", None]), "customer_id": chance.choice(["k0", None])}
        | {"kind": chance.choice(["view", "view", "add_to_basket", "remove_from_basket", "purchase"])}
        for number in range(60)
    ]
    return {
        "events": events,
        "categories": [{"category_id": "x"}],
        "products": [{"sku": sku, "category_id": needs[sku], "name": names[sku]} for sku in SKUS],
        "stores": [{"store_id": "s"}, {"store_id": "t"}],
        "customers": [{"customer_id": f"k{number}"} for number in range(3)],
        "purchases": purchases,
        "stocks": [
            {"store_id": "s", "sku": sku, "on_hand_units": float(chance.randrange(2)), "counted_at": at(day, 8)}
            for sku in SKUS
            for day in range(0, 30, 5)
        ],
        "daily_sales": [{"sku": "a", "store_id": "t", "sold_on": on(3), "units": 1.0}],
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_odd_shops_have_the_same_graph_after_a_correction_too(on_spark, tmp_path, seed):
    rows = odd_shop(random.Random(seed))
    corrected = {"purchases": [row | {"sku": "h"} for row in rows["purchases"][:30]]}
    lake = publish(tmp_path / "lake", stage(tmp_path, rows), stage(tmp_path, corrected))
    plain = counted(lake, counting)
    assert plain.edges["SWITCHED_TO"].num_rows > 0
    assert same(plain, counted(lake, lambda: nullcontext(on_spark)))


@pytest.mark.slow
def test_a_baskets_age_weighs_the_same(on_spark):
    """Powers of two are rounded to whole numbers: ten years of days, none on the border for either engine."""
    ages = pa.table({"age": list(range(3_650))})

    def weights(room: Counting) -> list[int]:
        rows = room.over(ages)
        return room.rows(rows.mutate(weight=_decayed(ibis._.age))).sort_by("age").column("weight").to_pylist()

    with counting() as plain:
        assert weights(on_spark) == weights(plain)


@pytest.mark.slow
def test_nothing_counted_is_zero_and_kept_rows_can_be_dropped(on_spark):
    kept = on_spark.keep(on_spark.over(pa.table({"units": pa.array([], pa.int64())})))
    assert on_spark.number(kept.units.sum()) == 0
    on_spark.drop(kept)


def test_no_address_is_duckdb():
    assert room_at("") is counting


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def test_a_master_that_does_not_answer_is_told_at_once():
    with silent_port() as port, pytest.raises(Unavailable, match=rf"spark://127.0.0.1:{port} .*SHELFGRAPH_SPARK"):
        room_at(f"spark://127.0.0.1:{port}")().__enter__()


def test_without_pyspark_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(Unavailable, match=r"\[spark\]"):
        room_at("local[2]")().__enter__()
