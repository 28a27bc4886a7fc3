"""Skipped by name without a graphics card.

Needs torch, torch_geometric, scipy, scikit-learn and pyarrow alone:
CUBLAS_WORKSPACE_CONFIG=:4096:8 python -m pytest --noconftest tests/test_gnn_gpu.py -s
"""

import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from learning_shops import snapshot_of
from test_gnn_training import QUICK, same_vectors, shop

from gnn.settings import TrainSettings
from gnn.training import fit

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
DRAWN = replace(QUICK, max_candidates=14, drawn_candidates=14, trunk_candidates=14)


@pytest.mark.parametrize("settings", [QUICK, DRAWN], ids=["exact", "drawn"])
def test_a_graphics_card_learns_the_same_twice(settings):
    on_card = replace(settings, device="cuda")
    first, second = fit(shop(), settings=on_card), fit(shop(), settings=on_card)
    assert same_vectors(first, second)
    assert first.relations.table.equals(second.relations.table)


@pytest.mark.parametrize(("settings", "least"), [(QUICK, 0.95), (DRAWN, 0.95)], ids=["exact", "drawn"])
def test_a_graphics_card_finds_what_is_planted(settings, least):
    trained = fit(shop(), settings=replace(settings, device="cuda", epochs=8, own_epochs=40))
    need = dict(zip(trained.embeddings.skus, np.arange(24) // 6, strict=True))
    rows = [row for row in trained.relations.table.to_pylist() if row["rank"] <= 3 and row["relation"] == "COMPLEMENTS"]
    assert np.mean([need[row["sku"]] == (need[row["other_sku"]] + 2) % 4 for row in rows]) > least


@pytest.mark.slow
@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_a_hundred_thousand_products_fit(device):
    generator, size, num_pairs = np.random.default_rng(0), 100_000, 500_000
    ends = np.unique(np.sort(generator.integers(0, size, (num_pairs, 2)), axis=1), axis=0)
    ends = ends[ends[:, 0] < ends[:, 1]]
    ones = np.ones(len(ends))
    large = snapshot_of(
        {"sku": [f"p{row:06d}" for row in range(size)], "name": [f"thing {row % 977} of {row}" for row in range(size)]},
        together={"source": ends[:, 0], "target": ends[:, 1], "num_baskets": 9 * ones, "lift": 3 * ones, "ppmi": ones},
        category=(np.arange(size) // 300).tolist(),
    )
    began = time.perf_counter()
    trained = fit(large, settings=TrainSettings(device=device))
    sys.stdout.write(f"\n100,000 products, {len(ends):,} pairs on {device}: {time.perf_counter() - began:.0f} s\n")
    assert trained.relations.table.num_rows > size
