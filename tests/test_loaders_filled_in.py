"""What a retail-tables folder may leave out, and what stands in its place: ids, parents, unknown columns."""

import copy
import json

import pytest
from loader_shops import RETAIL, TILL, load, write_shop

from loaders.staging import LoadOptions
from schema.errors import BadInput


def test_products_alone_are_enough(tmp_path):
    tables = load(write_shop({"products": RETAIL["products"]}, tmp_path / "raw"), tmp_path / "into")
    assert set(tables.tallies) == {"products"}
    assert tables.read("purchases").num_rows == 0


def test_unknown_columns_are_kept_as_json_and_told_once(tmp_path):
    shop = {"products": [["sku", "naem", 'od"d'], ["s1", 'say "hi"\\\n', "x"], ["s2", "", ""], ["s3", "y", ""]]}
    tables = load(write_shop(shop, tmp_path / "raw"), tmp_path / "into")
    kept = [value and json.loads(value) for value in tables.read("products")["attributes"].to_pylist()]
    assert kept == [{"naem": 'say "hi"\\', 'od"d': "x"}, None, {"naem": "y"}]
    assert len(tables.notes) == 1
    assert "naem (is it name?)" in tables.notes[0]


def test_missing_line_ids_count_on_from_the_given(tmp_path):
    head = ["basket_id", "line_id", "sku", "bought_at", "units"]
    rows = [["a", "", "s1"], ["b", "7", "s1"], ["a", "", "s2"], ["b", "", "s2"], ["a", "3", "s1"], ["b", "", "s1"]]
    shop = {
        "products": RETAIL["products"][:3],
        "purchases": [head, *([*row, "2024-01-01", "1"] for row in rows)],
    }
    shop["products"] = [[row[0], row[1]] for row in shop["products"]]
    tables = load(write_shop(shop, tmp_path / "raw"), tmp_path / "into")
    assert tables.read("purchases")["line_id"].to_pylist() == [4, 7, 5, 8, 3, 9]


def test_given_line_ids_drop_exact_repeats_and_reject_others(tmp_path):
    head = ["basket_id", "line_id", "sku", "bought_at", "units"]
    rows = [["a", "1", "s1"], ["a", "1", "s1"], ["a", "1", "s2"], ["a", "2", "s1"]]
    shop = {"products": [["sku"], ["s1"], ["s2"]], "purchases": [head, *([*row, "2024-01-01", "1"] for row in rows)]}
    tally = load(write_shop(shop, tmp_path / "raw"), tmp_path / "into").tallies["purchases"]
    assert (tally.kept, tally.duplicates, tally.rejected) == (2, 1, 1)


def test_redemptions_without_ids_get_stable_ones_and_keep_equal_uses(tmp_path):
    head = ["promotion_id", "redeemed_at"]
    shop = {
        "products": TILL["products"],
        "promotions": RETAIL["promotions"],
        "redemptions": [head, *(["o1", "2024-02-02"] for _ in range(3)), ["o2", "2024-02-02"]],
    }
    ids = load(write_shop(shop, tmp_path / "raw"), tmp_path / "a").read("redemptions")["redemption_id"].to_pylist()
    assert len(set(ids)) == 4
    assert [name.split("-")[1] for name in ids] == ["1", "2", "3", "1"]
    shop["redemptions"][1:] = shop["redemptions"][:0:-1]
    again = load(write_shop(shop, tmp_path / "raw"), tmp_path / "b").read("redemptions")["redemption_id"].to_pylist()
    assert sorted(ids) == sorted(again)


def test_create_missing_admits_bare_ids(tmp_path):
    shop = copy.deepcopy({**TILL, "labels": RETAIL["labels"]})
    shop["purchases"][1][1] = "new"
    shop["labels"][1][1] = "newer"
    options = LoadOptions(max_rejects=0.0, create_missing=frozenset({"products"}))
    tables = load(write_shop(shop, tmp_path / "raw"), tmp_path / "into", options)
    skus = tables.read("products")["sku"].to_pylist()
    assert sorted(skus[10:]) == ["new", "newer"]
    tally = tables.tallies["products"]
    assert tally.read == tally.kept + tally.duplicates + tally.rejected == 12
    assert any("products" in note for note in tables.notes)


def test_receipts_and_products_alone_can_make_customers_and_stores(tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    told = load(folder, tmp_path / "a").notes
    assert [note.split(":")[0] for note in told] == ["customers", "stores"]
    tables = load(folder, tmp_path / "b", LoadOptions(create_missing=frozenset({"customers", "stores"})))
    assert sorted(tables.read("customers")["customer_id"].to_pylist()) == [f"k{n}" for n in range(8)]
    assert tables.read("stores")["store_id"].to_pylist() == ["p"]


def test_create_missing_refuses_what_an_id_cannot_make(tmp_path):
    with pytest.raises(BadInput):
        load(write_shop(RETAIL, tmp_path / "raw"), tmp_path / "into", LoadOptions(create_missing=frozenset({"prices"})))
