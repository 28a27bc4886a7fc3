"""Popularity, EASE, cosine and RP3beta of baskets agree with loops and one regression a product."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.baskets import basket_matrix, decay, decayed_counts, popularity_table
from ranking.dual_vectors import DualVectors
from ranking.models import ItemWeights, between, fit_ease, fit_item_cosine, fit_popularity, fit_rp3beta


def table(baskets, start=datetime(2020, 1, 1, tzinfo=UTC)):
    rows = [
        {"basket_id": f"b{number:02d}", "sku": sku, "customer_id": None, "bought_at": start + timedelta(days=number)}
        for number, basket in enumerate(baskets)
        for sku in basket
    ]
    schema = pa.schema(
        [
            ("basket_id", pa.string()),
            ("sku", pa.string()),
            ("customer_id", pa.string()),
            ("bought_at", pa.timestamp("us", tz="UTC")),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture
def baskets():
    generator = np.random.default_rng(0)
    sets = [["a", "b"]] * 8 + [["c", "d"]] * 8 + [list(generator.choice(list("abcde"), 2, False)) for _ in range(8)]
    return basket_matrix(table(sets), list("abcde"))


def test_matrix_holds_each_known_product_once_whatever_the_order_of_rows():
    rows = table([["b", "a", "z"], ["z"]])
    matrix = basket_matrix(rows, ["a", "b"])
    shuffled = basket_matrix(rows.take(pa.array([3, 1, 0, 2])), ["a", "b"])
    assert matrix.held.toarray().tolist() == [[1, 1], [0, 0]] == shuffled.held.toarray().tolist()
    assert matrix.basket_ids == ("b00", "b01") == shuffled.basket_ids


def test_popularity_counts_and_decays(baskets):
    assert fit_popularity(baskets, until=0.0).scores == pytest.approx(baskets.held.sum(axis=0).A1)
    until = baskets.days.max()
    recent = decayed_counts(baskets, until=until, half_life_days=2.0)
    by_hand = [(baskets.held[:, item].toarray()[:, 0] * 0.5 ** ((until - baskets.days) / 2)).sum() for item in range(5)]
    assert recent == pytest.approx(by_hand, rel=1e-5)
    assert decay(np.array([1.0, 3.0]), until=3.0, half_life_days=2.0).tolist() == [0.5, 1.0]
    assert popularity_table(baskets, until=until).column("sku").to_pylist()[0] in "abcd"


def test_ease_agrees_with_one_ridge_regression_a_product(baskets):
    held, ridge = baskets.held.toarray().astype(float), 3.0
    weights = fit_ease(baskets, ridge=ridge).weights
    for item in range(5):
        others = [other for other in range(5) if other != item]
        gram = held[:, others].T @ held[:, others] + ridge * np.eye(4)
        wanted = np.linalg.solve(gram, held[:, others].T @ held[:, item])
        assert weights[others, item] == pytest.approx(wanted, rel=1e-4)
        assert weights[item, item] == 0


def test_cosine_agrees_with_a_loop(baskets):
    held = baskets.held.toarray()
    weights = fit_item_cosine(baskets, heaviest=None, shrinkage=2.0).weights.toarray()
    for one in range(5):
        for other in range(5):
            lengths = np.sqrt(held[:, one].sum() * held[:, other].sum())
            wanted = 0 if one == other else held[:, one] @ held[:, other] / (lengths + 2.0)
            assert weights[one, other] == pytest.approx(wanted, rel=1e-5)


def test_rp3beta_agrees_with_a_loop(baskets):
    held, alpha, beta = baskets.held.toarray().astype(float), 0.8, 0.4
    weights = fit_rp3beta(baskets, alpha=alpha, beta=beta).weights.toarray()
    popularity, sizes = held.sum(axis=0), held.sum(axis=1)
    for one in range(5):
        for other in range(5):
            steps = sum(
                (held[row, one] / popularity[one]) ** alpha * (held[row, other] / sizes[row]) ** alpha
                for row in range(len(held))
            )
            wanted = 0 if one == other else steps / popularity[other] ** beta
            assert weights[one, other] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("fit", [fit_ease, fit_item_cosine, fit_rp3beta])
def test_partners_bought_together_come_first(baskets, fit):
    model = fit(baskets)
    scores = model(sp.csr_matrix(np.eye(5, dtype=np.float32)[:1]))
    assert np.asarray(scores)[0].argmax() == 1


def test_heavy_baskets_pull_less_when_capped():
    sets = [["a", "b"]] * 3 + [["a", *[f"x{number}" for number in range(40)]]] * 3
    skus = sorted({sku for basket in sets for sku in basket})
    capped = fit_item_cosine(basket_matrix(table(sets), skus), heaviest=5, shrinkage=0.0).weights
    plain = fit_item_cosine(basket_matrix(table(sets), skus), heaviest=None, shrinkage=0.0).weights
    b, x = skus.index("b"), skus.index("x0")
    assert capped[0, b] / capped[0, x] > plain[0, b] / plain[0, x]


@pytest.mark.parametrize("fit", [fit_item_cosine, fit_ease, fit_rp3beta])
def test_a_basket_alone_scores_as_among_others(fit):
    baskets = basket_matrix(table(["ab", "abc", "cd", "de", "ce", "ace"]), list("abcde"))
    together = fit(baskets)(baskets.held)
    alone = np.concatenate([fit(baskets)(baskets.held[row : row + 1]) for row in range(baskets.held.shape[0])])
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("fit", [fit_item_cosine, fit_ease, fit_rp3beta])
def test_of_many_weights_the_highest_are_kept(fit):
    generator = np.random.default_rng(1)
    skus = [f"p{number:02d}" for number in range(20)]
    baskets = basket_matrix(table([list(generator.choice(skus, 6, False)) for _ in range(60)]), skus)
    whole = fit(baskets).weights
    whole = whole if fit is fit_ease else whole.toarray()
    kept = fit(baskets, keep=3).weights
    assert kept.has_sorted_indices
    for full, few in zip(whole, kept.toarray(), strict=True):
        assert sorted(few[few != 0]) == pytest.approx(sorted(full[full > 0])[-3:], rel=1e-5)


def test_vectors_strongest_pairs_are_those_of_all_pairs():
    generator = np.random.default_rng(2)
    vectors = DualVectors(*generator.normal(size=(2, 700, 4)).astype(np.float32))
    whole = vectors.weights()
    np.fill_diagonal(whole, 0.0)
    kept = vectors.strongest(5).toarray()
    np.testing.assert_allclose(np.sort(kept, axis=1)[:, -5:], np.sort(whole, axis=1)[:, -5:], rtol=1e-4)
    np.testing.assert_allclose(kept[kept > 0], whole[kept > 0], rtol=1e-4)


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(0, 1))
def test_sparse_weights_say_what_dense_ones_do(seed, size, density):
    generator = np.random.default_rng(seed)
    weights = sp.random(size, size, density, format="csr", dtype=np.float32, random_state=generator)
    weights.sort_indices()
    held, items = np.flatnonzero(generator.integers(0, 2, size)), np.flatnonzero(generator.integers(0, 2, size))
    assert np.array_equal(between(weights, held, items), weights.toarray()[np.ix_(held, items)])
    by = generator.normal(size=len(held)).astype(np.float32)
    alone = ItemWeights(weights).of_one(held, by)
    np.testing.assert_allclose(alone, by @ weights.toarray()[held], rtol=1e-5, atol=1e-6)
    rows, columns, told = ItemWeights(weights).entries(held)
    found = np.zeros((len(held), size), np.float32)
    found[rows, columns] = told
    assert np.array_equal(found, weights.toarray()[held])
