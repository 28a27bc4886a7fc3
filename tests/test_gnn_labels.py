"""Labels of people: each read once or counted, parted without shared products, and followed where they speak."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning_shops import snapshot_of

from gnn.calibration import WeakLabels
from gnn.content import read_content
from gnn.judging import teach
from gnn.labels import KINDS, PairLabels, connected_products, folds_by_product, read_labels
from gnn.learning import told_by_people
from gnn.likeness import read_likeness
from gnn.neighbours import nearest_labelled, neighbours_say
from gnn.settings import TrainSettings
from gnn.targets import sorted_pairs
from gnn.training import fit
from measures.text import word_vectors, words

QUICK = TrainSettings(
    width=18, text_width=8, attribute_width=4, signature_width=8, hidden=16, epochs=2, own_epochs=6, num_threads=1
)
SKUS = pa.array([f"p{row}" for row in range(6)])


def table(rows):
    columns = list(zip(*rows, strict=True)) if rows else [[], [], []]
    names = ("sku", "other_sku", "relation")
    return pa.table({name: pa.array(list(column), pa.string()) for name, column in zip(names, columns, strict=True)})


def test_labels_are_read_once_a_pair_and_what_is_left_out_is_counted():
    labels = read_labels(
        table(
            [
                ("p1", "p0", "Substitute"),
                ("p0", "p1", "substitutes"),
                ("p2", "p3", "complement"),
                ("p3", "p2", "none"),
                ("p4", "p5", "irrelevant"),
                ("p4", "p4", "none"),
                ("p4", "gone", "none"),
                ("p4", "p3", "cousin"),
                (None, "p1", "none"),
                ("p4", "p3", None),
            ]
        ),
        SKUS,
    )
    assert list(zip(labels.left.tolist(), labels.right.tolist(), labels.kinds.tolist(), strict=True)) == [
        (0, 1, 0),
        (4, 5, 2),
    ]
    assert labels.left_out == {
        "unknown product": 2,
        "unknown relation": 2,
        "one product twice": 1,
        "contradicted": 2,
        "repeated": 1,
    }


def test_what_people_deny_is_of_one_direction_and_no_label():
    said = [("p1", "p0", "not_substitute"), ("p0", "p1", "not_complement"), ("gone", "p1", "not_complement")]
    labels = read_labels(table([*said, ("p0", "p1", "complement")]), SKUS)
    denied = labels.denied
    assert list(zip(denied.candidates, denied.anchors, denied.kinds, strict=True)) == [(1, 0, 0), (0, 1, 1)]
    assert (len(labels), labels.left_out) == (1, {"unknown product": 1})


rows_of_labels = st.lists(
    st.tuples(
        st.sampled_from([*SKUS.to_pylist(), "gone"]),
        st.sampled_from([*SKUS.to_pylist(), "gone"]),
        st.sampled_from([*KINDS, "cousin", "NONE "]),
    ),
    max_size=30,
)


@given(rows_of_labels)
def test_every_row_is_taken_or_counted(rows):
    labels = read_labels(table(rows), SKUS)
    assert len(labels) + sum(labels.left_out.values()) == len(rows)
    assert (labels.left < labels.right).all()
    assert len(np.unique(labels.left * 6 + labels.right)) == len(labels)


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), min_size=1, max_size=60), st.integers(2, 5))
def test_folds_share_no_product(pairs, num_folds):
    pairs = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    labels = PairLabels(left, right, np.zeros(len(left), np.int64), {})
    folds = folds_by_product(labels, 30, num_folds, 0)
    for held_out, learnt in zip(folds.held_out, folds.learnt, strict=True):
        one = {*left[held_out].tolist(), *right[held_out].tolist()}
        assert not one & {*left[learnt].tolist(), *right[learnt].tolist()}
    assert folds.held_out.sum(axis=0).max(initial=0) <= 1


def test_connected_products_are_numbered_alike():
    labels = PairLabels(np.array([0, 1, 3]), np.array([1, 2, 4]), np.zeros(3, np.int64), {})
    group = connected_products(labels, 6)
    assert group[0] == group[1] == group[2] != group[3] == group[4] != group[5]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Oat Drink 1,5 l", ["oat", "drink", "1,5", "l"]),
        ("キリン 午後の紅茶 500ml", ["キリン", "午後", "の", "紅茶", "500", "ml"]),
        ("Ｃafé-au-lait", ["café", "au", "lait"]),
        ("—", []),
        ("", []),
    ],
)
def test_words_are_runs_of_one_script(name, expected):
    assert words(name) == expected


def test_rare_words_weigh_more():
    vectors = word_vectors(["green tea", "green soap", "", "green"])
    weights = sorted(vectors[0].data.tolist())
    assert weights[0] == pytest.approx(np.log1p(4 / 3))
    assert weights[1] == pytest.approx(np.log1p(4))
    assert vectors[2].nnz == 0


def test_neighbours_never_repeat_the_pairs_own_label():
    spaces = np.eye(4, dtype=np.float32)[[0, 0, 1, 1]]
    labels = PairLabels(np.array([0, 0]), np.array([1, 2]), np.array([0, 1]), {})
    nearest = nearest_labelled(spaces, np.array([0, 1, 2]))
    assert nearest[0, 0] == 0
    said = neighbours_say(nearest, labels, np.array([0, 1]), np.array([1, 3]))
    whole = np.array([0.5, 0.5, 0.0])
    assert said[0, :3] == pytest.approx(whole)  # nobody but itself would speak for it
    assert said[1, 1] > 0.9  # 1 is like 0 and 3 like 2, which complement each other


@pytest.fixture(scope="module", autouse=True)
def small_judges():
    """Judges of few trees and steps: what they must keep to does not depend on how good they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gnn.judging.TREES", 90)
        patch.setattr("gnn.pair_network.EPOCHS", 4)
        yield


NOUNS = ("tea", "coffee", "soap", "towel")
KIND_OF = {("coffee", "tea"): "substitute", ("soap", "towel"): "complement"}


def labelled_shop(size=160, number=400, word=str):
    generator = np.random.default_rng(0)
    noun = generator.integers(0, 4, size)
    names = [f"{word(f'brand{generator.integers(0, 9)}')} {word(NOUNS[one])} {row} g" for row, one in enumerate(noun)]
    skus = [f"p{row:03d}" for row in range(size)]
    pairs = generator.integers(0, size, (number, 2))
    rows = []
    for left, right in pairs[pairs[:, 0] != pairs[:, 1]]:
        ends = tuple(sorted((NOUNS[noun[left]], NOUNS[noun[right]])))
        kind = "substitute" if ends[0] == ends[1] else KIND_OF.get(ends, "none")
        rows.append((skus[left], skus[right], kind))
    return snapshot_of({"sku": skus, "name": names}), rows


@pytest.mark.slow
@pytest.mark.parametrize("word", [str, lambda text: {"tea": "茶", "coffee": "珈琲", "soap": "石鹸"}.get(text, text)])
def test_a_few_hundred_labels_teach_names_alone(word):
    snapshot, rows = labelled_shop(word=word)
    train, test = table(rows[:300]), rows[300:]
    trained = fit(snapshot, settings=QUICK, labels=train)
    chances = trained.judge([row[0] for row in test], [row[1] for row in test])
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(test)))
    right = [KINDS[place] == row[2] for place, row in zip(chances.argmax(axis=1), test, strict=True)]
    assert np.mean(right) > 0.85
    assert trained.relations.is_calibrated
    assert {"COMPLEMENTS", "SUBSTITUTES_FOR"} == set(trained.relations.table.column("relation").to_pylist())
    there, back = (trained.judge([a], [b]) for a, b in (("p000", "p001"), ("p001", "p000")))
    assert there == pytest.approx(back, abs=1e-6)
    again = fit(snapshot, settings=QUICK, labels=train)
    assert again.relations.table.equals(trained.relations.table)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("p000", "gone", "none")],
        [("p000", "p001", "substitute")],
        [("p000", "p001", "substitute"), ("p001", "p000", "none")],
        [("p000", f"p{row:03d}", "substitute") for row in range(1, 90)],
    ],
)
def test_labels_too_few_or_of_one_kind_teach_no_judge(rows):
    snapshot, _ = labelled_shop()
    trained = fit(snapshot, settings=QUICK, labels=table(rows))
    assert trained.pair_judge is None
    assert not trained.relations.is_calibrated
    assert "judge" in trained.metrics["labels"]
    assert np.isfinite(trained.judge(["p000"], ["p001"])).all()


def test_people_outrank_weak_labels():
    snapshot, _ = labelled_shop(size=12)
    trained = fit(snapshot, settings=QUICK, labels=table([("p000", "p001", "complement")]))
    assert trained.relations.of("p000", "SUBSTITUTES_FOR").num_rows < 12
    assert trained.metrics["num_complement_pairs"] == 2
    assert trained.metrics["stands_on"]["complements"] == "people's labels"


def test_a_denied_pair_is_of_its_kind_no_more_and_may_be_of_the_other():
    pairs = sorted_pairs(np.array([0, 1]), np.array([1, 0]), np.ones(2), 5, 0)
    weak = WeakLabels(pairs, pairs, np.empty(0, np.int64))
    people = read_labels(table([("p1", "p0", "not_substitute")]), SKUS)
    told = told_by_people(weak, people, len(SKUS), QUICK)
    assert told.substitutes.anchors.tolist() == [1]
    assert told.complements.anchors.tolist() == [0, 1]


names = st.lists(st.text(max_size=12) | st.none(), min_size=41, max_size=41)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(names, st.integers(0, 10**6))
def test_any_names_and_any_labels_are_judged(names, seed):
    snapshot = snapshot_of({"sku": [f"p{row:02d}" for row in range(41)], "name": names})
    content = read_content(snapshot, QUICK)
    generator = np.random.default_rng(seed)
    left, right = np.arange(40), np.arange(1, 41)
    labels = PairLabels(left, right, generator.integers(0, 3, 40), {})
    judge = teach(read_likeness(snapshot, content, QUICK), None, labels, seed=0)
    assert judge is not None
    chances = judge.probabilities(left, right)
    assert np.isfinite(chances).all()
    assert chances.sum(axis=1) == pytest.approx(np.ones(40))
