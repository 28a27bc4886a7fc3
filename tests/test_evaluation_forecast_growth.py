"""How the cost of forecasts is told as the shop grows: rows of the size asked for, powers, what larger ones come to."""

import numpy as np
import pytest

from evaluation.forecast_growth import FIGURES, ForecastCost, exponents, extrapolated, made_up_sales, markdown, run

COSTS = [ForecastCost(1_000, 104_000, 10.0, 10.0, 1.0, 2.0, 500.0), ForecastCost(4_000, 416_000, 20, 20, 4, 8, 1_000)]


def test_rows_are_unique_and_of_the_size_asked_for():
    sales, products, stores = made_up_sales(1_200, 5, 0)
    keys = sales.select(["sku", "store_id", "week_starts_on"]).to_pandas()
    assert len(keys) == 6_000
    assert not keys.duplicated().any()
    assert keys["sku"].nunique() == products.num_rows == 500
    assert keys["store_id"].nunique() == stores.num_rows == 3


def test_growth_is_told_as_a_power_and_beyond_the_largest_in_proportion():
    assert exponents(COSTS, "told_seconds") == [pytest.approx(1.0)]
    assert exponents(COSTS, "fit_seconds") == [pytest.approx(0.5)]
    assert extrapolated(COSTS, "fit_seconds", 40_000) == 200
    assert extrapolated(COSTS, "fit_seconds", 10) == 20
    told = markdown(COSTS)
    assert all(title in told for title, _ in FIGURES.values())
    assert "| 1,200 |" in told


@pytest.mark.slow
def test_a_small_size_is_measured_in_a_process_of_its_own():
    (cost,) = run([300], num_weeks=30, ahead=2, threads=1)
    assert cost.num_rows == 9_000
    assert cost.fit_cpu_seconds > 0
    assert cost.told_seconds > 0
    assert np.isfinite(cost.peak_mib)
