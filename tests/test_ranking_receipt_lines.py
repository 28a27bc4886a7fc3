"""Neighbouring lines of receipts, against their definition."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from ranking.baskets import BasketMatrix, basket_matrix
from ranking.receipt_lines import line_windows
from ranking.ridge import RidgeSettings, ridge_sources

SKUS = tuple("abcdefgh")
receipts = st.lists(st.permutations(SKUS).flatmap(lambda order: st.integers(0, 8).map(lambda n: order[:n])), max_size=6)


def baskets_of(orders) -> BasketMatrix:
    """Receipts whose lines are numbered with gaps, for what is unknown or repeated leaves some."""
    lines = np.zeros((len(orders), len(SKUS)), np.int64)
    for row, order in enumerate(orders):
        for place, sku in enumerate(order):
            lines[row, SKUS.index(sku)] = 1 + 3 * place
    ids = tuple(f"b{row}" for row in range(len(orders)))
    held = sp.csr_matrix((lines > 0).astype(np.float32))
    return BasketMatrix(SKUS, ids, (None,) * len(ids), np.arange(len(ids), dtype=float), held, sp.csr_matrix(lines))


@given(receipts.filter(bool), st.integers(1, 9))
def test_a_window_is_a_line_and_those_after_it_on_one_receipt(orders, width):
    windows, basket = line_windows(baskets_of(orders), width=width)
    found = [{SKUS[item] for item in row.indices} for row in windows]
    expected = [(row, set(order[at : at + width])) for row, order in enumerate(orders) for at in range(len(order))]
    assert list(zip(basket.tolist(), found, strict=True)) == expected
    assert set(windows.data) <= {1.0}


def test_without_an_order_a_basket_is_one_window():
    baskets = replace(baskets_of(["abc", "", "bd"]), lines=None)
    windows, basket = line_windows(baskets)
    assert windows is baskets.held
    assert basket.tolist() == [0, 1, 2]


def test_lines_are_read_from_receipts_and_unknown_products_leave_gaps():
    rows = [("b1", "c", 1), ("b1", "x", 2), ("b1", "a", 3)]
    table = pa.table(
        {
            "basket_id": [basket for basket, _, _ in rows],
            "sku": [sku for _, sku, _ in rows],
            "customer_id": pa.nulls(3, pa.string()),
            "bought_at": pa.array([0, 0, 0], pa.timestamp("us", tz="UTC")),
            "line": [line for _, _, line in rows],
        }
    )
    lines = basket_matrix(table, ["a", "b", "c"]).lines
    assert lines.toarray().tolist() == [[3, 0, 1]]
    assert basket_matrix(table.drop_columns("line"), ["a", "b", "c"]).lines is None


def test_what_stands_side_by_side_calls_louder_than_what_shares_a_long_receipt():
    orders = ["abcdefgh", "abhgfedc"] * 20
    sources = ridge_sources(baskets_of(orders), until=40.0, half_life_days=1e9, names=None, network=None)
    near, alone = (sources.fitted(RidgeSettings(lines=share)).weights for share in (0.4, 0.0))
    row = SKUS.index("a")
    assert np.allclose(alone[row, 1:], alone[row, 1])
    assert near[row].argmax() == SKUS.index("b")
