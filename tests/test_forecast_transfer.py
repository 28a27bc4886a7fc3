"""Transferred demand: shares that sum to what is kept, split by what buyers themselves take otherwise."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from forecast_shops import MONDAY, history_from
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.kept_demand import USUAL_KEPT, empty_weeks, measured_kept
from forecast.transfer import diversion, equal_split, purchase_counts, with_transfer_shares
from schema.relations import RELATION_SCHEMA, Relations


def relations_of(edges, relation="SUBSTITUTES_FOR"):
    """Relations of `(candidate, anchor, probability)`."""
    rows = [
        {"relation": relation, "other_sku": anchor, "rank": 1, "sku": sku, "probability": probability}
        for sku, anchor, probability in edges
    ]
    return Relations(pa.Table.from_pylist(rows, schema=RELATION_SCHEMA), is_calibrated=False)


def bought_by(lines):
    """Rows of `(customer, sku)`."""
    customers, skus = zip(*lines, strict=True) if lines else ((), ())
    return pa.table({"sku": pa.array(skus, pa.string()), "customer_id": pa.array(customers, pa.string())})


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), max_size=40), st.integers(0, 9))
def test_an_anchors_shares_sum_to_what_is_kept_whatever_was_bought(lines, seed):
    chances = np.random.default_rng(seed).random((5, 5)) * (1 - np.eye(5))
    edges = [("abcde"[j], "abcde"[i], chances[i, j]) for i in range(5) for j in range(5) if i != j]
    shared, kept = with_transfer_shares(relations_of(edges), bought_by(lines))
    table = shared.table.to_pandas()
    assert table["transfer_share"].between(0, 1).all()
    assert table.groupby("other_sku")["transfer_share"].sum().to_numpy() == pytest.approx(np.full(5, kept.share))


def test_buyers_of_the_anchor_decide_not_everybody():
    lines = [("1", "wanted"), ("1", "near"), ("1", "near"), ("2", "far"), ("2", "far"), ("3", "far"), ("4", "far")]
    shared, _ = with_transfer_shares(relations_of([("near", "wanted", 0.5), ("far", "wanted", 0.5)]), bought_by(lines))
    near, far = shared.table.column("transfer_share").to_pylist()
    assert near > 5 * far


def test_without_customers_what_everybody_buys_decides():
    lines = [(None, "wanted"), *[(None, "often")] * 30, *[(None, "seldom")] * 3]
    edges = [("often", "wanted", 0.5), ("seldom", "wanted", 0.5)]
    often, seldom = with_transfer_shares(relations_of(edges), bought_by(lines))[0].table["transfer_share"].to_pylist()
    assert often / seldom == pytest.approx(30.5 / 3.5, rel=1e-3)


def test_complements_get_no_share_and_a_shop_without_substitutes_none_at_all():
    shared, kept = with_transfer_shares(relations_of([("a", "b", 0.9)], "COMPLEMENTS"), bought_by([("1", "a")]))
    assert shared.table.column("transfer_share").null_count == 1
    assert (kept.share, kept.num_weeks) == (USUAL_KEPT, 0)


def test_diversion_is_the_mean_of_the_buyers_own_shares():
    """Two buyers whose own shares are known by hand, everybody's weight being nearly nothing beside 100 baskets."""
    chances = sp.csr_matrix(np.array([[0, 1.0, 1.0], [0, 0, 0], [0, 0, 0]]))
    counts = sp.csr_matrix(np.array([[0, 0, 0], [1, 300, 100], [3, 100, 300]], float))
    assert diversion(chances, counts)[[0]].toarray().ravel() == pytest.approx([0, 0.375, 0.625], abs=1e-3)
    assert equal_split(chances)[[0]].toarray().ravel() == pytest.approx([0, 0.5, 0.5])


def test_counts_leave_unknown_products_out_and_put_strangers_apart():
    counts = purchase_counts(bought_by([("1", "a"), ("1", "a"), (None, "b"), ("2", "?")]), pa.array(["a", "b"]))
    assert counts.toarray().tolist() == [[0, 1], [2, 0], [0, 0]]


def shop_with_stock_outs(kept, seed=0, num_stores=8, num_weeks=80):
    """Rows where `a` is out a week in twenty and the kept part of its demand goes to `b`, beside six others."""
    rng, rows = np.random.default_rng(seed), []
    for store in range(num_stores):
        for week in range(num_weeks):
            is_out = (week + store) % 20 == 7
            wanted, other = rng.poisson(20), rng.poisson(25)
            units = {"a": 0 if is_out else wanted, "b": other + (rng.binomial(wanted, kept) if is_out else 0)}
            units |= {f"other {number}": rng.poisson(25) for number in range(6)}
            for sku, sold in units.items():
                day = MONDAY + timedelta(weeks=week)
                row = {"sku": sku, "store_id": f"s{store:02d}", "week_starts_on": day, "units": float(sold)}
                rows.append({**row, "on_hand_units": 0.0 if sku == "a" and is_out else 9.0})
    return history_from(rows)


@pytest.mark.parametrize("kept", [0.3, 0.8])
def test_the_kept_part_is_measured_on_stock_outs(kept):
    history = shop_with_stock_outs(kept)
    split = sp.csr_matrix(np.array([[0, 1.0], [0, 0]]))
    found = measured_kept(history, split, ["a", "b"])
    assert found.num_weeks == int(empty_weeks(history).sum()) == 32
    assert abs(found.share - kept) < 3 * found.error + 0.02
    assert found.of(["a", "unheard of"])[1] == found.share


def test_empty_shelves_beside_no_substitute_measure_nothing():
    found = measured_kept(shop_with_stock_outs(0.5, num_stores=1), sp.csr_matrix((2, 2)), ["a", "b"])
    assert (found.share, found.num_weeks) == (USUAL_KEPT, 0)
