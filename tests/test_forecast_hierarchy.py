"""Hierarchy: sums of one forecast by different things agree, and are as wide as misses are shared."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from forecast.hierarchy import drawn, shared_misses, summed
from schema.demand import LEVELS, DemandForecast


def told(num_rows=40, seed=0, num_weeks=2):
    """Normal units of products in stores, in weeks; and the category and store of each row."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(50, 90, num_rows)
    quantiles = mean[:, None] + 10 * norm.ppf(np.array(LEVELS))
    week = np.datetime64("2024-01-01") + 7 * (np.arange(num_rows) % num_weeks)
    store = np.array([f"s{one}" for one in rng.integers(0, 4, num_rows)], object)
    sku = np.array([f"p{one}" for one in range(num_rows)], object)
    category = np.array([f"c{one}" for one in rng.integers(0, 5, num_rows)], object)
    return DemandForecast(sku, store, week, mean, quantiles), category


def by_week(found):
    return pd.Series(found.mean).groupby(found.starts_on).sum().to_numpy()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100), st.floats(0, 0.9), st.integers(1, 60))
def test_sums_of_every_kind_make_the_same_total(seed, correlation, num_rows):
    one, category = told(num_rows, seed)
    kinds = (one.store_id, category, one.sku, np.full(num_rows, "total", object))
    totals = [by_week(summed(one, groups, correlation=correlation)) for groups in kinds]
    for total in totals:
        np.testing.assert_allclose(total, totals[-1])


def test_sums_are_the_librarys_bottom_up():
    from hierarchicalforecast.methods import BottomUp  # heavy, and wanted here alone

    one, category = told(24, num_weeks=1)
    bottom = summed(one, one.sku, correlation=0.2)
    order = {sku: place for place, sku in enumerate(bottom.group)}
    found = summed(one, category, correlation=0.2)
    matrix = np.zeros((len(found), len(bottom)))
    for sku, name in zip(one.sku, category, strict=True):
        matrix[list(found.group).index(name), order[sku]] = 1
    sums = np.vstack([matrix, np.eye(len(bottom))])
    base = np.concatenate([np.zeros(len(found)), bottom.mean])[:, None]
    fitted = BottomUp().fit_predict(S=sums, y_hat=base)
    np.testing.assert_allclose(fitted["mean"][: len(found), 0], found.mean)


@pytest.mark.parametrize(("correlation", "sd"), [(0.0, 10 * np.sqrt(100)), (0.5, 10 * np.sqrt(100 + 100 * 99 * 0.5))])
def test_a_sum_is_as_wide_as_misses_are_shared(correlation, sd):
    one, _ = told(100, num_weeks=1)
    found = summed(one, np.full(100, "total", object), correlation=correlation)
    assert found.mean[0] == pytest.approx(one.mean.sum(), rel=0.02)
    width = found.quantiles[0, -1] - found.quantiles[0, 0]
    assert width == pytest.approx(2 * norm.ppf(0.95) * sd, rel=0.2)


def test_a_draw_at_a_level_is_its_quantile():
    one, _ = told(3)
    np.testing.assert_allclose(drawn(one.quantiles, np.tile(np.array(LEVELS), (3, 1))), one.quantiles)


def test_shared_misses_are_found_again():
    rng = np.random.default_rng(0)
    weeks = np.repeat(np.arange(200), 30)
    scaled = np.sqrt(0.3) * rng.standard_normal(200)[weeks] + np.sqrt(0.7) * rng.standard_normal(len(weeks))
    assert shared_misses(scaled, weeks) == pytest.approx(0.3, abs=0.06)
    assert shared_misses(rng.permutation(scaled), weeks) == pytest.approx(0, abs=0.03)
    assert shared_misses(np.empty(0), np.empty(0, np.int64)) == 0
