"""Measures of judged pairs agree with scikit-learn and loops; intervals are as wide as they must be."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from measures.bootstrap import paired_difference
from measures.pairs import auc, brier, calibration_error, class_f1, macro_f1


@pytest.fixture
def pairs():
    generator = np.random.default_rng(1)
    return np.round(generator.random(300), 2), generator.random(300) < 0.4


def test_auc_agrees_with_sklearn_ties_included(pairs):
    assert auc(*pairs) == pytest.approx(roc_auc_score(pairs[1], pairs[0]))


def test_auc_of_one_class_is_unknown():
    assert np.isnan(auc(np.array([0.1, 0.2]), np.array([True, True])))


def test_f1_agrees_with_sklearn():
    generator = np.random.default_rng(2)
    truth, guess = generator.integers(0, 3, 200), generator.integers(0, 3, 200)
    assert macro_f1(truth, guess, num_classes=3) == pytest.approx(f1_score(truth, guess, average="macro"))
    assert class_f1(truth, guess, num_classes=3) == pytest.approx(f1_score(truth, guess, average=None))


def test_calibration_error_agrees_with_a_loop(pairs):
    probabilities, truth = pairs
    total = 0.0
    for low in range(15):
        inside = [place for place, one in enumerate(probabilities) if min(int(one * 15), 14) == low]
        if inside:
            total += len(inside) / 300 * abs(probabilities[inside].mean() - truth[inside].mean())
    assert calibration_error(probabilities, truth) == pytest.approx(total)


def test_brier_is_zero_for_certain_truth_and_two_for_certain_error():
    certain = np.eye(3)
    assert brier(certain, np.array([0, 1, 2])) == 0
    assert brier(certain, np.array([1, 2, 0])) == 2


def test_bootstrap_holds_the_mean_and_narrows_with_queries():
    generator = np.random.default_rng(3)
    few, many = generator.normal(0.5, 1, 50), generator.normal(0.5, 1, 5000)
    wide = paired_difference(few, np.zeros(50), seed=0)
    narrow = paired_difference(many, np.zeros(5000), seed=0)
    assert wide.mean == pytest.approx(few.mean())
    assert wide.low < wide.mean < wide.high
    assert narrow.high - narrow.low == pytest.approx(2 * 1.96 / np.sqrt(5000), rel=0.15)
    assert narrow.high - narrow.low < wide.high - wide.low


def test_bootstrap_by_group_is_wider_when_groups_move_together():
    gaps = np.repeat(np.random.default_rng(4).normal(size=40), 25)
    alone = paired_difference(gaps, np.zeros(1000), seed=0)
    grouped = paired_difference(gaps, np.zeros(1000), seed=0, groups=np.repeat(np.arange(40), 25))
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)


def test_bootstrap_refuses_nothing():
    with pytest.raises(ValueError, match="filled"):
        paired_difference(np.array([]), np.array([]), seed=0)
