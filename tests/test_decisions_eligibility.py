"""What masks a product is the same whether all are asked about or only some."""

import numpy as np
import service_shop as shop
from hypothesis import given
from hypothesis import strategies as st

from decisions.eligibility import Eligibility
from schema.decisions import Request

MOMENT = shop.moment()
SKUS = MOMENT.facts.base.skus
ROWS = st.lists(st.integers(0, len(SKUS) - 1), max_size=6)
NAMED = st.lists(st.sampled_from([*SKUS, "nobody knows"]), max_size=3)


@given(
    rows=ROWS,
    basket=NAMED,
    exclude=NAMED,
    rejected=ROWS,
    age=st.sampled_from([None, 0, 17, 18, 200]),
    store_id=st.sampled_from([None, *MOMENT.facts.base.store_ids]),
)
def test_some_rows_are_masked_as_among_all(rows, basket, exclude, rejected, age, store_id):
    request = Request(basket=tuple(basket), exclude=tuple(exclude), customer_age=age, store_id=store_id)
    eligibility = Eligibility(MOMENT, request, frozenset(rejected))
    places = np.array(rows, np.int64)
    assert np.array_equal(eligibility.codes_of(places), eligibility.codes[places])
