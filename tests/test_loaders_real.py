"""Online Retail and Breakfast at the Frat on their real rows: every count beside one of the csv module alone."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from real_rows import Raw, assert_tallies_hold, load, raw

from loaders.online_retail import non_products
from loaders.staging import LoadOptions
from schema.tables import RetailTables

pytestmark = [pytest.mark.real, pytest.mark.slow]
NON_PRODUCTS = frozenset(non_products())


@pytest.fixture(scope="session")
def online_raw(shared_data: Path) -> Raw:
    return [row for path in sorted((shared_data / "onlineretail").glob("*.csv.gz")) for row in raw(path)]


@pytest.fixture(scope="session")
def online(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RetailTables:
    return load("online-retail", shared_data / "onlineretail", tmp_path_factory)


@pytest.fixture(scope="session")
def frat_raw(shared_data: Path) -> dict[str, Raw]:
    folder = shared_data / "frat"
    return {path.name.split("_")[0].split(".")[0]: raw(path) for path in folder.glob("*.csv.gz")}


@pytest.fixture(scope="session")
def frat(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RetailTables:
    return load("breakfast-at-the-frat", shared_data / "frat", tmp_path_factory)


def is_product(row: dict[str, str]) -> bool:
    return row["StockCode"].upper() not in NON_PRODUCTS


def test_online_lines_are_kept_or_accounted_for(online, online_raw):
    back = [row for row in online_raw if row["InvoiceNo"].startswith("C")]
    out = [row for row in online_raw if not row["InvoiceNo"].startswith("C")]
    bought = [row for row in out if is_product(row) and float(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0]
    returned = [row for row in back if is_product(row)]
    purchases, returns = online.tallies["purchases"], online.tallies["returns"]
    assert (purchases.read, purchases.kept, purchases.duplicates) == (len(out), len(bought), 0)
    assert (returns.read, returns.kept, returns.duplicates) == (len(back), len(returned), 0)
    staged = online.read("purchases", ["basket_id", "sku", "units", "unit_price"]).to_pylist()
    assert [row["sku"] for row in staged] == [row["StockCode"].upper() for row in bought]
    assert sum(row["units"] for row in staged) == sum(float(row["Quantity"]) for row in bought)
    assert_tallies_hold(online)


def test_online_products_customers_and_store(online, online_raw):
    lines = [
        row
        for row in online_raw
        if is_product(row)
        and (row["InvoiceNo"][0] == "C" or (float(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0))
    ]
    assert set(online.read("products")["sku"].to_pylist()) == {row["StockCode"].upper() for row in lines}
    people = {row["CustomerID"].removesuffix(".0") for row in lines if row["CustomerID"]}
    assert set(online.read("customers")["customer_id"].to_pylist()) == people
    assert online.read("stores")["store_id"].to_pylist() == ["online"]


def test_online_names_are_the_most_frequent_description_before_the_cut_off(shared_data, online_raw, tmp_path_factory):
    tables = load("online-retail", shared_data / "onlineretail", tmp_path_factory, LoadOptions(as_of=date(2011, 8, 1)))
    names = {row["sku"]: row["name"] for row in tables.read("products").to_pylist()}
    counts: dict[str, Counter[str]] = {}
    for row in online_raw:
        is_sold = float(row["UnitPrice"]) > 0 and (row["InvoiceNo"][0] == "C" or float(row["Quantity"]) > 0)
        if is_sold and row["InvoiceDate"] < "2011-08-01" and row["Description"].strip():
            counts.setdefault(row["StockCode"].upper(), Counter())[row["Description"].strip()] += 1
    told = {sku: words for sku, words in counts.items() if sku in names}
    assert len(told) > 3_000
    assert all(words[names[sku]] == max(words.values()) for sku, words in told.items())


def test_online_times_are_london_wall_times(online, online_raw):
    summer = next(row for row in online_raw if row["InvoiceDate"].startswith("2011-07-") and row["InvoiceNo"][0] == "5")
    wall = datetime.fromisoformat(summer["InvoiceDate"]).replace(tzinfo=ZoneInfo("Europe/London"))
    rows = online.read("purchases", ["basket_id", "bought_at"]).to_pylist()
    assert next(row["bought_at"] for row in rows if row["basket_id"] == summer["InvoiceNo"]) == wall
    assert wall.utcoffset() == timedelta(hours=1)


def test_online_loses_less_than_the_limit_to_faults(online):
    assert online.tallies["purchases"].rejected / online.tallies["purchases"].read < 0.02


def test_frat_counts(frat, frat_raw):
    counts = {name: tally.kept for name, tally in frat.tallies.items()}
    products = frat_raw["product"]
    categories = {row["category"] for row in products} | {(row["category"], row["sub_category"]) for row in products}
    assert counts == {
        "products": len(products),
        "stores": len(frat_raw["store"]),
        "weekly_sales": len(frat_raw["transactions"]),
        "suppliers": len({row["manufacturer"] for row in products}),
        "categories": len(categories),
    }
    assert_tallies_hold(frat)


def test_frat_weeks_start_on_thursday_and_cuts_are_found_by_price(frat, frat_raw):
    staged = frat.read("weekly_sales").to_pylist()
    assert {row["week_starts_on"].weekday() for row in staged[::1000]} == {3} == {frat.info.first_weekday}
    cuts = 0
    for row in frat_raw["transactions"]:
        is_below = bool(row["price"] and row["base_price"]) and float(row["price"]) < float(row["base_price"])
        cuts += is_below or row["tpr_only"] == "1"
    assert sum(row["price_cut_share"] for row in staged) == cuts
    assert cuts > 1.5 * sum(row["tpr_only"] == "1" for row in frat_raw["transactions"])
    assert sum(row["units"] for row in staged) == sum(float(row["units"]) for row in frat_raw["transactions"])
