"""Lead times: measured where there are deliveries, else stated, else assumed; and who is late."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from decisions.lead_demand import NUM_DRAWS
from decisions.lead_times import ASSUMED_DAYS, DELIVERIES, late_suppliers, lead_times
from schema.errors import BadInput
from schema.table_specs import SPECS

DAY = date(2024, 3, 1)


def deliveries(rows):
    """Order lines of `(supplier, days from order to delivery, or None)`, promised after 5 days."""
    table = [
        {
            "order_id": str(number),
            "supplier_id": supplier,
            "sku": "p",
            "ordered_on": DAY,
            "promised_on": DAY + timedelta(5),
            "delivered_on": None if days is None else DAY + timedelta(days),
            "units_ordered": 4.0,
        }
        for number, (supplier, days) in enumerate(rows)
    ]
    return pa.Table.from_pylist(table, schema=SPECS["deliveries"].arrow_schema).select(DELIVERIES)


def suppliers(*rows):
    names = ("supplier_id", "lead_time_days", "lead_time_sd_days")
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) for row in rows],
        schema=pa.schema([(names[0], pa.string()), (names[1], pa.float64()), (names[2], pa.float64())]),
    )


def drawn(times, key, stated=np.nan):
    return times.draws(np.array([key], dtype=object), np.array([stated]))[0]


def test_many_deliveries_speak_for_themselves():
    rows = [("V1", 4)] * 60 + [("V1", 12)] * 20
    days = drawn(lead_times(deliveries(rows), suppliers(("V1", 30.0, 1.0))), "V1", stated=40.0)
    assert np.unique(days).tolist() == [4, 12]
    assert (days == 12).mean() == pytest.approx(0.25)


def test_a_few_are_mixed_with_what_is_stated():
    days = drawn(lead_times(deliveries([("V1", 4)] * 10), suppliers(("V1", 20.0, None))), "V1")
    assert (days == 4).mean() == pytest.approx(0.5, abs=0.02)
    assert set(np.unique(days)) == {4, 20}


def test_without_deliveries_the_offers_own_days_count_and_without_any_the_assumed():
    times = lead_times(deliveries([]), suppliers(("V1", 10.0, 2.0)))
    assert drawn(times, "V1").mean() == pytest.approx(10, rel=0.01)
    assert drawn(times, "V1", stated=14.0).mean() == pytest.approx(14, rel=0.01)
    assert drawn(times, "unheard of").tolist() == [ASSUMED_DAYS] * NUM_DRAWS


def test_a_supplier_can_be_thought_later():
    times = lead_times(deliveries([("V1", 4)] * 60), suppliers()).later("V1", 9)
    assert drawn(times, "V1").mean() == 13


def test_a_delivery_before_its_order_is_refused():
    with pytest.raises(BadInput, match="before it was ordered"):
        lead_times(deliveries([("V1", -2)]), suppliers())


def test_who_is_late_is_told_with_the_longest_wait_first():
    rows = deliveries([("V1", None), ("V1", 8), ("V2", None), ("V3", 5)])
    first, second = late_suppliers(rows, on=DAY + timedelta(12))
    assert (first.supplier_id, first.most_days_late, first.usual_days_late, first.skus) == ("V1", 7, 3, ("p",))
    assert (second.num_orders, second.units, second.usual_days_late) == (1, 4.0, None)
    assert late_suppliers(rows, on=DAY + timedelta(5)) == []
