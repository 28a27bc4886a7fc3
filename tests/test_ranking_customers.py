"""What customers bought, held out and weighed, as loops and the papers' sums have it."""

import numpy as np
import pytest
from customer_shops import history
from hypothesis import given
from hypothesis import strategies as st

from ranking.customers import as_baskets, distinct, hold_out
from ranking.frequencies import fit_global_top, fit_personal_global_top, fit_personal_top
from ranking.purchase_pairs import PAIR_NAMES, purchase_pairs
from ranking.tifuknn import basket_weights, fit_tifuknn, nearest

BASKETS = st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=6)
SHOPS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), BASKETS, min_size=1)


def rows_of(matrix):
    return [set(np.flatnonzero(row)) for row in matrix.toarray()]


@given(SHOPS)
def test_baskets_stand_by_customer_oldest_first_and_the_last_is_what_is_held_out(shop):
    made = history(shop)
    customers = sorted(shop)
    assert made.customer_ids == tuple(customers)
    assert rows_of(made.held) == [basket for customer in customers for basket in shop[customer]]
    assert made.back.tolist() == [back for customer in customers for back in reversed(range(len(shop[customer])))]
    counts = [[sum(item in basket for basket in shop[customer]) for item in range(6)] for customer in customers]
    assert made.bought.toarray().tolist() == counts
    assert made.popularity.tolist() == np.sum(counts, axis=0).tolist()
    earlier, last = made.without_last()
    several = [customer for customer in customers if len(shop[customer]) > 1]
    assert rows_of(last) == [shop[customer][-1] if customer in several else set() for customer in customers]
    kept = [basket for customer in customers for basket in shop[customer][: -1 if customer in several else None]]
    assert rows_of(earlier.held) == kept
    assert rows_of(distinct(made).held) == rows_of(made.bought) == rows_of(as_baskets(made).held)


@given(SHOPS, st.integers(0, 3))
def test_held_out_and_kept_products_make_the_whole(shop, seed):
    made = history(shop)
    kept, out = hold_out(made, share=0.3, seed=seed)
    for before, left, gone in zip(rows_of(made.bought), rows_of(kept.bought), rows_of(out), strict=True):
        assert left | gone == before
        assert not left & gone
        assert len(gone) == (max(1, round(0.3 * len(before))) if len(before) >= 3 else 0)
    again = hold_out(made, share=0.3, seed=seed)[1]
    assert (again != out).nnz == 0


def test_customers_without_a_basket_and_lines_without_a_customer():
    made = history({"b": [{0}, {1}]}, also=["a", "z"])
    assert made.customer_ids == ("a", "b", "z")
    assert made.num_baskets.tolist() == [0, 2, 0]
    rows = np.arange(3)
    for fit in (fit_global_top, fit_personal_top, fit_personal_global_top, fit_tifuknn):
        assert np.isfinite(fit(made)(rows)).all()
    assert np.array_equal(fit_tifuknn(made)(np.array([0])), fit_tifuknn(made)(np.array([2])))


def test_personal_and_global_tops_order_as_their_names_say():
    made = history({"a": [{0, 1}, {1, 2}], "b": [{3}, {3}], "c": [{3, 4}]})
    first = np.array([0])
    assert np.argsort(-fit_global_top(made)(first)[0], kind="stable").tolist() == [3, 1, 0, 2, 4, 5]
    assert np.argsort(-fit_personal_top(made)(first)[0], kind="stable").tolist()[:3] == [1, 0, 2]
    assert np.argsort(-fit_personal_top(made, rate=0.1)(first)[0], kind="stable").tolist()[:3] == [1, 2, 0]
    assert np.argsort(-fit_personal_global_top(made)(first)[0], kind="stable").tolist() == [1, 0, 2, 3, 4, 5]


def paper_vector(baskets, group_size, within_rate, group_rate, num_products=6):
    """Equations 1 and 2 of Hu et al. 2020 as loops over groups counted from the last basket back."""
    ends = list(range(len(baskets), 0, -group_size))
    groups = [baskets[max(end - group_size, 0) : end] for end in reversed(ends)]
    found = np.zeros(num_products)
    for number, group in enumerate(groups, start=1):
        vector = np.zeros(num_products)
        for place, basket in enumerate(group, start=1):
            for item in basket:
                vector[item] += within_rate ** (len(group) - place) / len(group)
        found += group_rate ** (len(groups) - number) * vector / len(groups)
    return found


@pytest.mark.slow
@given(SHOPS, st.integers(1, 4), st.sampled_from([0.5, 0.9, 1.0]), st.sampled_from([0.3, 0.7, 1.0]))
def test_temporal_frequencies_agree_with_the_papers_sums(shop, group_size, within_rate, group_rate):
    made = history(shop)
    weights = basket_weights(made, group_size=group_size, within_rate=within_rate, group_rate=group_rate)
    vectors = made.weighted(weights).toarray()
    for row, customer in enumerate(made.customer_ids):
        assert vectors[row] == pytest.approx(
            paper_vector(shop[customer], group_size, within_rate, group_rate), abs=1e-5
        )


@pytest.mark.parametrize("is_cosine", [False, True])
def test_nearest_customers_agree_with_sklearn(is_cosine):
    from sklearn.neighbors import NearestNeighbors

    generator = np.random.default_rng(0)
    shop = {f"c{n:02d}": [set(generator.integers(0, 30, 5).tolist()) for _ in range(4)] for n in range(40)}
    made = history(shop, num_products=30)
    model = fit_tifuknn(made, num_neighbours=5, alpha=0.4)
    dense = model.vectors.toarray()
    metric = "cosine" if is_cosine else "euclidean"
    oracle = NearestNeighbors(n_neighbors=6, metric=metric, algorithm="brute").fit(dense).kneighbors(dense)[1][:, 1:]
    near = nearest(model.vectors, np.arange(40), among=model.among, num=5, is_cosine=is_cosine)
    assert rows_of(near) == [set(row) for row in oracle]
    if not is_cosine:
        expected = 0.4 * dense + 0.6 * dense[oracle].mean(axis=1)
        assert model(np.arange(40)) == pytest.approx(expected, abs=1e-5)


@given(SHOPS)
def test_purchase_pairs_agree_with_a_loop(shop):
    made = history(shop)
    pairs = purchase_pairs(made)
    rows, items = (axis.ravel() for axis in np.indices((len(shop), 6)))
    features = dict(zip(PAIR_NAMES, pairs.of(rows, items).T, strict=True))
    for place, (row, item) in enumerate(zip(rows, items, strict=True)):
        baskets = shop[made.customer_ids[row]]
        held = [number for number, basket in enumerate(baskets) if item in basket]
        own = {name: float(values[place]) for name, values in features.items()}
        assert own["times_bought"] == len(held)
        assert own["in_last_three"] == sum(number >= len(baskets) - 3 for number in held)
        assert own["decayed_3"] == pytest.approx(sum(2 ** (-(len(baskets) - 1 - number) / 3) for number in held))
        if held:
            since = len(baskets) - 1 - held[-1]
            assert (own["baskets_since"], own["days_since"]) == (since, since)
        else:
            assert np.isnan(own["baskets_since"])
        if len(held) > 1:
            assert own["usual_gap"] == pytest.approx((held[-1] - held[0]) / (len(held) - 1))
        else:
            assert np.isnan(own["usual_gap"])
