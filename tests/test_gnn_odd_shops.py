"""Shops with next to nothing to learn from: a simpler model, never a crash."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning_shops import snapshot_of
from test_gnn_labels import QUICK, table

from gnn.training import fit

ONE_PAIR = {"source": [0], "target": [1], "num_baskets": [3], "lift": [2.0], "ppmi": [0.7]}
ONE_SWITCH = {"source": [0], "target": [1], "num_switches": [2], "num_customers": [1], "lift": [1.0]}


@pytest.mark.parametrize(
    "shop",
    [
        {"products": {"sku": list("abc"), "name": ["tea"] * 3, "list_price": [float("nan"), None, -1.0]}},
        {"products": {"sku": list("abc"), "name": ["", None, "—"]}},
        {"products": {"sku": list("ab"), "name": ["tea", "milk"]}, "together": ONE_PAIR},
        {"products": {"sku": list("ab"), "name": ["tea", "tea"]}, "together": ONE_PAIR, "switched": ONE_SWITCH},
        {"products": {"sku": ["a"], "name": ["tea"]}, "category": [0]},
    ],
)
@pytest.mark.parametrize("labels", [None, [("a", "b", "substitute"), ("a", "gone", "none"), ("b", "a", "complement")]])
def test_odd_shops_are_learnt_from(shop, labels):
    shop = dict(shop)
    trained = fit(
        snapshot_of(shop.pop("products"), **shop),
        settings=QUICK,
        labels=table(labels) if labels is not None else None,
    )
    assert all(np.isfinite(space).all() for space in trained.embeddings.spaces.values())
    chances = trained.relations.table.column("probability").to_numpy()
    assert ((chances > 0) & (chances <= 1)).all()
    skus = list(trained.embeddings.skus)
    assert trained.judge(skus, skus[::-1]).sum(axis=1) == pytest.approx(np.ones(len(skus)))
    if labels is not None:
        assert trained.metrics["labels"]["left_out"]


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=8) | st.none(), st.floats() | st.none()), min_size=1, max_size=12),
    st.integers(0, 10**6),
)
def test_any_names_and_prices_are_learnt_from(rows, seed):
    generator, size = np.random.default_rng(seed), len(rows)
    products = {
        "sku": [f"p{row:02d}" for row in range(size)],
        "name": [name for name, _ in rows],
        "list_price": pa.array([price for _, price in rows], pa.float64()),
    }
    source, target = np.triu_indices(size, 1)
    chosen = generator.random(len(source)) < 0.3
    ends = {"source": source[chosen].tolist(), "target": target[chosen].tolist()}
    number = int(chosen.sum())
    counted = {"num_baskets": [3] * number, "lift": [2.0] * number, "ppmi": [0.7] * number}
    category = generator.integers(0, 3, size).tolist()
    trained = fit(snapshot_of(products, together={**ends, **counted}, category=category), settings=QUICK)
    assert all(np.isfinite(space).all() for space in trained.embeddings.spaces.values())
