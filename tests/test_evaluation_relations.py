"""Figures of judged pairs agree with scikit-learn; names alone are enough; bad label files are told."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from learning_shops import snapshot_of
from sklearn.metrics import brier_score_loss, f1_score, ndcg_score, roc_auc_score
from test_gnn_labels import QUICK, labelled_shop, table

from evaluation import own_labels, relations, suite
from evaluation.heuristics import heuristics
from evaluation.names_only import write_names_only
from evaluation.pair_baselines import pair_baselines
from evaluation.pair_figures import judged_figures, macro_f1_gap, partners_found
from evaluation.relations import read_label_file
from gnn.labels import KINDS, PairLabels, read_labels
from loaders.staging import LoadOptions, stage
from schema.errors import BadInput


@pytest.fixture
def predicted():
    generator = np.random.default_rng(0)
    kinds = generator.integers(0, 3, 400)
    chances = generator.dirichlet(np.ones(3), 400) + np.eye(3)[kinds]
    return chances / chances.sum(axis=1, keepdims=True), kinds


def test_figures_agree_with_sklearn(predicted):
    chances, kinds = predicted
    figures = judged_figures(chances, kinds)
    guess = chances.argmax(axis=1)
    assert figures["macro_f1"] == pytest.approx(f1_score(kinds, guess, average="macro"))
    own = f1_score(kinds, guess, average=None)
    assert [figures[f"f1_{kind}"] for kind in KINDS] == pytest.approx(own.tolist())
    related = kinds < 2
    share = chances[related, 0] / chances[related, :2].sum(axis=1)
    assert figures["auc_sub_vs_comp"] == pytest.approx(roc_auc_score(kinds[related] == 0, share))
    one_each = [brier_score_loss(kinds == kind, chances[:, kind]) for kind in range(3)]
    assert figures["brier"] == pytest.approx(sum(one_each))


def test_lists_agree_with_sklearn():
    generator = np.random.default_rng(1)
    labels = PairLabels(np.array([0, 0, 1, 2]), np.array([3, 4, 5, 6]), np.zeros(4, np.int64), {})
    lists = np.stack([generator.permutation(np.setdiff1d(np.arange(12), [row]))[:10] for row in range(3)])
    hits, gains = partners_found(lists, np.arange(3), labels, 0, 12)
    for row, wanted in enumerate(([3, 4], [5], [6])):
        truth = np.isin(np.arange(12), wanted).astype(float)
        scores = np.zeros(12)
        scores[lists[row]] = np.arange(10, 0, -1)
        scores[[one for one in range(12) if one not in lists[row]]] = -np.arange(1, 3)
        assert gains[row] == pytest.approx(ndcg_score([truth], [scores], k=10))
        assert hits[row] == np.isin(wanted, lists[row]).any()


def test_the_gap_is_exact_and_its_interval_holds_it(predicted):
    chances, kinds = predicted
    ours, theirs = chances.argmax(axis=1), np.zeros(400, np.int64)
    gap = macro_f1_gap(kinds, ours, theirs, np.arange(400) // 4, seed=0)
    expected = f1_score(kinds, ours, average="macro") - f1_score(kinds, theirs, average="macro")
    assert gap["mean"] == pytest.approx(expected)
    assert gap["low"] < gap["mean"] < gap["high"]


def test_heuristics_measure_what_they_are_called():
    snapshot = snapshot_of(
        {"sku": list("abcd"), "name": ["red tea", "red tea bag", "milk", "oat milk"]},
        together={"source": [0, 1], "target": [2, 2], "num_baskets": [5, 3], "lift": [4.0, 2.0], "ppmi": [1.0, 0.5]},
        category=[0, 0, 1, 1],
    )
    scores = heuristics(snapshot)
    every = np.arange(4)
    whole = {name: np.stack([score.of(np.full(4, row), every) for row in every]) for name, score in scores.items()}
    assert whole["lift"][0].tolist() == [0, 0, 4, 0]
    assert whole["ppmi"][2].tolist() == [1, 0.5, 0, 0]
    assert whole["same category"].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    assert whole["name cosine"][0, 1] > whole["name cosine"][0, 2]
    assert whole["Adamic–Adar"][0, 1] == pytest.approx(1 / np.log(2))  # both go with 2, which goes with two
    assert scores["lift"].first(every, 3).tolist() == [[2, -1, -1], [2, -1, -1], [0, 1, -1], [-1, -1, -1]]
    assert not whole["RP3β of switches"].any()


@pytest.mark.slow
def test_baselines_learn_from_labels():
    snapshot, rows = labelled_shop()
    labels = read_labels(table(rows), snapshot.keys("Product"))
    half = np.arange(len(labels)) % 2 == 0
    train, test = labels.part(half), labels.part(~half)
    for baseline in pair_baselines(snapshot, heuristics(snapshot), 0):
        chances = baseline.probabilities(train, test, snapshot.num_products, 0)
        assert chances.sum(axis=1) == pytest.approx(np.ones(len(test)))
        right = float((chances.argmax(axis=1) == test.kinds).mean())
        if "names" in baseline.name:
            assert right > 0.6


@dataclass
class Files:
    """A shop of names alone, and its labels."""

    folder: Path
    rows: list = field(default_factory=list)

    def write(self, name, rows, header="sku,other_sku,relation"):
        path = self.folder / name
        path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
        return path


@pytest.fixture
def files(tmp_path):
    snapshot, rows = labelled_shop()
    made = Files(tmp_path, rows)
    (tmp_path / "shop").mkdir()
    names = snapshot.nodes["Product"].column("name").to_pylist()
    made.write("shop/products.csv", zip(snapshot.keys("Product").to_pylist(), names, strict=True), "sku,name")
    return made


@pytest.mark.slow
def test_names_alone_are_enough(files, monkeypatch):
    monkeypatch.setattr(relations, "TrainSettings", lambda seed: replace(QUICK, seed=seed))
    tables = stage("retail-tables", files.folder / "shop", into=files.folder / "staged", options=LoadOptions())
    test, train = files.write("test.csv", files.rows[300:]), files.write("train.csv", files.rows[:350])
    report = relations.run(tables, test, train_labels=train, today=date(2024, 5, 1))
    ours = report.results["shelfgraph"]
    assert ours["macro_f1"] > report.results["majority"]["macro_f1"] + 0.3
    assert {"hit@10", "ndcg@10", "ece", "brier"} <= set(ours)
    assert report.predictions.column_names == ["sku", "other_sku", "p_substitute", "p_complement", "p_none"]
    told = read_labels(read_label_file(test), pa.array([f"p{row:03d}" for row in range(160)]))
    assert report.predictions.num_rows == len(told)
    learnt = int(report.notes[1].split()[0])
    assert learnt < 310  # what is predicted is not learnt from
    plain = relations.run(tables, test, today=date(2024, 5, 1))
    assert "Without --train-labels" in plain.notes[-1]
    assert "majority" not in plain.results


def with_labels(files, rows):
    files.write("shop/labels.csv", rows)
    return stage("retail-tables", files.folder / "shop", into=files.folder / "staged", options=LoadOptions())


@pytest.mark.slow
def test_the_suite_predicts_one_half_of_the_shops_own_labels_from_the_other(files, monkeypatch):
    monkeypatch.setattr(relations, "TrainSettings", lambda seed: replace(QUICK, seed=seed))
    tables = with_labels(files, files.rows)
    found = suite.run(tables, as_of=date(2024, 5, 1), protocols={"relations": suite.PROTOCOLS["relations"]})
    assert not found.reasons
    ours = found.reports[0].results["shelfgraph"]
    assert ours["macro_f1"] > found.reports[0].results["majority"]["macro_f1"] + 0.1


def test_own_labels_are_parted_by_connected_products(files):
    tables = with_labels(files, files.rows)
    sides = own_labels.parted(tables, 0)
    products = [{*side.column("sku").to_pylist(), *side.column("other_sku").to_pylist()} for side in sides]
    assert not products[0] & products[1]
    assert min(side.num_rows for side in sides) > len(files.rows) / 10
    told = {tuple(row.values()) for side in sides for row in side.to_pylist()}
    assert told <= {(*sorted(row[:2]), row[2]) for row in files.rows}
    assert [side.to_pylist() for side in own_labels.parted(tables, 0)] == [side.to_pylist() for side in sides]


def test_the_suite_says_why_it_has_no_relations(files):
    chosen = {"relations": suite.PROTOCOLS["relations"]}
    bare = stage("retail-tables", files.folder / "shop", into=files.folder / "bare", options=LoadOptions())
    assert "`labels`" in suite.run(bare, as_of=date(2024, 5, 1), protocols=chosen).reasons["relations"]
    one = with_labels(files, [("p000", "p001", "none")])
    assert "cannot be parted" in suite.run(one, as_of=date(2024, 5, 1), protocols=chosen).reasons["relations"]


def test_bad_label_files_are_told(files):
    with pytest.raises(BadInput, match="no such file"):
        read_label_file(files.folder / "gone.csv")
    with pytest.raises(BadInput, match="relation"):
        read_label_file(files.write("bad.csv", [("p000", "p001")], "sku,other_sku"))
    assert read_label_file(files.write("odd.csv", [(" p000 ", "p001", "none")])).to_pylist() == [
        {"sku": "p000", "other_sku": "p001", "relation": "none"}
    ]


def test_labels_of_unknown_products_are_told(files):
    tables = stage("retail-tables", files.folder / "shop", into=files.folder / "staged", options=LoadOptions())
    with pytest.raises(BadInput, match="unknown product"):
        relations.run(tables, files.write("far.csv", [("x", "y", "none")]), today=date(2024, 5, 1))


@pytest.mark.slow
def test_the_stand_in_shares_no_product_between_training_and_test(tmp_path):
    shop, train, test = write_names_only(tmp_path / "made", scale="small", num_train=200, num_test=300)
    assert (shop / "products.csv").read_text().splitlines()[0].replace('"', "") == "sku,name"
    sides = [read_label_file(path) for path in (train, test)]
    assert [side.num_rows for side in sides] == [200, 300]
    products = [{*side.column("sku").to_pylist(), *side.column("other_sku").to_pylist()} for side in sides]
    assert not products[0] & products[1]
