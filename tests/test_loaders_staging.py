"""Laws of staging: the tally, formats, content ids, and folders that are torn or loaded again."""

import copy
import csv
import gzip
import io

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loader_shops import ALL, RETAIL, SHOPS, TILL, Rows, as_csv, load, write_shop

from loaders.sources import SOURCES, source_hash
from loaders.staging import LoadOptions, stage
from schema.errors import BadInput, NotFound
from schema.table_specs import SPECS
from schema.tables import RetailTables

QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
skus = st.sampled_from(["s1", "s2", " s3 ", "S1", "s9", "", "é", 'q"t', "a,b"])
numbers = st.sampled_from(["1", "2.5", "-1", "0", "", "x", "1e3", "nan", "1e400", " 7 ", "1,5", "٣"])
instants = st.sampled_from(
    [
        "2024-01-01",
        "2024-02-30",
        "2024-01-01T10:00",
        "2024-03-31 02:30:00",
        "2024-01-01T10:00:00Z",
        "2024-01-01 10:00:00.123456",
        "2024-01-01T10:00:00+02:00",
        "10:00",
        "",
        "1024-01-01",
        "2024-10-27 02:30:00",
    ]
)
lines = st.lists(st.tuples(st.sampled_from(["b1", "b2", "b3"]), skus, instants, numbers, numbers), max_size=30)
products = st.lists(st.tuples(skus, st.sampled_from(["", "tea", "a\nb", '"']), numbers), max_size=12)


def shop_of(product_rows: list[tuple[str, ...]], line_rows: list[tuple[str, ...]]) -> dict[str, Rows]:
    head = ["basket_id", "sku", "bought_at", "units", "odd column"]
    return {
        "products": [["sku", "name", "list_price"], ["s1", "One", "1"], *map(list, product_rows)],
        "purchases": [head, *map(list, line_rows)],
    }


def contents(tables: RetailTables) -> dict[str, list[dict[str, object]]]:
    return {name: tables.read(name).to_pylist() for name in tables.tallies}


@pytest.mark.slow
@QUICK
@given(products, lines)
def test_every_row_is_kept_a_duplicate_or_rejected(tmp_path_factory, product_rows, line_rows):
    tmp = tmp_path_factory.mktemp("law")
    tables = load(write_shop(shop_of(product_rows, line_rows), tmp / "raw"), tmp / "into")
    assert tables.tallies["purchases"].read == len(line_rows)
    assert tables.tallies["products"].read == 1 + sum(any(cell for cell in row) for row in product_rows)
    for name, tally in tables.tallies.items():
        assert tally.read == tally.kept + tally.duplicates + tally.rejected
        assert tables.read(name).num_rows == tally.kept
        assert tables.read(name).schema == SPECS[name].arrow_schema
        keys = [tuple(row[key] for key in SPECS[name].key) for row in tables.read(name).to_pylist()]
        assert len(set(keys)) == len(keys)
    known = set(tables.read("products")["sku"].to_pylist())
    assert set(tables.read("purchases")["sku"].to_pylist()) <= known


@pytest.mark.slow
@QUICK
@given(products, lines)
def test_csv_gzip_parquet_and_windows_line_ends_are_one_content(tmp_path_factory, product_rows, line_rows):
    tmp = tmp_path_factory.mktemp("formats")
    shop = shop_of([row for row in product_rows if any(row)], line_rows)
    folders = [write_shop(shop, tmp / "csv"), write_shop(shop, tmp / "gz", ".csv.gz")]
    for name, rows in shop.items():
        for folder in ("parquet", "crlf"):
            (tmp / folder).mkdir(exist_ok=True)
        columns = {head: pa.array([row[at] for row in rows[1:]], pa.string()) for at, head in enumerate(rows[0])}
        pq.write_table(pa.table(columns), tmp / "parquet" / f"{name}.parquet")
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        (tmp / "crlf" / f"{name}.csv").write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    for folder in (tmp / "csv", tmp / "gz", tmp / "parquet", tmp / "crlf"):
        (folder / "dataset.toml").write_text('name = "one"\ntimezone = "Europe/Paris"\n')
    several = [load(folder, tmp / f"{folder.name}-into") for folder in [*folders, tmp / "parquet", tmp / "crlf"]]
    assert len({tables.load_id for tables in several}) == 1
    assert all(contents(tables) == contents(several[0]) for tables in several)
    assert all(tables.tallies == several[0].tallies for tables in several)


@pytest.mark.slow
def test_typed_parquet_is_the_content_of_its_csv(tmp_path):
    folder = write_shop(RETAIL, tmp_path / "csv")
    (tmp_path / "typed").mkdir()
    (folder / "dataset.toml").write_text('name = "one"\n')
    (tmp_path / "typed" / "dataset.toml").write_text('name = "one"\n')
    for path in folder.glob("*.csv"):
        options = pa_csv.ConvertOptions(strings_can_be_null=True, null_values=[""])
        pq.write_table(pa_csv.read_csv(path, convert_options=options), tmp_path / "typed" / f"{path.stem}.parquet")
    assert load(folder, tmp_path / "a").load_id == load(tmp_path / "typed", tmp_path / "b").load_id


@pytest.mark.slow
def test_a_staged_folder_loads_again_to_the_same_tables(tmp_path):
    first = load(write_shop(RETAIL, tmp_path / "raw"), tmp_path / "first")
    second = load(tmp_path / "first", tmp_path / "second")
    assert contents(first) == contents(second)


@pytest.mark.slow
def test_load_ids_follow_content_and_settings(tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    first = load(folder, tmp_path / "a").load_id
    assert load(folder, tmp_path / "b").load_id == first
    (folder / "dataset.toml").write_text('currency = "USD"\n')
    dollars = load(folder, tmp_path / "c").load_id
    shop = copy.deepcopy(TILL)
    shop["products"][1][1] = "Other"
    assert len({first, dollars, load(write_shop(shop, tmp_path / "raw"), tmp_path / "d").load_id}) == 3


def test_a_load_opens_again_as_it_was(tmp_path):
    tables = load(write_shop(TILL, tmp_path / "raw"), tmp_path / "into")
    assert RetailTables.open(tmp_path / "into") == tables
    assert not (tmp_path / "into" / ".work").exists()


def test_a_torn_folder_is_cleaned_and_strangers_are_left(tmp_path):
    into = tmp_path / "into"
    (into / ".work").mkdir(parents=True)
    (into / "rejects").mkdir()
    (into / "rejects" / "events.csv").write_text("old")
    (into / "events.parquet").write_text("torn")
    (into / "mine.txt").write_text("keep")
    tables = load(write_shop(TILL, tmp_path / "raw"), into)
    assert "events" not in tables
    assert not (into / "events.parquet").exists()
    assert not (into / "rejects").exists()
    assert (into / "mine.txt").read_text() == "keep"


def test_a_failed_load_takes_away_the_manifest_of_the_one_before(tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    load(folder, tmp_path / "into")
    (folder / "products.csv").write_bytes(b"")
    with pytest.raises(BadInput):
        load(folder, tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


@pytest.mark.parametrize("source", SHOPS)
def test_source_hashes_follow_files_and_options(source, tmp_path):
    folder = write_shop(SHOPS[source], tmp_path / "raw")
    first = source_hash(source, folder, ALL)
    assert source_hash(source, folder, ALL) == first
    assert source_hash(source, folder, LoadOptions()) != first
    path = next(iter(SOURCES[source].files(folder)))
    path.write_bytes(path.read_bytes() + b"\n")
    assert source_hash(source, folder, ALL) != first


def test_an_unknown_source_is_told_with_those_near(tmp_path):
    with pytest.raises(NotFound, match="online-retail"):
        stage("online-retial", tmp_path, into=tmp_path / "into", options=ALL)


def test_progress_is_told(tmp_path):
    told = []
    folder = write_shop(TILL, tmp_path / "raw")
    stage("retail-tables", folder, into=tmp_path / "into", options=ALL, progress=lambda *step: told.append(step))
    assert ("reading purchases", 30) in told
    assert {stage for stage, *_ in told} >= {"reading products", "checking keys"}


def test_rejects_of_gzip_and_parquet_name_their_own_lines(tmp_path):
    shop = copy.deepcopy(TILL)
    shop["purchases"][5][3] = "0"
    folder = write_shop(shop, tmp_path / "raw")
    plain = (folder / "purchases.csv").read_bytes()
    (folder / "purchases.csv").unlink()
    (folder / "purchases.csv.gz").write_bytes(gzip.compress(plain))
    load(folder, tmp_path / "into")
    told = next(csv.DictReader((tmp_path / "into" / "rejects" / "purchases.csv").open()))
    assert (told["file"], told["line"]) == ("purchases.csv.gz", "6")
    assert as_csv(shop["purchases"]) == plain
