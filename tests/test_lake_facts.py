"""Facts and baskets as decisions, ranking and evaluation read them."""

import numpy as np
import pytest
from lake_shops import PUBLISHED_AT, at, line, on, stage

from lake import baskets
from lake.baskets import read_baskets
from lake.facts import read_facts
from lake.store import Lake
from schema.errors import NotFound
from schema.facts import NO_DAY, ShopFacts

SHOP = {
    "products": [
        {"sku": "b", "name": "Bread", "list_price": 2.0, "size": 500.0, "size_unit": "g", "delisted_on": on(9)},
        {"sku": "a", "list_price": 1.0, "minimum_age": 18, "launched_on": on(20), "category_id": "c"},
        {"sku": "c"},
    ],
    "stores": [{"store_id": "south"}, {"store_id": "north"}],
    "assortments": [
        {"store_id": "south", "sku": "a"},
        {"store_id": "south", "sku": "b", "valid_from": on(7)},
        {"store_id": "south", "sku": "c", "valid_to": on(5)},
    ],
    "prices": [
        {"sku": "a", "price": 3.0, "valid_from": on(1)},
        {"sku": "a", "price": 4.0, "valid_from": on(3), "valid_to": on(6)},
        {"sku": "a", "price": 5.0, "valid_from": on(6)},
        {"sku": "a", "price": 9.0, "valid_from": on(2), "store_id": "north"},
    ],
    "stocks": [
        {"store_id": "north", "sku": "b", "counted_at": at(2), "on_hand_units": 7.0},
        {"store_id": "north", "sku": "b", "counted_at": at(4), "on_hand_units": 0.0},
        {"store_id": "north", "sku": "b", "counted_at": at(5), "on_hand_units": 8.0},
    ],
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> ShopFacts:
    folder = tmp_path_factory.mktemp("facts")
    lake = Lake(str(folder / "lake"))
    lake.publish(stage(folder, SHOP, currency="GBP"), published_at=PUBLISHED_AT)
    return read_facts(lake, version=1, as_of=on(5))


def test_products_stand_in_order_with_what_is_known_of_them(facts):
    assert (facts.skus, facts.names, facts.store_ids) == (("a", "b", "c"), ("a", "Bread", "c"), ("north", "south"))
    assert (facts.category_ids, facts.size_units, facts.currency) == (("c", "", ""), ("", "g", ""), "GBP")
    assert facts.minimum_ages.tolist() == [18, 0, 0]
    np.testing.assert_array_equal(facts.sizes, np.array([np.nan, 500, np.nan], np.float32))


def test_coming_days_are_known_to_decisions(facts):
    first = (on(0) - on(0).replace(year=1970)).days
    assert facts.launched_on.tolist() == [first + 20, -NO_DAY, -NO_DAY]
    assert facts.delisted_on.tolist() == [NO_DAY, first + 9, NO_DAY]


def test_the_price_window_open_now_that_started_last_wins(facts):
    np.testing.assert_array_equal(facts.prices, np.array([4, 2, np.nan], np.float32))
    assert facts.store_prices is not None
    np.testing.assert_array_equal(facts.store_prices, np.array([[9, np.nan, np.nan], [np.nan] * 3], np.float32))


def test_a_store_ranges_its_open_windows_or_everything(facts):
    assert facts.is_ranged.tolist() == [[True, True, True], [True, False, False]]


def test_the_newest_count_before_the_cut_off_stands(facts):
    np.testing.assert_array_equal(facts.on_hand, np.array([[np.nan, 0, np.nan], [np.nan] * 3], np.float32))


def test_facts_of_a_shop_with_products_alone(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, {"products": [{"sku": "a"}]}), published_at=PUBLISHED_AT)
    facts = read_facts(lake, version=1, as_of=on(0))
    assert (facts.is_ranged.shape, facts.store_prices) == ((0, 1), None)
    with pytest.raises(NotFound, match="There are 1 to 1"):
        read_facts(lake, version=2, as_of=on(0))


def test_baskets_of_many_chunks_are_those_that_pandas_finds(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    purchases = [
        line(f"{basket:02}", place, f"p{rng.integers(6)}", 1, customer_id=rng.choice([None, "k", "l"]), bought_at=when)
        for basket in rng.permutation(40).tolist()
        for place, when in enumerate([at(1 + basket % 3, 9 + place) for place in range(4)])
    ]
    tables = stage(tmp_path, {"purchases": purchases})
    raw = tables.read("purchases", ["basket_id", "sku", "customer_id", "bought_at", "line_id"]).to_pandas()
    raw = raw.rename(columns={"line_id": "line"}).sort_values("customer_id")  # the first that is known counts
    wanted = raw.groupby(["basket_id", "sku"], as_index=False).agg(
        {"customer_id": "first", "bought_at": "min", "line": "min"}
    )
    wanted = wanted.sort_values(["bought_at", "basket_id", "sku"])
    monkeypatch.setattr(baskets, "_ROWS_AT_ONCE", 17)
    found = read_baskets(tables)
    assert found.column("sku").num_chunks > 2
    assert found.to_pylist() == [
        {**row, "customer_id": row["customer_id"] or None, "bought_at": row["bought_at"].to_pydatetime()}
        for row in wanted.to_dict("records")
    ]


def test_baskets_hold_each_product_once_within_the_window(tmp_path):
    purchases = [
        line("1", 1, "a", 1, customer_id="k"),
        line("1", 2, "a", 1, customer_id="k", bought_at=at(1, 9)),
        line("1", 3, "b", 1, customer_id="k"),
        line("2", 1, "a", 2),
        line("3", 1, "a", 4),
    ]
    tables = stage(tmp_path, {"purchases": purchases})
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(tables, published_at=PUBLISHED_AT)
    every = read_baskets(tables)
    assert every.select(["basket_id", "sku", "customer_id"]).to_pylist() == [
        {"basket_id": "1", "sku": "a", "customer_id": "k"},
        {"basket_id": "1", "sku": "b", "customer_id": "k"},
        {"basket_id": "2", "sku": "a", "customer_id": None},
        {"basket_id": "3", "sku": "a", "customer_id": None},
    ]
    assert every["bought_at"][0].as_py() == at(1, 9)
    assert every["line"].to_pylist() == [1, 3, 1, 1]
    assert read_baskets(lake.at(1)).equals(every)
    assert read_baskets(tables, from_=on(2), before=on(4))["basket_id"].to_pylist() == ["2"]
    assert read_baskets(stage(tmp_path, {"products": []})).num_rows == 0
