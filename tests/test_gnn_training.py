"""Training: planted relations are found, contracts kept, the same seed gives the same vectors."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import scipy.sparse as sp
import torch
from learning_shops import snapshot_of
from torch_geometric.data import HeteroData

from gnn.hetero import hetero_data
from gnn.lessons import draw_candidates
from gnn.settings import TrainSettings
from gnn.targets import fold_of
from gnn.training import fit, fit_vectors
from schema.edges import RELATION_CAP
from schema.errors import EmptyWindow
from schema.relations import RELATION_SCHEMA

QUICK = TrainSettings(
    width=18, text_width=8, attribute_width=4, signature_width=8, hidden=16, epochs=2, own_epochs=6, num_threads=1
)
NEEDS = ("green tea", "black coffee", "oat biscuit", "dark chocolate")


KINDS = ("small", "large", "fine", "rich", "best", "plain")


def shop(order=None, as_of=None):
    """Four needs of six products; needs 0 and 2, 1 and 3 are bought together, products of a need switched."""
    size = 24
    need = np.arange(size) // 6
    products = {
        "sku": [f"p{row:02d}" for row in range(size)],
        "name": [f"{NEEDS[need[row]]} {KINDS[row % 6]}" for row in range(size)],
        "list_price": [1.0 + row % 6 for row in range(size)],
    }
    together = [(i, j) for i in range(size) for j in range(i + 1, size) if need[j] - need[i] == 2]
    switched = [(i, j) for i in range(size) for j in range(size) if need[i] == need[j] and i != j]
    if order is not None:
        together = [together[place] for place in order(len(together))]
        switched = [switched[place] for place in order(len(switched))]
    source, target = map(list, zip(*together, strict=True))
    left, right = map(list, zip(*switched, strict=True))
    ones = [8] * len(source)
    return snapshot_of(
        products,
        together={
            "source": source,
            "target": target,
            "num_baskets": ones,
            "lift": [3.0] * len(ones),
            "ppmi": [1.0] * len(ones),
        },
        switched={
            "source": left,
            "target": right,
            "num_switches": [4] * len(left),
            "num_customers": [3] * len(left),
            "lift": [2.0] * len(left),
        },
        category=need.tolist(),
    )


@pytest.fixture(scope="module")
def trained():
    return fit(shop(), settings=replace(QUICK, epochs=8, own_epochs=25))


def same_vectors(one, other):
    return all(
        np.array_equal(one.embeddings.spaces[key], other.embeddings.spaces[key]) for key in one.embeddings.spaces
    )


def test_snapshot_becomes_hetero_data_with_every_type():
    data = hetero_data(shop())
    assert isinstance(data, HeteroData)
    assert data.validate()
    assert data["Product"].num_nodes == 24
    assert data["Product", "BOUGHT_WITH", "Product"].edge_index.shape == (2, 2 * 72)
    assert data["Product", "IN_CATEGORY", "Category"].edge_weight.tolist() == [1.0] * 24


def test_planted_relations_are_found(trained):
    need = dict(zip(trained.embeddings.skus, np.arange(24) // 6, strict=True))
    for sku in trained.embeddings.skus:
        first = trained.relations.of(sku, "SUBSTITUTES_FOR").slice(0, 5).column("sku").to_pylist()
        assert {need[one] for one in first} == {need[sku]}
        first = trained.relations.of(sku, "COMPLEMENTS").slice(0, 6).column("sku").to_pylist()
        assert {need[one] for one in first} == {(need[sku] + 2) % 4}


def test_products_sold_too_seldom_for_pairs_inherit_their_categories():
    counted = {"num_baskets": [30, 30], "lift": [3.0, 3.0], "ppmi": [1.0, 1.0]}
    names = [f"{NEEDS[row // 6]} {KINDS[row % 6]}" for row in range(24)]
    thin = snapshot_of(
        {"sku": [f"p{row:02d}" for row in range(24)], "name": names},
        category=[row // 6 for row in range(24)],
        families={"source": [0, 1], "target": [2, 3], **counted},
    )
    sold = pa.table({"sku": [f"p{row:02d}" for row in range(24)], "num_baskets": [9.0 - row % 6 for row in range(24)]})
    trained = fit(thin, settings=replace(QUICK, epochs=8, own_epochs=25), purchase_counts=sold)
    assert trained.metrics["stands_on"]["complements"] == "co-purchase of categories"
    table = trained.relations.table
    first = table.filter(pc.and_(pc.equal(table["relation"], "COMPLEMENTS"), pc.equal(table["rank"], 1)))
    anchors, candidates = ([int(sku[1:]) // 6 for sku in first[end].to_pylist()] for end in ("other_sku", "sku"))
    assert len(anchors) == 24
    assert all(abs(a - b) == 2 for a, b in zip(anchors, candidates, strict=True))


@pytest.mark.slow
def test_sampled_softmax_finds_them_too():
    trained = fit(
        shop(),
        settings=replace(QUICK, epochs=8, own_epochs=40, max_candidates=14, drawn_candidates=14, trunk_candidates=14),
    )
    need = dict(zip(trained.embeddings.skus, np.arange(24) // 6, strict=True))
    rows = [row for row in trained.relations.table.to_pylist() if row["rank"] <= 3 and row["relation"] == "COMPLEMENTS"]
    right = [need[row["sku"]] == (need[row["other_sku"]] + 2) % 4 for row in rows]
    assert np.mean(right) > 0.95


def test_drawn_candidates_come_as_often_as_told():
    generator, shares = np.random.default_rng(0), sp.csr_matrix(np.eye(2, 60, dtype=np.float32))
    batch, category = np.array([0, 1]), np.arange(60) // 20
    drawn = [draw_candidates(shares, batch, category, 12, generator) for _ in range(2000)]
    for row in (0, 5, 40):
        seen = [chance[rows == row] for rows, chance in drawn if row in rows]
        assert np.exp(seen[0][0]) == pytest.approx(len(seen) / 2000, abs=0.04)


def test_relations_keep_their_contract(trained):
    table = trained.relations.table
    assert table.schema == RELATION_SCHEMA
    assert not trained.relations.is_calibrated
    rows = table.to_pylist()
    assert rows == sorted(rows, key=lambda row: (row["relation"], row["other_sku"], row["rank"]))
    groups = {}
    for row in rows:
        groups.setdefault((row["relation"], row["other_sku"]), []).append(row)
        assert row["sku"] != row["other_sku"]
        assert 0 < row["probability"] <= 1
    for group in groups.values():
        assert [row["rank"] for row in group] == list(range(1, len(group) + 1))
        assert len(group) <= RELATION_CAP
        chances = [row["probability"] for row in group]
        assert chances == sorted(chances, reverse=True)
    sums = {}
    for row in rows:
        key = row["other_sku"], row["sku"]
        sums[key] = sums.get(key, 0) + row["probability"]
    assert max(sums.values()) <= 1 + 1e-5


def test_evidence_is_the_graphs(trained):
    row = trained.relations.of("p00", "COMPLEMENTS").slice(0, 1).to_pylist()[0]
    assert (row["num_baskets"], row["num_switches"], row["is_same_category"]) == (8, 0, False)
    row = trained.relations.of("p00", "SUBSTITUTES_FOR").slice(0, 1).to_pylist()[0]
    assert (row["num_baskets"], row["num_switches"], row["is_same_category"]) == (0, 4, True)
    assert row["text_similarity"] > 0.3


def test_nearest_never_returns_the_query(trained):
    for sku in trained.embeddings.skus:
        rows, _ = trained.embeddings.nearest(sku, 30, anchor="complement_anchor", candidate="complement_candidate")
        assert trained.embeddings.row(sku) not in rows
        assert len(rows) == 23


def test_inner_products_are_log_probabilities():
    trained = fit(shop(), settings=replace(QUICK, prior_power=0.0, mass_power=0.0))
    spaces = trained.embeddings.spaces
    for relation in ("substitute", "complement"):
        chances = np.exp(spaces[f"{relation}_anchor"] @ spaces[f"{relation}_candidate"].T)
        np.fill_diagonal(chances, 0)
        assert chances.sum(axis=1) == pytest.approx(np.ones(24), rel=1e-3)


def test_vectors_alone_are_those_of_the_whole_fit():
    alone, whole = fit_vectors(shop(), settings=QUICK), fit(shop(), settings=QUICK).embeddings
    assert alone.skus == whole.skus
    assert all(np.array_equal(alone.spaces[name], vectors) for name, vectors in whole.spaces.items())


@pytest.mark.slow
def test_same_seed_gives_the_same_vectors_and_another_seed_others():
    first, second, other = (
        fit(shop(), settings=QUICK),
        fit(shop(), settings=QUICK),
        fit(shop(), settings=replace(QUICK, seed=1)),
    )
    assert same_vectors(first, second)
    assert first.relations.table.equals(second.relations.table)
    assert not same_vectors(first, other)


@pytest.mark.slow
def test_order_of_edges_is_irrelevant():
    shuffled = fit(shop(lambda size: np.random.default_rng(0).permutation(size)), settings=QUICK)
    plain = fit(shop(), settings=QUICK)
    for space, vectors in plain.embeddings.spaces.items():
        assert shuffled.embeddings.spaces[space] == pytest.approx(vectors, abs=2e-2)


def test_settings_of_torch_are_put_back():
    threads = torch.get_num_threads()
    fit(shop(), settings=replace(QUICK, epochs=1, own_epochs=1))
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_folds_are_even_and_the_same_both_ways():
    generator = np.random.default_rng(0)
    left, right = generator.integers(0, 10**6, (2, 50_000))
    folds = fold_of(left, right, 5, seed=3)
    assert np.array_equal(folds, fold_of(right, left, 5, seed=3))
    assert np.bincount(folds, minlength=5) == pytest.approx([10_000] * 5, rel=0.05)


@pytest.mark.parametrize(
    "names", [["same"] * 5, [None] * 5, ["茶", "珈琲", "菓子", "水", "酒"], ["x" * 100_000] + ["y"] * 4]
)
def test_products_alone_are_enough(names):
    trained = fit(snapshot_of({"sku": list("abcde"), "name": names}), settings=QUICK)
    assert trained.metrics["stands_on"]["complements"] == "nothing"
    assert all(np.isfinite(vectors).all() for vectors in trained.embeddings.spaces.values())
    assert "COMPLEMENTS" not in trained.relations.table.column("relation").to_pylist()


def test_one_product_has_no_relation():
    trained = fit(snapshot_of({"sku": ["only"], "name": ["thing"]}), settings=QUICK)
    assert trained.relations.table.num_rows == 0
    assert trained.popularity.to_pylist() == [{"sku": "only", "num_baskets": 0.0}]


def test_no_product_is_told():
    with pytest.raises(EmptyWindow, match="no product"):
        fit(snapshot_of({"sku": []}), settings=QUICK)
