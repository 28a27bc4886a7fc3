"""Each file of each source times each fault: told by file, line, column and remedy, and nothing is left behind."""

import copy
import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from loader_shops import RETAIL, SHOPS, Rows, as_csv, write_shop

from loaders.staging import LoadOptions, stage
from schema.errors import BadInput, TooManyRejects

# All tables of a retail-tables folder are read by one path, so a few stand for them; adapters name each file of theirs.
OF_RETAIL = {"products", "categories", "purchases", "verdicts"}
FILES = [(source, name) for source, shop in SHOPS.items() for name in shop if shop is not RETAIL or name in OF_RETAIL]
STRICT = LoadOptions(max_rejects=0.0)


def quick_of_retail(cases):
    """The same, the adapters' marked slow: each takes reading a whole shop, or ten million characters."""
    return [pytest.param(*case, marks=() if case[0] == "retail-tables" else pytest.mark.slow) for case in cases]


def refused(source: str, folder: Path, into: Path) -> BadInput:
    with pytest.raises(BadInput) as told:
        stage(source, folder, into=into, options=STRICT)
    assert told.value.exit_code != 0
    assert told.value.remedy
    assert {path.name for path in into.iterdir()} <= {"rejects"} if into.exists() else True
    return told.value


def with_bytes(source: str, name: str, folder: Path, change: Callable[[bytes], bytes], suffix: str = ".csv") -> Path:
    write_shop(SHOPS[source], folder)
    plain = folder / f"{name}.csv"
    content = change(plain.read_bytes())
    plain.unlink()
    (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def with_rows(source: str, name: str, folder: Path, change: Callable[[Rows], None]) -> Path:
    shop = copy.deepcopy(SHOPS[source])
    change(shop[name])
    return write_shop(shop, folder)


def is_compulsory(source: str, name: str) -> bool:
    return source != "retail-tables" or name == "products"


@pytest.mark.parametrize(("source", "name"), [pair for pair in FILES if is_compulsory(*pair)])
def test_a_missing_file_is_named(source, name, tmp_path):
    (write_shop(SHOPS[source], tmp_path / "raw") / f"{name}.csv").unlink()
    fault = refused(source, tmp_path / "raw", tmp_path / "into")
    assert name.split("_")[0] in fault.file.lower()
    assert "missing" in fault.what


@pytest.mark.parametrize(("source", "name"), FILES)
def test_an_empty_file_is_named(source, name, tmp_path):
    fault = refused(source, with_bytes(source, name, tmp_path / "raw", lambda _: b""), tmp_path / "into")
    assert fault.file == f"{name}.csv"


@pytest.mark.parametrize(("source", "name"), [pair for pair in FILES if is_compulsory(*pair)])
def test_a_file_with_a_header_alone_is_named(source, name, tmp_path):
    folder = with_bytes(source, name, tmp_path / "raw", lambda content: content.split(b"\n")[0] + b"\n")
    fault = refused(source, folder, tmp_path / "into")
    assert "no rows" in fault.what
    assert name in fault.file or name in fault.what


@pytest.mark.parametrize(("source", "name"), FILES)
def test_a_truncated_gzip_file_is_named(source, name, tmp_path):
    folder = with_bytes(source, name, tmp_path / "raw", lambda content: gzip.compress(content)[:-9], ".csv.gz")
    fault = refused(source, folder, tmp_path / "into")
    assert fault.file == f"{name}.csv.gz"
    assert "gzip" in fault.what


@pytest.mark.parametrize(("source", "name"), FILES)
@pytest.mark.parametrize(("byte", "word"), [(b"\xe9", "UTF-8"), (b"\0", "NUL")])
def test_a_foreign_byte_is_told_by_line_and_column(byte, word, source, name, tmp_path):
    def spoil(content: bytes) -> bytes:
        lines = content.split(b"\n")
        cells = lines[2].split(b",")
        cells[1] = b"x" + byte + b"x"
        lines[2] = b",".join(cells)
        return b"\n".join(lines)

    fault = refused(source, with_bytes(source, name, tmp_path / "raw", spoil), tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", 3, SHOPS[source][name][0][1])
    assert word in fault.what


@pytest.mark.parametrize(("source", "name"), FILES)
def test_a_renamed_column_is_named_with_the_nearest(source, name, tmp_path):
    column = SHOPS[source][name][0][0]

    def rename(rows: Rows) -> None:
        rows[0][0] = f"{column}x"

    fault = refused(source, with_rows(source, name, tmp_path / "raw", rename), tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", 1, column)
    assert f"{column}x" in fault.remedy


@pytest.mark.parametrize(("source", "name"), quick_of_retail(FILES))
def test_ten_million_characters_in_a_cell_are_told_by_place(source, name, tmp_path):
    def swell(rows: Rows) -> None:
        rows[2][1] = "x" * 10_000_000

    fault = refused(source, with_rows(source, name, tmp_path / "raw", swell), tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", 3, SHOPS[source][name][0][1])


@pytest.mark.parametrize(("source", "name"), quick_of_retail(FILES))
def test_two_million_characters_over_many_lines_are_told_by_place(source, name, tmp_path):
    def swell(rows: Rows) -> None:
        rows[2][1] = "xxxxxxxxx\n" * 200_000

    fault = refused(source, with_rows(source, name, tmp_path / "raw", swell), tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", 3, SHOPS[source][name][0][1])


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


@pytest.mark.parametrize("source", SHOPS)
def test_the_shops_themselves_are_loaded(source, tmp_path):
    tables = stage(source, write_shop(SHOPS[source], tmp_path / "raw"), into=tmp_path / "into", options=STRICT)
    assert all(tally.kept > 0 for tally in tables.tallies.values())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert "nowhere" in refused("retail-tables", tmp_path / "nowhere", tmp_path / "into").file


def test_semicolons_are_told(tmp_path):
    folder = with_bytes("retail-tables", "products", tmp_path / "raw", lambda content: content.replace(b",", b";"))
    assert "comma" in refused("retail-tables", folder, tmp_path / "into").remedy


def test_a_quote_never_closed_is_told(tmp_path):
    def open_quote(content: bytes) -> bytes:
        return content.replace(b"Thing 3", b'"Thing 3')

    fault = refused(
        "retail-tables", with_bytes("retail-tables", "products", tmp_path / "raw", open_quote), tmp_path / "i"
    )
    assert fault.file == "products.csv"
    assert fault.line is not None
    assert fault.line >= 4


def test_a_column_named_twice_is_told(tmp_path):
    folder = with_bytes("retail-tables", "stores", tmp_path / "raw", lambda c: c.replace(b"name", b"store_id", 1))
    fault = refused("retail-tables", folder, tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == ("stores.csv", 1, "store_id")


def test_damaged_parquet_is_named(tmp_path):
    folder = write_shop(SHOPS["retail-tables"], tmp_path / "raw")
    (folder / "stores.csv").rename(folder / "stores.parquet")
    assert refused("retail-tables", folder, tmp_path / "into").file == "stores.parquet"


def test_two_files_for_one_table_are_told(tmp_path):
    folder = write_shop(SHOPS["retail-tables"], tmp_path / "raw")
    (folder / "stores.csv.gz").write_bytes(gzip.compress((folder / "stores.csv").read_bytes()))
    assert refused("retail-tables", folder, tmp_path / "into").file == "stores.csv.gz"


@pytest.mark.parametrize("column", ["first_name", "Surname", "e_mail", "email", "street_address", "phone", "post_code"])
def test_customers_with_personal_columns_are_refused_unless_pseudonymised(column, tmp_path):
    def add(rows: Rows) -> None:
        for place, row in enumerate(rows):
            row.append(column if place == 0 else "x")

    folder = with_rows("retail-tables", "customers", tmp_path / "raw", add)
    fault = refused("retail-tables", folder, tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == ("customers.csv", 1, column)
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
    shop = copy.deepcopy(SHOPS["retail-tables"])
    shop["purchases"][1][3], shop["purchases"][1][4], shop["purchases"][2][1] = "0", "-1", "nobody"
    shop["prices"][1][1] = "dear"
    with pytest.raises(TooManyRejects):
        stage("retail-tables", write_shop(shop, tmp_path / "raw"), into=tmp_path / "into", options=STRICT)
    rejects = tmp_path / "into" / "rejects"
    told = [(row["line"], row["column"], row["value"]) for row in csv.DictReader((rejects / "purchases.csv").open())]
    assert sorted(told) == [("2", "unit_price", "-1"), ("2", "units", "0"), ("3", "sku", "nobody")]
    assert (rejects / "prices.csv").exists()


def test_csv_writer_and_parser_of_these_tests_agree():
    rows = [["a", 'b"c', "d\ne"]]
    assert list(csv.reader(io.StringIO(as_csv(rows).decode(), newline=""))) == rows
