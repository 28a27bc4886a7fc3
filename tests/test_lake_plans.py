"""What is planned by week and by day, by plain loops over promotions and price windows."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT, stage

from lake.plans import planned_days, planned_weeks
from lake.store import Lake

MONDAY = date(2024, 3, 4)
WEEKS = [MONDAY + timedelta(weeks=at) for at in range(3)]
KEYS = pd.DataFrame({"sku": ["a", "a", "b"], "store_id": ["S1", "S2", "S1"]})
DAYS = st.integers(-3, 24)


@st.composite
def plans(draw):
    """Promotions `(sku, store or None, kind, first day, end or None, price or None)`, and prices of one sku each."""
    stores = st.sampled_from([None, "S1", "S2"])
    ends = st.one_of(st.none(), st.integers(1, 12))
    promotions = draw(
        st.lists(
            st.tuples(
                st.sampled_from("ab"),
                stores,
                st.sampled_from(["feature", "display"]),
                DAYS,
                ends,
                st.one_of(st.none(), st.just(3.0)),
            ),
            max_size=3,
        )
    )
    starts = draw(st.lists(DAYS, min_size=1, max_size=3, unique=True))
    return promotions, [(start, 4.0 + at) for at, start in enumerate(sorted(starts))]


def lake_of(folder, promotions, prices):
    day = lambda step: MONDAY + timedelta(days=step)  # noqa: E731  # the shortest name for it
    tables = {
        "products": [{"sku": sku} for sku in "ab"],
        "stores": [{"store_id": store} for store in ("S1", "S2")],
        "prices": [
            {"sku": "a", "price": price, "base_price": price, "valid_from": day(start)} for start, price in prices
        ],
        "promotions": [
            {
                "promotion_id": f"p{at}",
                "kind": kind,
                "starts_on": day(start),
                "ends_on": None if length is None else day(start + length),
            }
            for at, (_, _, kind, start, length, _) in enumerate(promotions)
        ],
        "promotion_products": [
            {"promotion_id": f"p{at}", "sku": sku, "store_id": store, "promo_price": price}
            for at, (sku, store, _, _, _, price) in enumerate(promotions)
        ],
    }
    lake = Lake(str(folder / "lake"))
    lake.publish(stage(folder, {name: rows for name, rows in tables.items() if rows}), published_at=PUBLISHED_AT)
    return lake.at(1)


def by_hand(promotions, prices, sku, store, step):
    """Price, feature and display of one day, `step` days after MONDAY; None: no price is known."""
    running = [
        one
        for one in promotions
        if one[0] == sku and one[1] in (None, store) and one[3] <= step and (one[4] is None or step < one[3] + one[4])
    ]
    known = [price for start, price in prices if start <= step and sku == "a"]
    cuts = [one[5] for one in running if one[5] is not None]
    price = min([*known[-1:], *cuts], default=None)
    return price, *(any(one[2] == kind for one in running) for kind in ("feature", "display"))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(plans())
def test_days_are_told_of_every_week_whose_days_differ(tmp_path_factory, drawn):
    promotions, prices = drawn
    source = lake_of(tmp_path_factory.mktemp("shop"), promotions, prices)
    rows, places, grids = planned_days(source, KEYS, WEEKS)
    told = {key: at for at, key in enumerate(zip(rows.tolist(), places.tolist(), strict=True))}
    assert list(told) == sorted(told)
    for row, (sku, store) in enumerate(KEYS.itertuples(index=False)):
        for place in range(len(WEEKS)):
            days = [by_hand(promotions, prices, sku, store, 7 * place + at) for at in range(7)]
            if (row, place) not in told:
                assert len(set(days)) == 1
                continue
            at = told[row, place]
            for column, name in enumerate(("price", "feature_share", "display_share")):
                wanted = [np.nan if day[column] is None else float(day[column]) for day in days]
                np.testing.assert_allclose(grids[name][at], wanted, err_msg=name)


@pytest.mark.slow
def test_a_week_has_the_price_of_its_first_day_and_shares_of_its_days(tmp_path):
    source = lake_of(
        tmp_path, [("a", "S1", "feature", 2, 3, 3.0), ("a", None, "display", 7, 4, 3.5)], [(0, 4.0), (9, 5.0)]
    )
    found = planned_weeks(source, KEYS, WEEKS)
    np.testing.assert_allclose(found["price"][0], [4.0, 3.5, 5.0])
    np.testing.assert_allclose(found["feature_share"], [[3 / 7, 0, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(found["display_share"][:, 1], [4 / 7, 4 / 7, 0])
    np.testing.assert_allclose(found["price_cut_share"][0], [0, 1, 0])
