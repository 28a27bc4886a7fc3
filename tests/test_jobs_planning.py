"""Planning from the lake: forecasts, terms, positions, proposals, and what is refused."""

from datetime import date, timedelta

import numpy as np
import pytest
from day_shops import daily_rows, shop_of_days
from lake_shops import PUBLISHED_AT, stage

from jobs.forecast import forecast_weeks, save_fans, summed_by
from jobs.replenish import Wish, replenish, table_of
from lake.sources import table_source
from lake.store import Lake
from lake.terms import known_deliveries, order_terms, positions
from schema.errors import BadInput, EmptyWindow, MissingTable, NotFound
from schema.grouping import Grain, Grouping
from schema.order_policy import OrderPolicy

MONDAY = date(2024, 1, 1)
NUM_WEEKS = 30
DAY = MONDAY + timedelta(weeks=NUM_WEEKS)


def week(number):
    return MONDAY + timedelta(weeks=number)


def shop(seed=0):
    """Two products of one supplier in two stores, 30 weeks of Poisson demand, a late order of the first."""
    rng = np.random.default_rng(seed)
    weekly = [
        {
            "sku": sku,
            "store_id": store,
            "week_starts_on": week(number),
            "units": float(rng.poisson(mean)),
            "price": 2.0,
            "on_hand_units": 5.0,
        }
        for sku, mean in (("a", 20), ("b", 4))
        for store in ("S1", "S2")
        for number in range(NUM_WEEKS)
    ]
    order = {"supplier_id": "V1", "sku": "a", "store_id": "S1", "units_ordered": 12.0}
    done = [
        {**order, "order_id": f"o{n}", "ordered_on": week(n), "promised_on": week(n + 1), "delivered_on": week(n + 1)}
        for n in range(20)
    ]
    late = {**order, "order_id": "late", "ordered_on": DAY - timedelta(20), "promised_on": DAY - timedelta(9)}
    return {
        "products": [{"sku": "a", "supplier_id": "V1", "unit_cost": 1.0}, {"sku": "b", "supplier_id": "V1"}],
        "suppliers": [{"supplier_id": "V1", "lead_time_days": 7.0}],
        "supplies": [
            {"supplier_id": "V1", "sku": "b", "unit_cost": 3.0, "pack_units": 6.0, "min_order_units": 12.0},
            {"supplier_id": "V2", "sku": "b", "unit_cost": 1.0},
        ],
        "stores": [{"store_id": "S1"}, {"store_id": "S2"}],
        "weekly_sales": weekly,
        "deliveries": [*done, late],
    }


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replenish")
    lake = Lake(str(folder / "lake"))
    tables = shop()
    tables["suppliers"].append({"supplier_id": "V2"})
    lake.publish(stage(folder, tables), published_at=PUBLISHED_AT)
    return lake.at(1)


def test_terms_are_those_of_the_products_own_supplier(version):
    a, b = order_terms(table_source(version), DAY).to_dict("records")
    assert (a["supplier_id"], a["unit_cost"], a["pack_units"], a["min_order_units"]) == ("V1", 1.0, 1.0, 1.0)
    assert (b["supplier_id"], b["unit_cost"], b["pack_units"], b["min_order_units"]) == ("V1", 3.0, 6.0, 12.0)


def test_positions_are_what_was_known_on_the_day(version):
    now = positions(table_source(version), DAY).set_index(["store_id", "sku"])
    assert now.loc[("S1", "a")].tolist() == [5.0, 12.0]
    assert now.loc[("S2", "a")].tolist() == [5.0, 0.0]
    earlier = known_deliveries(table_source(version), week(3)).to_pylist()
    assert [row["delivered_on"] for row in earlier] == [week(1), week(2), None]


def test_orders_are_proposed_with_reasons_and_late_suppliers_named(version):
    found = replenish(version, OrderPolicy(level=0.95))
    assert found.as_of == DAY
    assert found.num_lines == 4
    (late,) = found.late
    assert (late.supplier_id, late.most_days_late, late.usual_days_late) == ("V1", 9, 0.0)
    orders = {(one.store_id, one.sku): one for one in found.proposals}
    assert orders[("S2", "a")].units > orders[("S1", "a")].units > 10
    assert all(one.units % 6 == 0 and one.units >= 12 for (_, sku), one in orders.items() if sku == "b")
    assert table_of(found.proposals).num_rows == len(found.proposals)


def test_only_what_is_asked_for_is_ordered(version):
    found = replenish(version, OrderPolicy(budget=0), wish=Wish(store_id="S1", skus=("b",)))
    assert (found.num_lines, found.proposals) == (1, [])


@pytest.mark.parametrize(
    ("wish", "error"),
    [(Wish(store_id="S9"), NotFound), (Wish(supplier_id="V9"), NotFound), (Wish(skus=("z",)), NotFound)],
)
def test_what_is_unknown_is_named(version, wish, error):
    with pytest.raises(error):
        replenish(version, OrderPolicy(), wish=wish)


def test_a_day_before_any_week_and_a_level_of_one_are_refused(version):
    with pytest.raises(EmptyWindow):
        replenish(version, OrderPolicy(), as_of=MONDAY)
    with pytest.raises(BadInput):
        replenish(version, OrderPolicy(level=1.0))


def test_a_shop_without_weekly_sales_is_told_so(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, {"products": [{"sku": "a"}]}), published_at=PUBLISHED_AT)
    with pytest.raises(MissingTable, match="weekly_sales"):
        replenish(lake.at(1), OrderPolicy())


def test_weeks_ahead_are_told_and_drawn(version, tmp_path):
    found = forecast_weeks(version, weeks=3, store_id="S1")
    told = found.forecast.table()
    assert told.num_rows == 6
    assert told.column("week_starts_on").to_pylist()[:3] == [week(NUM_WEEKS + ahead) for ahead in range(3)]
    assert 14 < told.column("mean").to_numpy()[:3].mean() < 26
    save_fans(found, tmp_path / "fans.svg")
    assert (tmp_path / "fans.svg").stat().st_size > 1000
    with pytest.raises(NotFound, match="no product with weekly sales z"):
        forecast_weeks(version, weeks=3, sku="z")


def test_days_ahead_are_told_and_drawn(tmp_path, version):
    lake = Lake(str(tmp_path / "lake"))
    shop = shop_of_days(daily_sales=daily_rows(num_weeks=20, num_products=2))
    lake.publish(stage(tmp_path, shop), published_at=PUBLISHED_AT)
    found = forecast_weeks(lake.at(1), weeks=2, grain=Grain.DAY, store_id="S1")
    told = found.forecast.table().to_pandas()
    assert told["sold_on"].tolist()[:14] == [date(2023, 1, 2) + timedelta(weeks=20, days=ahead) for ahead in range(14)]
    weeks = forecast_weeks(lake.at(1), weeks=2, store_id="S1").forecast
    np.testing.assert_allclose(told["mean"].to_numpy().reshape(-1, 7).sum(axis=1), weeks.mean)
    save_fans(found, tmp_path / "fans.svg")
    assert "Units a day" in (tmp_path / "fans.svg").read_text()
    with pytest.raises(MissingTable, match="daily_sales"):
        forecast_weeks(version, weeks=3, grain=Grain.DAY)


def test_sums_by_every_kind_make_the_same_total(version):
    found = forecast_weeks(version, weeks=2)
    whole = summed_by(version, found, Grouping.TOTAL)
    assert len(whole) == 2
    for by in Grouping:
        told = summed_by(version, found, by).table(by.value).to_pandas()
        np.testing.assert_allclose(told.groupby("week_starts_on")["mean"].sum(), whole.mean)
    assert set(summed_by(version, found, Grouping.STORE).group) == set(found.forecast.store_id)
