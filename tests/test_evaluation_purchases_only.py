"""The stand-in for public benchmarks: a shop that the protocol takes, and a test of what it does not hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv
from pyarrow import parquet as pq
from typer.testing import CliRunner

from commands.evaluate import application
from evaluation import recommendation
from evaluation.purchases_only import write_purchases_only
from evaluation.report import OURS
from loaders.staging import LoadOptions, stage


def pairs(table):
    return list(zip(table.column("customer_id").to_pylist(), table.column("sku").to_pylist(), strict=True))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 900), st.integers(1, 3_000), st.integers(0, 10**6))
def test_everything_is_bought_once_and_a_fifth_of_it_is_the_tests(
    tmp_path_factory, num_customers, num_products, num_draws, seed
):
    into = tmp_path_factory.mktemp("made")
    sizes = {"num_customers": num_customers, "num_products": num_products, "num_draws": num_draws}
    shop, test = write_purchases_only(into, **sizes, seed=seed)
    learnt, hidden = pairs(pq.read_table(shop / "purchases.parquet")), pairs(csv.read_csv(test))
    assert len({*learnt, *hidden}) == len(learnt) + len(hidden)
    assert abs(len(hidden) - 0.2 * (len(learnt) + len(hidden))) <= 5 * (len(learnt) + len(hidden)) ** 0.5
    customers, skus = (pq.read_table(shop / f"{name}.parquet").column(0) for name in ("customers", "products"))
    assert (len(customers), len(skus)) == (num_customers, num_products)
    assert {customer for customer, _ in learnt} <= set(customers.to_pylist())


def test_equal_seeds_write_equal_files(tmp_path):
    written = [
        write_purchases_only(tmp_path / name, num_customers=50, num_products=300, num_draws=2_000) for name in "ab"
    ]
    (one, one_test), (other, other_test) = written
    assert one_test.read_bytes() == other_test.read_bytes()
    assert pq.read_table(one / "purchases.parquet").equals(pq.read_table(other / "purchases.parquet"))


@pytest.mark.slow
def test_the_protocol_takes_what_the_command_wrote(tmp_path):
    words = ["purchases-only", str(tmp_path), "--customers", "400", "--products", "3000", "--draws", "12000"]
    told = CliRunner().invoke(application, words)
    assert told.exit_code == 0, told.output
    assert "evaluate recommendation --tables" in " ".join(told.output.split())
    tables = stage("retail-tables", tmp_path / "shop", into=tmp_path / "staged", options=LoadOptions())
    found = recommendation.run(tables, test=tmp_path / "test.csv", k=20).results
    assert found["RP3β"]["recall@20"] > 5 * found["popularity"]["recall@20"]
    assert found[OURS]["recall@20"] > 5 * found["popularity"]["recall@20"]
