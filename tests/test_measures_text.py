"""Alike names are close in any script."""

import numpy as np
import pytest

from measures.text import name_vectors, pair_similarity


def test_alike_names_are_closer_in_any_script():
    vectors = name_vectors(["RED CAKE STAND", "Pink cake stand", "GARDEN HOSE", "緑茶 500ml", "緑茶 2L", "", None])
    left = np.array([0, 0, 3, 3, 5, 0])
    right = np.array([1, 2, 4, 0, 6, 0])
    cosine = pair_similarity(vectors, left, right)
    assert cosine[0] > 0.4 > cosine[1]
    assert cosine[2] > 0.3 > cosine[3]
    assert cosine[4] == 0
    assert cosine[5] == pytest.approx(1, abs=1e-6)


def test_no_names_at_all():
    assert name_vectors([]).shape[0] == 0
    assert name_vectors(["", ""]).nnz == 0
