"""Temperatures and weak labels: what was done to scores is undone, and every ingredient can be left out."""

from dataclasses import replace

import numpy as np
import pytest
from learning_shops import snapshot_of
from test_gnn_training import QUICK, shop

from evaluation.ablation import INGREDIENTS
from gnn.calibration import temperature, unrelated
from gnn.content import read_content
from gnn.learning import learn, lessons_of, weak_labels
from gnn.steady import steady_torch
from gnn.targets import switches
from gnn.training import fit, product_counts
from schema.progress import silent


def test_temperature_undoes_what_was_done_to_scores():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(20_000, 3))
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    kinds = (generator.random((len(scores), 1)) > chances.cumsum(axis=1)[:, :2]).sum(axis=1)
    scale, constants = temperature(scores * 3 + np.array([1.0, -2.0, 0.0]), kinds, np.ones(len(kinds)))
    assert scale == pytest.approx(1 / 3, rel=0.05)
    assert constants[:2] == pytest.approx([-1 / 3, 2 / 3], abs=0.08)


def test_unrelated_pairs_are_neither_related_nor_one_product():
    category = np.array([0, 0, 0, 1, 1, -1])
    related = np.array([1, 6])
    near, far = unrelated(related, 500, category, np.random.default_rng(0))
    for keys in (near, far):
        assert not np.isin(keys, related).any()
        assert (keys // 6 != keys % 6).all()
    assert (category[near // 6] == category[near % 6]).all()
    assert (category[near // 6] >= 0).all()


def test_switches_below_chance_are_avoided_both_ways():
    snapshot = snapshot_of(
        {"sku": list("abc"), "name": ["x", "y", "z"]},
        switched={
            "source": [0, 1, 0],
            "target": [1, 0, 2],
            "num_switches": [4, 4, 2],
            "num_customers": [1, 1, 1],
            "lift": [0.5, 1.2, 2.0],
        },
    )
    switched, avoided = switches(snapshot)
    assert switched.toarray()[0].tolist() == pytest.approx([0, 0, 2 * np.log(3)])
    assert avoided.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert switches(snapshot, by_lift=False)[1].nnz == 0


@pytest.mark.slow
def test_pairs_in_folds_left_out_of_the_heads_give_the_weights():
    settings = replace(QUICK, epochs=8, own_epochs=25)
    snapshot = shop()
    content, counts = read_content(snapshot, settings), product_counts(snapshot, None)
    labels = weak_labels(snapshot, content, counts, settings)
    held_out, rest = (labels.of_fold(0, held_out=one) for one in (True, False))
    assert len(held_out.complements) + len(rest.complements) == len(labels.complements)
    assert set(held_out.complements.folds.tolist()) == {0}
    lessons = lessons_of(snapshot, content, counts, settings, silent)
    course = replace(lessons.course, settings=replace(settings, without=("held out",)))
    with steady_torch(settings):
        seen, unseen = learn(replace(lessons, course=course), labels), learn(lessons, labels)
    assert seen.weights is not None
    assert not np.allclose(seen.weights, unseen.weights)


@pytest.mark.slow
def test_every_ingredient_can_be_left_out():
    quick = replace(QUICK, epochs=1, own_epochs=2)
    whole = fit(shop(), settings=quick)
    spare = {"attributes", "price and size", "SC", "CS", "B", "twins", "switch lift"}  # not needed by so small a shop
    for name in INGREDIENTS:
        less = fit(shop(), settings=replace(quick, without=(name,)))
        assert less.relations.table.num_rows > 0
        assert name in spare or not less.relations.table.equals(whole.relations.table), name
