"""Basket completion: the hidden product is the one told, later rows train nothing, figures follow from predictions."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake_shops import line, on, stage

from evaluation import basket_completion, report
from evaluation.basket_split import split_at
from evaluation.queries import complete_baskets, hidden_place
from evaluation.scoring import popularity_decile
from gnn.settings import TrainSettings
from lake.baskets import read_baskets
from ranking.baskets import basket_matrix
from schema.errors import EmptyWindow

QUICK = TrainSettings(width=18, text_width=8, attribute_width=4, signature_width=8, hidden=16, epochs=2, own_epochs=8)
SKUS = [f"s{number:02d}" for number in range(12)]


def rows(days=100, seed=0):
    """Pairs (0, 1), (2, 3) … go together; a customer keeps to two pairs."""
    generator, lines = np.random.default_rng(seed), []
    for number in range(days * 4):
        customer = int(generator.integers(0, 8))
        pair = (customer + int(generator.integers(0, 2))) % 6
        chosen = {2 * pair, 2 * pair + 1, int(generator.integers(0, 12))}
        who = f"c{customer}" if customer else None
        lines += [
            line(f"b{number:04d}", place + 1, SKUS[item], number // 4, customer_id=who)
            for place, item in enumerate(sorted(chosen))
        ]
    return {
        "products": [{"sku": sku, "name": f"thing {sku}", "launched_on": None} for sku in SKUS],
        "customers": [{"customer_id": f"c{number}"} for number in range(1, 8)],
        "purchases": lines,
    }


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return stage(tmp_path_factory.mktemp("shop"), rows())


@pytest.fixture(scope="module")
def outcome(tables):
    return basket_completion.run(tables, as_of=on(80), settings=QUICK)


def test_hidden_product_is_the_one_the_hash_names(tables):
    matrix = basket_matrix(read_baskets(tables, from_=on(80)), SKUS)
    queries = complete_baskets(matrix, seed=7)
    held = {}
    for row in rows()["purchases"]:
        held.setdefault(row["basket_id"], set()).add(row["sku"])
    for place, basket in enumerate(queries.basket_ids):
        items = sorted(held[basket])
        digest = hashlib.sha256(f"7:{basket}".encode()).hexdigest()
        assert SKUS[queries.hidden[place]] == items[int(digest, 16) % len(items)]
        visible = {SKUS[item] for item in queries.visible[place].indices}
        assert visible == set(items) - {SKUS[queries.hidden[place]]}


def test_baskets_outside_the_bounds_are_no_queries():
    assert hidden_place("b1", 1, 0) == 0
    start = datetime(2020, 1, 1, tzinfo=UTC)
    lines = [("one", "a"), ("two", "a"), ("two", "b"), ("three", "a"), ("three", "b"), ("three", "c")]
    table = pa.table(
        {
            "basket_id": [basket for basket, _ in lines],
            "sku": [sku for _, sku in lines],
            "customer_id": pa.nulls(len(lines), pa.string()),
            "bought_at": pa.array([start + timedelta(days=1)] * len(lines), pa.timestamp("us", tz="UTC")),
        }
    )
    matrix = basket_matrix(table, ["a", "b", "c"])
    assert complete_baskets(matrix, seed=0, most=2).basket_ids == ("two",)
    assert complete_baskets(matrix, seed=0, least=3, most=None).basket_ids == ("three",)
    assert complete_baskets(matrix, seed=0, least=9).basket_ids == ()


def test_every_model_is_told_and_pairs_are_found(outcome):
    names = {"popularity", "recent popularity", "item cosine", "RP3β", "EASE", "shelfgraph"}
    assert set(outcome.results) == names
    for figures in outcome.results.values():
        assert 0 <= figures["recall@10"] <= figures["recall@20"] <= 1
        assert figures["ndcg@10"] <= figures["recall@10"]
    assert outcome.results["EASE"]["mrr"] > outcome.results["popularity"]["mrr"]
    assert outcome.results["shelfgraph"]["mrr"] > outcome.results["popularity"]["mrr"]
    gap = outcome.differences["mrr"]
    assert gap["low"] <= gap["mean"] <= gap["high"]
    rivals = [figures["mrr"] for name, figures in outcome.results.items() if name != "shelfgraph"]
    assert gap["mean"] == pytest.approx(outcome.results["shelfgraph"]["mrr"] - max(rivals))


def test_figures_follow_from_the_predictions(outcome, tables):
    queries = complete_baskets(basket_matrix(read_baskets(tables, from_=on(80)), SKUS), seed=0)
    hidden = {basket: SKUS[item] for basket, item in zip(queries.basket_ids, queries.hidden, strict=True)}
    found = [
        row["query_id"]
        for row in outcome.predictions.to_pylist()
        if row["variant"] == "anonymous" and row["rank"] <= 10 and hidden[row["query_id"]] == row["sku"]
    ]
    assert len(found) / len(hidden) == pytest.approx(outcome.results["shelfgraph"]["recall@10"])


@pytest.mark.slow
def test_rows_after_the_cut_off_train_nothing(tables, tmp_path):
    changed = rows()
    late = max(row["basket_id"] for row in changed["purchases"])
    changed["purchases"] = [{**row, "sku": "s00"} if row["basket_id"] == late else row for row in changed["purchases"]]
    changed["purchases"] = list({(row["basket_id"], row["sku"]): row for row in changed["purchases"]}.values())
    other = stage(tmp_path, changed)
    for one in (tables, other):
        split = split_at(one, as_of=on(80), until=None, seed=0, max_items=60)
        scorer = basket_completion.our_network(one, split, QUICK, lambda *_: None)
        if one is tables:
            anchors = scorer.anchors
    assert np.array_equal(anchors, scorer.anchors)


@pytest.mark.slow
def test_same_seed_gives_the_same_figures(outcome, tables):
    again = basket_completion.run(tables, as_of=on(80), settings=QUICK)
    assert again.results == outcome.results
    assert again.predictions.equals(outcome.predictions)


def test_report_is_written_in_the_stated_form(outcome, tmp_path):
    report.save_json(outcome, tmp_path / "r.json")
    body = json.loads((tmp_path / "r.json").read_text())
    figures = ["fit_seconds", "peak_mib", "results", "differences"]
    assert list(body) == ["protocol", "tables", "data_hash", "as_of", "seed", "model", *figures]
    assert body["model"] == "shelfgraph"
    assert set(body["differences"]["known_recall@10"]) == {"against", "mean", "low", "high"}
    report.save_predictions(outcome, tmp_path / "p.parquet")
    assert pq.read_schema(tmp_path / "p.parquet").names == ["query_id", "variant", "rank", "sku", "score"]
    report.save_picture(outcome, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    text = report.markdown(outcome)
    assert all(f" {name} |" in text.splitlines()[2] for name in outcome.results)
    assert "| shelfgraph |" in text


@pytest.mark.parametrize("day", [0, 400])
def test_cut_off_outside_the_rows_is_told(tables, day):
    with pytest.raises(EmptyWindow, match=str(on(day))):
        basket_completion.run(tables, as_of=on(day), settings=QUICK)


def test_deciles_hold_tenths_of_the_sold_products():
    counts = np.array([0, *range(1, 21)], np.float32)
    assert popularity_decile(counts).tolist() == [0, *np.repeat(np.arange(1, 11), 2)]
