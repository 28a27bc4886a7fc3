"""The ranker as served: it answers as the hybrid it was saved from, through a registry and without its baskets."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ranking_hybrid import SIZE, shop
from test_registry_store import save

from ranking.basket_features import basket_pool, fit_components
from ranking.dual_vectors import DualVectors, LogScores
from ranking.histories import Histories
from ranking.hybrid import fit_hybrid
from ranking.lessons import lessons
from ranking.models import ItemWeights, fit_item_cosine
from ranking.one_basket import OneBasket, OneHistory
from ranking.saved import open_ranker, saved
from registry.store import Registry
from schema.artefact import Artefact
from schema.decisions import Bought
from schema.embeddings import EmbeddingTable
from schema.ranker import SavedRanker

pytestmark = pytest.mark.slow

UNTIL = 100.0


def components(baskets, until):
    """A leading model that knows nothing, dense, a sparse one that knows the pairs, and random vectors."""
    generator = np.random.default_rng(5)
    nothing = ItemWeights(generator.normal(size=(SIZE, SIZE)).astype(np.float32))
    vectors = DualVectors(*generator.normal(size=(2, SIZE, 4)).astype(np.float32))
    scorers = {"ridge": nothing, "cosine": fit_item_cosine(baskets), "network": LogScores(vectors)}
    alike = sp.csr_matrix(np.eye(SIZE, k=1, dtype=np.float32))
    return fit_components(baskets, scorers, until=until, alike=alike, most_bought=10)


@pytest.fixture(scope="module")
def hybrid():
    """One of its orders is led by the leading model too, the other is not, whatever the fit prefers."""
    earlier, later = shop(0, 600), shop(1, 500, begins=50.0)
    found = fit_hybrid(components(earlier, 50.0), lessons(later, seed=0), components(later, UNTIL))
    return replace(found, anonymous=replace(found.anonymous, is_led=True), known=replace(found.known, is_led=False))


@pytest.fixture(scope="module")
def artefact(hybrid, tmp_path_factory):
    network = hybrid.components.scorers["network"].model
    registry = Registry(tmp_path_factory.mktemp("registry"))
    spaces = {"complement_anchor": network.anchors, "complement_candidate": network.candidates}
    plain = save(registry)
    version = registry.save(
        relations=plain.relations,
        embeddings=EmbeddingTable(tuple(f"p{row:02d}" for row in range(SIZE)), spaces),
        popularity=plain.popularity,
        manifest={},
        ranker=saved(hybrid, until=UNTIL),
    ).model_version
    return registry.load(version)


def test_an_order_was_learnt(hybrid):
    assert hybrid.anonymous is not None, hybrid.why
    assert hybrid.known is not None, hybrid.why


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=8),
    st.dictionaries(st.integers(0, SIZE - 1), st.tuples(st.floats(0.1, 5.0), st.integers(1, 9), st.integers(0, 90))),
)
def test_what_is_served_is_what_was_fitted(hybrid, artefact, basket, bought):
    history = [
        (row, Bought(f"p{row:02d}", strength, number, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=UNTIL - ago)))
        for row, (strength, number, ago) in sorted(bought.items())
    ]
    found = open_ranker(artefact).ranked(list(basket), history)
    visible = sp.csr_matrix(np.isin(np.arange(SIZE), list(basket)).astype(np.float32)[None, :])
    columns = [
        [one.strength for _, one in history],
        [one.num_baskets for _, one in history],
        [2.0 ** (-ago / 21.0) for _, (_, _, ago) in sorted(bought.items())],
    ]
    rows = np.zeros((3, SIZE), np.float32)
    for row, values in enumerate(columns):
        rows[row, sorted(bought)] = values
    expected = hybrid.with_histories(visible, Histories(*(sp.csr_matrix(row[None, :]) for row in rows)))[0]
    order = np.argsort(-found.scores, kind="stable")
    assert np.allclose(np.diff(expected[found.rows[order]]), np.diff(found.scores[order]), atol=1e-3)
    assert (found.scores > 0).all()
    assert not basket & set(found.rows.tolist())
    assert set(found.callers.tolist()) <= basket | {-1}


def pools(parts, basket, bought):
    """The pool that many baskets would have, and that of one basket with who calls: alone, then with its customer."""
    held, products = np.array(sorted(basket), np.int64), np.array(sorted(bought), np.int64)
    figures = np.array([bought[row] for row in sorted(bought)], np.float32).reshape(-1, 3).T.copy()
    rows = [sp.csr_matrix((each, products, [0, len(products)]), shape=(1, SIZE)) for each in figures]
    visible = sp.csr_matrix((np.ones(len(held), np.float32), held, [0, len(held)]), shape=(1, SIZE))
    for one, many in ((None, None), (OneHistory(products, figures), Histories(*rows))):
        yield basket_pool(parts, visible, many)[0], OneBasket(parts, held, one).pool()


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=8),
    st.dictionaries(st.integers(0, SIZE - 1), st.tuples(st.floats(0.0, 5.0), st.integers(1, 9), st.floats(0, 1))),
)
def test_one_basket_has_the_candidates_and_features_of_many_to_the_last_bit(hybrid, basket, bought):
    for expected, (found, called) in pools(hybrid.components, basket, bought):
        assert np.array_equal(found.items, expected.items)
        assert np.array_equal(found.features, expected.features)
        assert set(called.tolist()) <= basket | {-1}


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=8),
    st.dictionaries(st.integers(0, SIZE - 1), st.tuples(st.floats(0.0, 5.0), st.integers(1, 9), st.floats(0, 1))),
)
def test_few_weights_a_product_lead_to_the_same_features_without_looking_at_all_products(hybrid, seed, basket, bought):
    draw = np.random.default_rng(seed)
    sparse = {
        name: ItemWeights(sp.random(SIZE, SIZE, 0.2, "csr", np.float32, draw, data_rvs=partial(draw.uniform, 0.1, 1)))
        for name in ("rp3beta", "cosine")
    }
    parts = replace(hybrid.components, scorers=sparse)
    spoken = np.unique(np.concatenate([each.weights[sorted(basket)].indices for each in sparse.values()]))
    for expected, (found, _) in pools(parts, basket, bought):
        # Of fewer than DEPTH products that a model speaks for, many baskets fill up with any: one basket does not.
        assert set(found.items) <= set(expected.items)
        np.testing.assert_allclose(found.features, expected.features[np.isin(expected.items, found.items)], atol=1e-4)
        assert set(spoken) - basket <= set(found.items)


def test_a_version_that_keeps_vectors_alone_opens_and_answers_alike(artefact):
    """As versions did before what vectors say of every pair was kept."""
    state = artefact.ranker
    plan = json.loads(state.texts["plan"])
    plan["scorers"]["network"] = "vectors"
    arrays = {name: array for name, array in state.arrays.items() if name != "network"}
    older = replace(artefact, ranker=SavedRanker(arrays, {**state.texts, "plan": json.dumps(plan)}))
    found, expected = (open_ranker(each).ranked([1, 4, 7], []) for each in (older, artefact))
    assert np.array_equal(found.rows, expected.rows)
    assert found.scores == pytest.approx(expected.scores, abs=1e-3)


def test_a_version_without_an_order_opens_to_none(tmp_path):
    plain: Artefact = save(Registry(tmp_path))
    assert plain.ranker is None
    assert open_ranker(plain) is None


def test_customers_are_not_saved(artefact):
    kept = {"ridge", "cosine", "network", "alike", "counts", "anonymous", "known"}
    assert {name.partition("_")[0] for name in artefact.ranker.arrays} == kept
    assert b"k1" not in b"".join(text.encode() for text in artefact.ranker.texts.values())
