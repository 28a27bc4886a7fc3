"""What a load does to the rows of a table: modes, corrections, closing and reopening, by key."""

from pathlib import Path

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT, at, current, line, on, publish, stage

from lake.difference import TableChange
from lake.store import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_a_full_table_closes_what_is_absent_and_reopens_what_returns(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}, {"sku": "b"}]}, load_id="one"))
    closing = publish(lake, stage(tmp_path, {"products": [{"sku": "a", "name": "A"}]}, load_id="two"))
    reopening = publish(lake, stage(tmp_path, {"products": [{"sku": "a", "name": "A"}, {"sku": "b"}]}, load_id="three"))
    assert closing["products"] == TableChange(corrected=1, closed=1, total=1)
    assert reopening["products"] == TableChange(added=1, unchanged=1, total=2)
    assert set(current(lake.read("products", version=2), "sku")) == {"a"}
    rows = current(lake.read("products", version=3), "sku")
    assert {sku: row["load_id"] for sku, row in rows.items()} == {"a": "two", "b": "three"}


def test_closed_rows_are_kept_and_name_the_load_that_closed_them(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}, {"sku": "b"}]}, load_id="one"))
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}]}, load_id="two"))
    publish(lake, stage(tmp_path, {"products": [{"sku": "a", "name": "A"}]}, load_id="three"))
    rows = current(DeltaTable(str(tmp_path / "lake" / "products")).to_pyarrow_table(), "sku")
    assert (rows["b"]["load_id"], rows["b"]["closed_by"]) == ("one", "two")
    assert rows["a"]["closed_by"] is None


def test_a_window_with_an_empty_start_is_one_key(lake, tmp_path):
    offer = {"supplier_id": "s", "sku": "a", "unit_cost": 1.0}
    publish(lake, stage(tmp_path, {"supplies": [offer]}))
    change = publish(lake, stage(tmp_path, {"supplies": [{**offer, "unit_cost": 2.0}]}))
    assert change["supplies"] == TableChange(corrected=1, total=1)
    change = publish(lake, stage(tmp_path, {"supplies": [{**offer, "valid_from": on(3)}]}))
    assert change["supplies"] == TableChange(added=1, closed=1, total=1)


def test_an_appended_row_corrects_its_key_and_equal_content_stays(lake, tmp_path):
    publish(lake, stage(tmp_path, {"purchases": [line("1", 1, "a", 0), line("1", 2, "b", 0)]}, load_id="one"))
    rows = [line("1", 1, "a", 0), line("1", 2, "b", 0, units=2.0), line("2", 1, "a", 1)]
    change = publish(lake, stage(tmp_path, {"purchases": rows}, load_id="two"))
    assert change["purchases"] == TableChange(added=1, corrected=1, unchanged=1, total=3)
    held = current(lake.read("purchases", version=2), "basket_id", "line_id")
    assert {key: row["load_id"] for key, row in held.items()} == {("1", 1): "one", ("1", 2): "two", ("2", 1): "two"}
    assert held["1", 2]["units"] == 2.0


def test_pure_additions_rewrite_nothing(lake, tmp_path):
    publish(lake, stage(tmp_path, {"purchases": [line("1", 1, "a", 0)]}))
    before = set(DeltaTable(str(tmp_path / "lake" / "purchases")).file_uris())
    publish(lake, stage(tmp_path, {"purchases": [line("2", 1, "a", 1)]}))
    assert before < set(DeltaTable(str(tmp_path / "lake" / "purchases")).file_uris())


def test_a_table_the_load_does_not_hold_stays(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}], "purchases": [line("1", 1, "a", 0)]}, load_id="one"))
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}, {"sku": "b"}]}, load_id="two"))
    assert lake.read("purchases", version=2).num_rows == 1
    assert lake.at(2).last_load("purchases") == "one"
    assert lake.at(2).last_load("products") == "two"


def test_a_filled_delivery_replaces_the_open_row_of_its_order_line(lake, tmp_path):
    order = {"order_id": "o", "supplier_id": "s", "sku": "a", "ordered_on": on(0)}
    other = {**order, "sku": "b"}
    publish(lake, stage(tmp_path, {"deliveries": [order, other]}))
    change = publish(lake, stage(tmp_path, {"deliveries": [{**order, "delivered_on": on(2)}]}))
    assert change["deliveries"] == TableChange(corrected=1, total=2)
    assert set(current(lake.read("deliveries", version=2), "sku", "delivered_on")) == {("a", on(2)), ("b", None)}
    parts = [{**other, "delivered_on": on(3)}, {**other, "delivered_on": on(4)}]
    change = publish(lake, stage(tmp_path, {"deliveries": parts}))
    assert change["deliveries"] == TableChange(added=1, corrected=1, total=3)


def test_a_mode_can_be_declared(lake, tmp_path):
    publish(lake, stage(tmp_path, {"products": [{"sku": "a"}]}))
    change = publish(lake, stage(tmp_path, {"products": [{"sku": "b"}]}, modes={"products": "append"}))
    assert change["products"] == TableChange(added=1, total=2)
    assert lake.info(2).mode("products") == "append"


def test_verdicts_are_left_to_the_journal(lake, tmp_path):
    verdict = {"verdict_id": "v", "sku": "a", "other_sku": "b", "relation": "substitutes", "verdict": "confirmed"}
    published = publish(lake, stage(tmp_path, {"products": [{"sku": "a"}], "verdicts": [verdict]}))
    assert set(published) == {"products"}


def test_every_table_reads_with_its_canonical_types(lake, tmp_path):
    tables = stage(tmp_path, {"stocks": [{"store_id": "s", "sku": "a", "counted_at": at(1), "on_hand_units": 1.0}]})
    publish(lake, tables)
    rows = lake.read("stocks", version=1)
    assert rows.drop_columns("load_id").equals(tables.read("stocks"))
    assert lake.dataset("stocks", version=1).count_rows() == 1
    assert lake.read("events", version=1).num_rows == 0


loads = st.lists(
    st.tuples(st.sampled_from(["full", "append"]), st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1))),
    min_size=1,
    max_size=4,
)


def _expected(before: dict[str, int], mode: str, rows: dict[str, int]) -> dict[str, int]:
    return dict(rows) if mode == "full" else {**before, **rows}


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(loads)
def test_versions_hold_what_a_dictionary_would_and_never_change(tmp_path_factory, history):
    """Law 2, and every mode at once: an independent oracle of plain dictionaries."""
    folder = tmp_path_factory.mktemp("lake")
    lake = Lake(str(folder / "lake"))
    states: list[dict[str, int]] = [{}]
    for number, (mode, rows) in enumerate(history):
        products = [{"sku": sku, "list_price": float(price)} for sku, price in rows.items()]
        tables = stage(folder, {"products": products}, load_id=f"load-{number}", modes={"products": mode})
        change = lake.publish(tables, published_at=PUBLISHED_AT).changes["products"]
        before, after = states[-1], _expected(states[-1], mode, rows)
        assert change.total == len(after)
        assert change.added == len(after.keys() - before.keys())
        assert change.closed == len(before.keys() - after.keys())
        assert change.corrected == sum(before[sku] != after[sku] for sku in before.keys() & after.keys())
        states.append(after)
    for version, state in enumerate(states[1:], start=1):
        held = lake.read("products", version=version, columns=["sku", "list_price"]).to_pylist()
        assert {row["sku"]: row["list_price"] for row in held} == state
        assert len(held) == len(state)
