"""Hits on planted relations are counted rightly, and what is learnt tells them apart better than heuristics."""

import numpy as np
import pyarrow as pa
import pytest

from evaluation import planted
from evaluation.planted import Labelled


def test_hits_count_anchors_that_have_a_partner():
    labelled = Labelled(
        left=np.array([0, 1]),
        right=np.array([1, 2]),
        kind=np.array([0, 1]),
        anchors=np.array([0, 2]),
        is_cold=np.zeros(3, bool),
    )
    places = np.array([[1, -1], [0, 2], [0, -1]])
    hits = planted._hits({kind: lambda rows: places[rows] for kind in ("substitute", "complement")}, labelled)
    assert hits["substitute_hit@10"][0] == 1
    assert np.isnan(hits["substitute_hit@10"][1])
    assert np.isnan(hits["complement_hit@10"][0])
    assert hits["complement_hit@10"][1] == 0


@pytest.mark.slow
def test_planted_relations_are_told_apart_better_than_by_heuristics():
    report = planted.run("small", seed=0)
    ours = report.results["shelfgraph"]
    for name, figures in report.results.items():
        if name != "shelfgraph":
            assert ours["auc_sub_vs_comp"] > figures["auc_sub_vs_comp"]
            assert ours["hit@10"] > figures["hit@10"]
    chances = np.stack([report.predictions.column(f"p_{kind}").to_numpy() for kind in planted.KINDS], axis=1)
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(chances)))
    assert report.predictions.column("sku").type == pa.string()
