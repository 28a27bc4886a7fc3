"""What customers bought later: split off, read from a test file, or refused with what is wrong."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from customer_shops import habitual, purchase_rows
from lake_shops import on, stage

from evaluation import next_basket, recommendation
from evaluation.customer_split import write_split
from evaluation.customer_truth import read_test, truth_of
from loaders.staging import LoadOptions
from loaders.staging import stage as stage_folder
from schema.errors import BadInput, EmptyWindow


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return stage(tmp_path_factory.mktemp("shop"), purchase_rows(habitual()))


@pytest.mark.parametrize("protocol", ["next-basket", "recommendation"])
def test_a_split_parts_every_product_of_a_customer_into_tables_or_test(tables, tmp_path, protocol):
    test = write_split(tables, tmp_path / "split", protocol=protocol, seed=0)
    read = stage_folder("retail-tables", tmp_path / "split", into=tmp_path / "staged", options=LoadOptions())
    assert not any(tally.rejected for tally in read.tallies.values())
    kept = {(row["customer_id"], row["sku"]) for row in read.read("purchases").to_pylist()}
    out = {tuple(row.values()) for row in read_test(test).to_pylist()}
    whole = {(row["customer_id"], row["sku"]) for row in tables.read("purchases").to_pylist()}
    assert kept | out == whole
    if protocol == "recommendation":
        assert not kept & out


def write_csv(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("customer_id,item\nc001,p01\n", "sku"),
        ("customer_id,sku\n", "no row"),
        ("customer_id,sku\nnobody,p01\n", "customer_id"),
        ("customer_id,sku\nc001,nothing\n", "sku"),
        ("", "cannot be read"),
    ],
)
def test_a_test_file_that_cannot_be_used_is_told(tables, tmp_path, text, told):
    with pytest.raises(BadInput, match=told) as error:
        next_basket.run(tables, test=write_csv(tmp_path / "t.csv", text))
    assert "t.csv" in str(error.value)
    assert error.value.remedy


def test_a_missing_test_file_and_no_question_at_all_are_told(tables, tmp_path):
    with pytest.raises(BadInput, match=r"none\.csv"):
        next_basket.run(tables, test=tmp_path / "none.csv")
    with pytest.raises(BadInput, match="--as-of"):
        next_basket.run(tables)


@pytest.mark.parametrize("run", [next_basket.run, recommendation.run])
@pytest.mark.parametrize("day", [0, 400])
def test_a_cut_off_outside_the_rows_is_told(tables, run, day):
    with pytest.raises(EmptyWindow, match=str(on(day))):
        run(tables, as_of=on(day))


def test_strangers_and_unknown_products_of_a_test_file_are_counted(tables, tmp_path):
    rows_of_test = "customer_id,sku\nc001,p11\nc001,nothing\nstranger,p01\n"
    truth = truth_of(tables, test=write_csv(tmp_path / "t.csv", rows_of_test), as_of=None, is_next_only=True)
    assert truth.num_wanted.tolist() == [2, 1]
    assert truth.wanted.sum() == 2
    assert any("1 of 3 wanted products" in note for note in truth.notes)
    assert any("1 of 2 customers" in note for note in truth.notes)
    as_parquet = tmp_path / "t.parquet"
    pq.write_table(pa.table({"sku": ["p11"], "customer_id": ["c001"], "more": [1]}), as_parquet)
    assert read_test(as_parquet).to_pylist() == [{"customer_id": "c001", "sku": "p11"}]
