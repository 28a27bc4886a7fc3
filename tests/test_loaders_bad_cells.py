"""Each kind of bad cell and row: told by file, line, column, value and rule, and counted against the limit."""

import copy
import csv

import pytest
from loader_faults import FILES, STRICT, quick_of_retail, refused, with_rows
from loader_shops import RETAIL, SHOPS, TILL, Rows, write_shop

from loaders.staging import LoadOptions, stage
from schema.errors import TooManyRejects


@pytest.mark.parametrize(("source", "name"), quick_of_retail(FILES))
def test_a_ragged_row_is_told_by_line(source, name, tmp_path):
    def shorten(rows: Rows) -> None:
        rows[2].pop()

    fault = refused(source, with_rows(source, name, tmp_path / "raw", shorten), tmp_path / "into")
    assert isinstance(fault, TooManyRejects)
    assert (fault.file, fault.line) == (f"{name}.csv", 3)


CELLS = [
    ("complete-journey", "products", "product_id", "100", "repeats the key"),
    ("complete-journey", "demographics", "household_id", "1", "repeats the key"),
    ("complete-journey", "campaign_descriptions", "campaign_id", "1", "repeats the key"),
    ("complete-journey", "promotions_sample", "product_id", "nobody", "is not in products"),
    ("complete-journey", "transactions_sample", "product_id", "nobody", "is not in products"),
    ("complete-journey", "coupons", "product_id", "nobody", "is not in products"),
    ("complete-journey", "coupons", "campaign_id", "nobody", "is not in campaign_descriptions"),
    ("complete-journey", "campaigns", "campaign_id", "nobody", "is not in campaign_descriptions"),
    ("complete-journey", "coupon_redemptions", "campaign_id", "nobody", "is not in campaign_descriptions"),
    ("complete-journey", "coupon_redemptions", "coupon_upc", "nobody", "is not in promotions"),
    ("complete-journey", "transactions_sample", "quantity", "0.0", "is not greater than 0"),
    ("complete-journey", "transactions_sample", "sales_value", "3,50", "is not a number"),
    ("complete-journey", "transactions_sample", "transaction_timestamp", "3017-01-01 00:00:00", "lies outside"),
    ("complete-journey", "campaign_descriptions", "start_date", "1917-03-03", "lies outside"),
    ("complete-journey", "coupon_redemptions", "redemption_date", "2017-02-29", "is not a day"),
    ("complete-journey", "promotions_sample", "week", "0", "is less than 1"),
    ("online-retail", "online_retail", "InvoiceDate", "2110-12-01 08:26:00", "lies outside"),
    ("online-retail", "online_retail", "InvoiceDate", "01/12/2010 08:26", "is not an instant"),
    ("online-retail", "online_retail", "Quantity", "six", "is not a number"),
    ("online-retail", "online_retail", "StockCode", "", "is missing"),
    ("breakfast-at-the-frat", "product", "upc_id", "110", "repeats the key"),
    ("breakfast-at-the-frat", "store", "store_id", "380", "repeats the key"),
    ("breakfast-at-the-frat", "transactions_weeks_001_104", "upc_id", "nobody", "is not in products"),
    ("breakfast-at-the-frat", "transactions_weeks_001_104", "store_id", "nobody", "is not in stores"),
    ("breakfast-at-the-frat", "transactions_weeks_001_104", "week_end_date", "1909-01-14", "lies outside"),
    ("breakfast-at-the-frat", "transactions_weeks_001_104", "feature", "1.5", "is greater than 1"),
    ("retail-tables", "products", "sku", "s1", "repeats the key"),
    ("retail-tables", "products", "category_id", "nobody", "is not in categories"),
    ("retail-tables", "products", "supplier_id", "nobody", "is not in suppliers"),
    ("retail-tables", "products", "list_price", "-1", "is less than 0"),
    ("retail-tables", "products", "launched_on", "20230-01-01", "is not a day"),
    ("retail-tables", "categories", "parent_id", "nobody", "is not in categories"),
    ("retail-tables", "categories", "parent_id", "c1", "has itself above"),
    ("retail-tables", "customers", "customer_id", "k0", "repeats the key"),
    ("retail-tables", "promotions", "kind", "gift", "is none of"),
    ("retail-tables", "promotions", "ends_on", "2024-01-01", "is not after starts_on"),
    ("retail-tables", "promotion_products", "promotion_id", "nobody", "is not in promotions"),
    ("retail-tables", "prices", "valid_to", "2023-01-01", "is not after valid_from"),
    ("retail-tables", "purchases", "units", "0", "is not greater than 0"),
    ("retail-tables", "purchases", "bought_at", "1024-02-01T10:00:00", "lies outside"),
    ("retail-tables", "purchases", "customer_id", "nobody", "is not in customers"),
    ("retail-tables", "labels", "other_sku", "nobody", "is not in products"),
    ("retail-tables", "verdicts", "verdict", "maybe", "is none of"),
]


@pytest.mark.parametrize(("source", "name", "column", "value", "rule"), quick_of_retail(CELLS))
def test_a_bad_cell_is_told_by_file_line_column_value_and_rule(source, name, column, value, rule, tmp_path):
    position = SHOPS[source][name][0].index(column)

    def spoil(rows: Rows) -> None:
        rows[3 if len(rows) > 3 else 2][position] = value

    line = 4 if len(SHOPS[source][name]) > 3 else 3
    fault = refused(source, with_rows(source, name, tmp_path / "raw", spoil), tmp_path / "into")
    assert isinstance(fault, TooManyRejects)
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", line, column)
    assert rule in fault.what
    assert value in fault.what
    rejects = [row for path in (tmp_path / "into" / "rejects").iterdir() for row in csv.DictReader(path.open())]
    assert (f"{name}.csv", str(line), column) in [(row["file"], row["line"], row["column"]) for row in rejects]


PERSONAL = ["first_name", "Surname", "e_mail", "email", "street_address", "phone", "post_code"]


def people(*columns: str) -> Rows:
    """The customers with these columns too."""
    return [[*row, *(columns if place == 0 else "x" * len(columns))] for place, row in enumerate(RETAIL["customers"])]


@pytest.mark.parametrize("column", PERSONAL)
def test_customers_with_personal_columns_are_refused(column, tmp_path):
    folder = write_shop({"products": TILL["products"], "customers": people(column)}, tmp_path / "raw")
    fault = refused("retail-tables", folder, tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == ("customers.csv", 1, column)


def test_pseudonymised_customers_keep_their_receipts_and_nothing_personal(tmp_path):
    folder = write_shop({**TILL, "customers": people(*PERSONAL)}, tmp_path / "raw")
    options = LoadOptions(max_rejects=0.0, pseudonymise=True)
    tables = stage("retail-tables", folder, into=tmp_path / "into", options=options)
    assert tables.read("customers")["attributes"].null_count == 8
    ids = set(tables.read("customers")["customer_id"].to_pylist())
    assert set(tables.read("purchases")["customer_id"].to_pylist()) <= ids
    assert not ids & {f"k{n}" for n in range(8)}


def test_an_email_as_customer_id_is_refused(tmp_path):
    def spoil(rows: Rows) -> None:
        rows[1][0] = "jane@example.org"

    fault = refused("retail-tables", with_rows("retail-tables", "customers", tmp_path / "r", spoil), tmp_path / "into")
    assert fault.column == "customer_id"


def test_rejects_below_the_limit_leave_the_rest(tmp_path):
    def spoil(rows: Rows) -> None:
        rows[4][3] = "0"

    folder = with_rows("retail-tables", "purchases", tmp_path / "raw", spoil)
    tables = stage("retail-tables", folder, into=tmp_path / "into", options=LoadOptions())
    assert (tables.tallies["purchases"].kept, tables.tallies["purchases"].rejected) == (29, 1)
    told = list(csv.DictReader((tmp_path / "into" / "rejects" / "purchases.csv").open()))
    expected = {"file": "purchases.csv", "line": "5", "column": "units", "value": "0", "rule": "is not greater than 0"}
    assert told == [expected]


def test_every_breach_of_every_table_is_told_in_one_pass(tmp_path):
    shop = {name: copy.deepcopy(RETAIL[name]) for name in ("products", "purchases", "prices")}
    shop["purchases"][1][3], shop["purchases"][1][4], shop["purchases"][2][1] = "0", "-1", "nobody"
    shop["prices"][1][1] = "dear"
    with pytest.raises(TooManyRejects):
        stage("retail-tables", write_shop(shop, tmp_path / "raw"), into=tmp_path / "into", options=STRICT)
    rejects = tmp_path / "into" / "rejects"
    told = [(row["line"], row["column"], row["value"]) for row in csv.DictReader((rejects / "purchases.csv").open())]
    assert sorted(told) == [("2", "unit_price", "-1"), ("2", "units", "0"), ("3", "sku", "nobody")]
    assert (rejects / "prices.csv").exists()
