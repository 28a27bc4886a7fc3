"""The protocols of customers: what is found, that later rows train nothing, and how it is told."""

import json
from dataclasses import replace

import numpy as np
import pytest
from customer_shops import habitual, history, purchase_rows
from lake_shops import on, stage

from evaluation import next_basket, recommendation, report, suite
from evaluation.customer_split import write_split
from evaluation.customer_truth import read_test, truth_of
from evaluation.report import OURS
from loaders.staging import LoadOptions
from loaders.staging import stage as stage_folder
from ranking.next_basket import fit_next_basket
from schema.errors import EmptyWindow


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return stage(tmp_path_factory.mktemp("shop"), purchase_rows(habitual()))


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
    changed = purchase_rows(habitual())
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


def test_thin_data_gives_a_simpler_model_that_says_so(tmp_path):
    found = next_basket.run(stage(tmp_path, purchase_rows({"a": [{0}, {1}, {0}], "b": [{1}, {2}]})), as_of=on(15))
    assert "Nothing was learnt" in found.notes[1]
    assert found.results[OURS] == found.results["personal + global top"]


def test_one_product_and_a_customer_with_a_hundred_thousand_lines(tmp_path):
    one = next_basket.run(stage(tmp_path / "one", purchase_rows({"a": [{0}, {0}], "b": [{0}, {0}]})), as_of=on(5))
    assert one.results[OURS]["recall@10"] == 1
    wide = history({"a": [set(range(300))] * 334, "b": [{1}, {2}]}, num_products=300)
    pool = fit_next_basket(wide, tifuknn={}).pool(np.arange(2))
    assert pool.sizes.max() <= 10_000
    assert np.isfinite(pool.features[:, :8]).all()


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
