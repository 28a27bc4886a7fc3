import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from customer_shops import habitual, history
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_shops import line, on, stage
from sklearn.metrics import ndcg_score

from evaluation import next_basket, recommendation, report, suite
from evaluation.customer_baselines import searched
from evaluation.customer_scoring import Lists, gains, means, repeats_apart
from evaluation.customer_split import write_split
from evaluation.customer_truth import held_out_truth, read_test, truth_of
from evaluation.report import OURS
from loaders.staging import LoadOptions
from loaders.staging import stage as stage_folder
from ranking.next_basket import fit_next_basket
from schema.errors import BadInput, EmptyWindow


def rows(shop, days_between=10):
    lines = [
        line(f"{customer}-{number:02d}", place + 1, f"p{item:02d}", number * days_between, customer_id=customer)
        for customer, several in shop.items()
        for number, basket in enumerate(several)
        for place, item in enumerate(sorted(basket))
    ]
    skus = sorted({row["sku"] for row in lines})
    return {
        "products": [{"sku": sku} for sku in skus],
        "customers": [{"customer_id": customer} for customer in shop],
        "purchases": lines,
    }


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return stage(tmp_path_factory.mktemp("shop"), rows(habitual()))


@pytest.fixture(scope="module", autouse=True)
def one_setting_each():
    """Baselines at the first setting of each, and orders of few trees; the search itself is tested on its own."""

    def first(baselines):
        return tuple(replace(one, grid={name: values[:1] for name, values in one.grid.items()}) for one in baselines)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ranking.rerank._MOST_ROUNDS", 12)
        patch.setattr(next_basket, "BASELINES", first(next_basket.BASELINES))
        named = recommendation.baselines
        patch.setattr(recommendation, "baselines", lambda number: first(named(number)))
        yield


@pytest.fixture(scope="module")
def outcome(tables):
    return next_basket.run(tables, as_of=on(45))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.permutations(range(6)), st.sets(st.integers(0, 5)), st.integers(0, 2)), min_size=1),
    st.integers(1, 6),
)
def test_gains_agree_with_loops_and_sklearn(queries, k):
    items = np.array([order for order, _, _ in queries])
    wanted = np.array([[item in want for item in range(6)] for _, want, _ in queries], np.float32)
    number = wanted.sum(axis=1).astype(np.int64) + [missing for _, _, missing in queries]
    found = gains(
        Lists(items, np.zeros(items.shape, np.float32)),
        sp.csr_matrix(wanted),
        number,
        [f"{name}@{k}" for name in ("recall", "ndcg", "phr")],
    )
    for query, (order, want, missing) in enumerate(queries):
        told = {name: values[query] for name, values in found.items()}
        if not len(want) + missing:
            assert np.isnan(list(told.values())).all()
            continue
        hits = [item in want for item in order[:k]]
        assert told[f"recall@{k}"] == pytest.approx(sum(hits) / (len(want) + missing))
        assert told[f"phr@{k}"] == any(hits)
        if want and not missing:
            scores = np.zeros(6)
            scores[list(order)] = np.arange(6, 0, -1)
            expected = ndcg_score(wanted[query : query + 1], scores[None, :], k=k)
            assert told[f"ndcg@{k}"] == pytest.approx(expected)


def test_repeats_and_new_products_are_told_apart():
    past = history({"a": [{0, 1}, {0}], "b": [{2}, {2}]})
    wanted = sp.csr_matrix(np.array([[1, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]], np.float32))
    truth = held_out_truth(past, wanted)
    lists = Lists(np.array([[0, 5], [3, 2]]), np.zeros((2, 2), np.float32))
    found = means(repeats_apart(lists, truth, ("recall@2", "phr@2")))
    assert found["recall@2"] == pytest.approx((0.5 + 1) / 2)
    assert found["repeat_recall@2"] == 1  # of a alone: b repeats nothing
    assert found["new_recall@2"] == pytest.approx((0 + 1) / 2)
    assert found["new_phr@2"] == 0.5


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12))
def test_search_ends_where_no_single_step_is_better(worths):
    grid = {"one": (0, 1, 2, 3), "other": (0, 1, 2)}

    def figure(setting):
        return worths[setting["one"] * 3 + setting["other"]]

    chosen, best = searched(grid, figure)
    assert best == figure(chosen) >= figure({"one": 0, "other": 0})
    assert all(figure({**chosen, name: value}) <= best for name, values in grid.items() for value in values)


@pytest.mark.slow
def test_next_baskets_are_found_and_ours_is_no_worse_than_the_baselines(outcome, tables):
    names = {"personal + global top", "personal top", "global top", "TIFUKNN", OURS}
    assert set(outcome.results) == names
    assert {"recall@10", "recall@20", "ndcg@10", "phr@10", "repeat_recall@10", "new_recall@10"} <= set(
        outcome.results[OURS]
    )
    assert outcome.results[OURS]["recall@10"] > outcome.results["global top"]["recall@10"]
    assert outcome.results["TIFUKNN"]["ndcg@10"] > outcome.results["global top"]["ndcg@10"]
    assert "Chosen on" in outcome.notes[1]
    truth = truth_of(tables, test=None, as_of=on(45), is_next_only=True)
    found = outcome.predictions.to_pandas()
    first = found[found["rank"] <= 10].groupby("query_id")["sku"].agg(set)
    recalls = []
    for query, row in enumerate(truth.rows):
        want = {truth.past.skus[item] for item in truth.wanted[query].indices}
        recalls.append(len(want & first[truth.past.customer_ids[row]]) / len(want))
    assert outcome.results[OURS]["recall@10"] == pytest.approx(np.mean(recalls))


@pytest.mark.slow
def test_same_seed_same_figures_and_later_rows_train_nothing(outcome, tables, tmp_path):
    again = next_basket.run(tables, as_of=on(45))
    assert again.results == outcome.results
    changed = rows(habitual())
    for row in changed["purchases"]:
        if row["bought_at"].date() >= on(45):
            row["sku"] = "p00"
    changed["purchases"] = list({(row["basket_id"], row["sku"]): row for row in changed["purchases"]}.values())
    other = next_basket.run(stage(tmp_path, changed), as_of=on(45))
    assert other.settings == outcome.settings
    assert other.predictions.equals(outcome.predictions)


@pytest.mark.slow
def test_new_products_are_ranked_and_bought_ones_left_out(tables, tmp_path):
    test = write_split(tables, tmp_path / "split", protocol="recommendation", seed=1)
    read = stage_folder("retail-tables", tmp_path / "split", into=tmp_path / "staged", options=LoadOptions())
    found = recommendation.run(read, test=test, k=5)
    assert set(found.results) == {"popularity", "item kNN", "RP3β", "GF-CF", "EASE", OURS}
    assert found.results[OURS]["recall@5"] > found.results["popularity"]["recall@5"]
    bought = {(row["customer_id"], row["sku"]) for row in read.read("purchases").to_pylist()}
    shown = {(row["query_id"], row["sku"]) for row in found.predictions.to_pylist()}
    assert not shown & bought
    assert len(shown) == len(set(read_test(test).column("customer_id").to_pylist())) * 5


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


def test_thin_data_gives_a_simpler_model_that_says_so(tmp_path):
    found = next_basket.run(stage(tmp_path, rows({"a": [{0}, {1}, {0}], "b": [{1}, {2}]})), as_of=on(15))
    assert "Nothing was learnt" in found.notes[1]
    assert found.results[OURS] == found.results["personal + global top"]


def test_one_product_and_a_customer_with_a_hundred_thousand_lines(tmp_path):
    one = next_basket.run(stage(tmp_path / "one", rows({"a": [{0}, {0}], "b": [{0}, {0}]})), as_of=on(5))
    assert one.results[OURS]["recall@10"] == 1
    wide = history({"a": [set(range(300))] * 334, "b": [{1}, {2}]}, num_products=300)
    pool = fit_next_basket(wide, tifuknn={}).pool(np.arange(2))
    assert pool.sizes.max() <= 10_000
    assert np.isfinite(pool.features[:, :8]).all()


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


def test_every_protocol_is_told_in_one_table_with_a_picture_each(tmp_path, tables, outcome_of_two):
    def refuses(*_, **__):
        raise EmptyWindow("Nothing there.", remedy="Look elsewhere.")

    protocols = {"next-basket": lambda *_, **__: outcome_of_two, "basket-completion": refuses}
    found = suite.run(tables, as_of=on(45), protocols=protocols)
    written = suite.save(found, tmp_path / "out")
    assert [path.name for path in written] == ["figures.md", "figures.json", "next-basket.png"]
    text = written[0].read_text()
    assert "| next-basket | recall@10 | 0.3000 | TIFUKNN 0.2000 | +0.1000 (+0.0500 to +0.1500) |" in text
    assert "basket-completion was not run: Nothing there. Look elsewhere." in text
    body = json.loads(written[1].read_text())
    assert body["not_run"] == {"basket-completion": "Nothing there. Look elsewhere."}
    assert body["protocols"][0]["results"] == outcome_of_two.results
    assert written[2].read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def outcome_of_two():
    return report.Report(
        protocol="next-basket",
        tables="shop",
        data_hash="0" * 16,
        as_of=on(45),
        seed=0,
        fit_seconds=1.0,
        peak_mib=1.0,
        results={"TIFUKNN": {"recall@10": 0.2}, OURS: {"recall@10": 0.3}},
        differences={"recall@10": {"against": "TIFUKNN", "mean": 0.1, "low": 0.05, "high": 0.15}},
    )
