"""Each file of each source times each fault: told by file, line, column and remedy, and nothing is left behind."""

import csv
import gzip
import io

import pytest
from loader_faults import FILES, STRICT, quick_of_retail, refused, with_bytes, with_rows
from loader_shops import SHOPS, Rows, as_csv, write_shop

from loaders.staging import stage


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


@pytest.mark.parametrize(("source", "name"), quick_of_retail(FILES, ["purchases"]))
def test_ten_million_characters_in_a_cell_are_told_by_place(source, name, tmp_path):
    def swell(rows: Rows) -> None:
        rows[2][1] = "x" * 10_000_000

    fault = refused(source, with_rows(source, name, tmp_path / "raw", swell), tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", 3, SHOPS[source][name][0][1])


@pytest.mark.parametrize(("source", "name"), quick_of_retail(FILES, ["purchases"]))
def test_two_million_characters_over_many_lines_are_told_by_place(source, name, tmp_path):
    def swell(rows: Rows) -> None:
        rows[2][1] = "xxxxxxxxx\n" * 200_000

    fault = refused(source, with_rows(source, name, tmp_path / "raw", swell), tmp_path / "into")
    assert (fault.file, fault.line, fault.column) == (f"{name}.csv", 3, SHOPS[source][name][0][1])


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


def test_csv_writer_and_parser_of_these_tests_agree():
    rows = [["a", 'b"c', "d\ne"]]
    assert list(csv.reader(io.StringIO(as_csv(rows).decode(), newline=""))) == rows
