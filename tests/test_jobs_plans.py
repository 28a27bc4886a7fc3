"""What is planned moves what commands forecast and order, in its weeks and on its days."""

import numpy as np
import pytest
from plan_shops import PROMOTED, lake_of

from forecast.settings import ForecastSettings
from jobs.forecast import forecast_weeks
from jobs.replenish import replenish
from jobs.save_forecast import forecast_to_save
from schema.grouping import Grain
from schema.order_policy import OrderPolicy

pytestmark = pytest.mark.slow
DAYS = 2, 4
"""The promotion's days in its week, half-open."""
QUICK = ForecastSettings(num_trees=20, is_on_trial=False)


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """The shop without a promotion, with one of a week and with one of two days."""
    settings = (False, (0, 7)), (True, (0, 7)), (True, DAYS)
    return [lake_of(tmp_path_factory.mktemp("shop"), plans, days=days, with_receipts=True) for plans, days in settings]


def test_a_command_sees_what_is_planned(shops):
    plain, planned = (forecast_weeks(shop, weeks=6, settings=QUICK).forecast for shop in shops[:2])
    ratio = (planned.mean / plain.mean).reshape(-1, 6)
    is_promoted = (plain.sku == "b00").reshape(-1, 6)[:, 0]
    assert (ratio[is_promoted, PROMOTED] > 1.5).all()
    np.testing.assert_allclose(ratio[:, :PROMOTED], 1)


def test_orders_see_what_is_planned(shops):
    plain, planned = (
        {(one.sku, one.store_id): one.expected_demand for one in replenish(shop, OrderPolicy(review_days=14)).proposals}
        for shop in shops[:2]
    )
    more = {shelf: planned[shelf] / demand for shelf, demand in plain.items()}
    assert min(ratio for (sku, _), ratio in more.items() if sku == "b00") > 1.1
    assert max(ratio for (sku, _), ratio in more.items() if sku != "b00") < 1.1


def test_days_of_a_command_are_those_saved_plans_and_all(shops):
    told = forecast_weeks(shops[2], weeks=6, grain=Grain.DAY, settings=QUICK).forecast
    saved = forecast_to_save(shops[2], weeks=6, settings=QUICK).forecast
    points = told.mean.reshape(-1, 6, 7)
    for row, (sku, _) in enumerate(zip(*saved.keys(np.arange(len(saved))), strict=True)):
        for week in range(6):
            kept, _ = saved.days.spread(row, int(saved.stores[row]), week, 1.0)
            shares = points[row, week] / points[row, week].sum()
            np.testing.assert_allclose(kept, shares, atol=0.05)
            if sku == "b00" and week == PROMOTED:
                assert shares[slice(*DAYS)].sum() > 1.5 * 2 / 7
                assert kept[slice(*DAYS)].sum() > 1.5 * 2 / 7
