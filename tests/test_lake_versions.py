"""Versions of the lake: one a load, each with its history; who publishes, and where."""

import fcntl
from pathlib import Path

import pytest
from lake_shops import PUBLISHED_AT, at, current, line, on, publish, stage

from lake.difference import TableChange
from lake.store import Lake
from lake.version import LOADS_SCHEMA
from schema.errors import Busy, EmptyWindow, NotFound, Unavailable


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_an_empty_lake_has_no_version_and_says_how_to_get_one(lake):
    assert lake.latest() is None
    assert lake.history().schema == LOADS_SCHEMA
    with pytest.raises(NotFound, match="shelfgraph load"):
        lake.read("products", version=1)


def test_loading_twice_equals_once(lake, tmp_path):
    tables = stage(tmp_path, {"products": [{"sku": "a"}], "purchases": [line("1", 1, "a", 0)]})
    first = lake.publish(tables, published_at=PUBLISHED_AT)
    again = lake.publish(tables, published_at=PUBLISHED_AT)
    assert (first.version, first.is_new) == (1, True)
    assert (again.version, again.is_new) == (1, False)
    assert again.changes["purchases"] == TableChange(unchanged=1, total=1)
    assert lake.history().num_rows == 1


def test_going_back_to_earlier_content_is_a_load_of_its_own(lake, tmp_path):
    first = stage(tmp_path, {"products": [{"sku": "a"}]})
    publish(lake, first)
    publish(lake, stage(tmp_path, {"products": [{"sku": "b"}]}))
    published = lake.publish(first, published_at=PUBLISHED_AT)
    assert published.is_new
    assert set(current(lake.read("products", version=3), "sku")) == {"a"}
    assert lake.at(3).load_ids.to_pylist()[-1] == first.load_id


def test_history_tells_what_each_load_did(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}]}, load_id="one"))
    publish(lake, stage(tmp_path, {"products": [{"sku": "b"}]}, load_id="two"))
    rows = lake.history().to_pylist()
    assert [(row["lake_version"], row["load_id"], row["source"]) for row in rows] == [
        (1, "one", "retail-tables"),
        (2, "two", "retail-tables"),
    ]
    assert rows[0]["published_at"] == PUBLISHED_AT


def test_the_newest_day_is_the_newest_events_in_the_shops_timezone(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}]}))
    with pytest.raises(EmptyWindow):
        lake.newest_day(1)
    sale = {"sku": "a", "store_id": "s", "week_starts_on": on(0), "units": 1.0}
    publish(lake, stage(tmp_path, {"weekly_sales": [sale]}))
    assert lake.newest_day(2) == on(7)
    late = line("1", 1, "a", 9, bought_at=at(9, hour=23))
    publish(lake, stage(tmp_path, {"purchases": [late]}, timezone="Europe/Berlin"))
    assert (lake.newest_day(3), lake.default_as_of(3)) == (on(10), on(11))


def test_a_second_publisher_is_told_to_wait(lake, tmp_path):
    tables = stage(tmp_path, {"products": [{"sku": "a"}]})
    (tmp_path / "lake").mkdir()
    with (tmp_path / "lake" / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="run this again"):
            lake.publish(tables, published_at=PUBLISHED_AT)
    assert lake.publish(tables, published_at=PUBLISHED_AT).version == 1


def test_without_a_lock_the_commit_decides_and_the_loser_publishes_again(lake, tmp_path, monkeypatch):
    """On an object store nobody holds a lock: whoever appends to `loads` second is told so, and loses nothing."""
    from contextlib import nullcontext

    monkeypatch.setattr(Lake, "_locked", lambda _: nullcontext())
    publish(lake, stage(tmp_path, {"purchases": [line("0", 1, "a", 0)]}))
    mine = stage(tmp_path, {"purchases": [line("1", 1, "a", 0)]})
    other = stage(tmp_path, {"purchases": [line("2", 1, "a", 0)]})

    def meanwhile(stage_name: str, done: int, total: int | None = None) -> None:
        if stage_name == "publishing purchases" and done == 0 and Lake(str(tmp_path / "lake")).latest() == 1:
            Lake(str(tmp_path / "lake")).publish(other, published_at=PUBLISHED_AT)

    with pytest.raises(Busy):
        lake.publish(mine, published_at=PUBLISHED_AT, progress=meanwhile)
    assert lake.latest() == 2
    publish(lake, mine)
    assert set(current(lake.read("purchases", version=3), "basket_id")) == {"0", "1", "2"}
    assert set(current(lake.read("purchases", version=2), "basket_id")) == {"0", "2"}


def test_an_unreadable_lake_is_a_diagnosis(tmp_path):
    (tmp_path / "lake").write_text("a file, not a folder")
    with pytest.raises(Unavailable):
        Lake(str(tmp_path / "lake")).publish(stage(tmp_path, {"products": []}), published_at=PUBLISHED_AT)


def test_a_file_address_is_a_root_too(tmp_path):
    lake = Lake((tmp_path / "a lake").as_uri().replace("%20", "_"))
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}]}))
    assert lake.read("products", version=1).num_rows == 1


def test_a_version_knows_how_many_rows_its_load_brought(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}, {"sku": "b"}]}, load_id="one"))
    publish(lake, stage(tmp_path, {"products": [{"sku": "a", "name": "A"}]}, load_id="two"))
    assert [lake.at(version).load_counts for version in (1, 2)] == [{"products": 2}, {"products": 1}]


def test_a_lake_of_an_older_program_is_read_and_goes_on(tmp_path, monkeypatch):
    lake = Lake(str(tmp_path / "lake"))
    old = LOADS_SCHEMA.remove(LOADS_SCHEMA.get_field_index("carried"))
    with monkeypatch.context() as before:
        before.setattr("lake.store.LOADS_SCHEMA", old)
        lake.publish(stage(tmp_path, {"products": [{"sku": "a"}]}), published_at=PUBLISHED_AT)
    assert lake.at(1).carried is None
    later = stage(tmp_path, {"products": [{"sku": "b"}]})
    lake.publish(later, published_at=PUBLISHED_AT, carried={"changes": 7, "events": 2})
    assert [lake.at(version).carried for version in (1, 2)] == [None, {"changes": 7, "events": 2}]
    assert lake.history().schema == LOADS_SCHEMA
