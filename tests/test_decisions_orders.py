"""Orders from the saved forecast: packs and minima, live stock, what is on its way, planners' words, and replays."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import planning_shops as planning
import pyarrow as pa
import pytest
import service_shop as shop

from decisions.canonical import canonical
from decisions.order_lines import OrderWish, ordering
from decisions.orders import late_now, order_proposals, orders_answer, policy_of, wish_of
from schema.changes import ForecastOverridden, OrderJudged, RecordedChange
from schema.errors import BadInput, MissingTable, NotFound
from schema.order_policy import OrderPolicy, Target

POLICY = OrderPolicy()
S1 = OrderWish(store_id="S1")


def moment(base=None, words=(), **values):
    found = shop.moment(base or planning.facts(), model=planning.artefact(**values))
    changes = [RecordedChange(6 + n, word, shop.NOON) for n, word in enumerate(words)]
    return replace(found, facts=found.facts.with_changes(changes))


def orders(found, wish=S1, policy=POLICY, first=250):
    return {one.sku: one for one in order_proposals(wish, policy, first=first, moment=found).proposals}


def approved(sku, units, **values):
    days = {"order_on": shop.TODAY, "expected_on": shop.TODAY + timedelta(7)}
    word = {"is_approved": True, "reason": "Yes.", "judged_by": "pat"}
    return OrderJudged("d1", "S1", sku, "acme", units, **{**days, **word, **values})


def test_orders_are_whole_packs_of_at_least_the_minimum():
    found = orders(moment(planning.facts(planning.stock(0.0))))
    assert set(found) == set(planning.RATES)
    for one in found.values():
        assert one.units % planning.PACK == 0
        assert one.units >= planning.MINIMUM
        assert one.order_on == shop.TODAY
        assert one.expected_on > one.order_on
        assert 0 <= one.stock_out_probability <= 1
        assert str(round(one.expected_demand, 1)) in one.reason


def test_what_is_on_the_shelf_or_on_its_way_is_not_ordered_again():
    empty = planning.facts(planning.stock(0.0))
    before = orders(moment(empty))["penne"]
    coming = orders(moment(empty, words=[approved("penne", before.units)]))
    assert coming["penne"].on_order_units == before.units if "penne" in coming else True
    assert coming.get("penne", before).units < before.units or "penne" not in coming
    full = orders(moment(planning.facts(planning.stock(1e6))))
    assert full == {}


def test_an_approved_order_counts_until_the_load_knows_it_or_it_is_lost():
    def on_order(*words, on=None):
        found = ordering(replace(S1, order_on=on), POLICY, moment=moment(words=words))
        return dict(zip(found.lines.sku, found.lines.on_order, strict=True))["penne"]

    assert on_order() == 5
    assert on_order(approved("penne", 12.0)) == 17
    known = shop.TODAY - timedelta(2)
    assert on_order(approved("penne", 12.0, order_on=known)) == 5
    assert on_order(approved("penne", 12.0), on=shop.TODAY + timedelta(66)) == 17
    assert on_order(approved("penne", 12.0), on=shop.TODAY + timedelta(67)) == 5
    assert on_order(approved("penne", 12.0), approved("penne", 99.0)) == 17
    assert on_order(approved("penne", 0.0, is_approved=False)) == 5


def test_a_planners_word_moves_the_order_if_the_wish_says_so():
    weeks = [planning.MONDAY + timedelta(weeks=n) for n in range(4)]
    words = [ForecastOverridden("sauce", "S1", week, 80.0, "A fair.", "pat") for week in weeks]
    empty = planning.facts(planning.stock(0.0))
    plain, said = orders(moment(empty)), orders(moment(empty, words=words))
    assert said["sauce"].units > 5 * plain["sauce"].units
    assert said["sauce"].expected_demand == pytest.approx(10 * plain["sauce"].expected_demand, rel=0.35)
    assert orders(moment(empty, words=words), replace(S1, uses_overrides=False)) == plain


def test_a_promotion_to_come_is_ordered_for():
    empty = planning.facts(planning.stock(0.0))
    assert orders(moment(empty, lifted=(0, 1, 2)))["penne"].units > orders(moment(empty))["penne"].units


def test_only_what_is_asked_for_and_ranged_is_looked_at():
    own = order_proposals(OrderWish(supplier_id="acme"), POLICY, first=250, moment=moment())
    assert {one.supplier_id for one in own.proposals} == {"acme"}
    second = order_proposals(OrderWish(store_id="S2"), POLICY, first=250, moment=moment())
    assert second.num_lines == len(planning.RATES) - 1  # S2 does not range cola
    assert second.num_uncounted == second.num_lines
    assert len(order_proposals(S1, POLICY, first=1, moment=moment(planning.facts(planning.stock(0.0)))).proposals) == 1


def test_pooling_counts_what_substitutes_on_the_shelf_take_over():
    pooled = ordering(S1, replace(POLICY, pools_substitutes=True), moment=moment())
    kept = dict(zip(pooled.lines.sku, pooled.lines.kept_share, strict=True))
    assert kept["spaghetti"] == pytest.approx(0.4)
    assert kept["cola"] == 0


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(NotFound):
        order_proposals(OrderWish(store_id="S9"), POLICY, first=1, moment=moment())
    with pytest.raises(NotFound):
        order_proposals(OrderWish(supplier_id="none"), POLICY, first=1, moment=moment())
    with pytest.raises(BadInput, match="weeks told"):
        order_proposals(replace(S1, order_on=shop.TODAY + timedelta(999)), POLICY, first=1, moment=moment())
    with pytest.raises(MissingTable):
        order_proposals(S1, POLICY, first=1, moment=moment(shop.facts()))
    assert "train again" in (order_proposals(S1, POLICY, first=1, moment=shop.moment()).why_none or "")


def test_late_suppliers_stand_beside_the_orders_but_not_in_their_hash():
    usual = planning.supply()
    out = {"ordered_on": shop.TODAY - timedelta(12), "promised_on": shop.TODAY - timedelta(5), "delivered_on": None}
    late = {**usual.deliveries.to_pylist()[0], **out, "units_delivered": None}
    rows = pa.Table.from_pylist([*usual.deliveries.to_pylist(), late], schema=usual.deliveries.schema)
    supply = replace(usual, deliveries=rows)
    found = moment(shop.facts(supply=lambda: supply))
    (one,) = late_now(S1, shop.TODAY, moment=found)
    assert (one.supplier_id, one.num_orders, one.units, one.most_days_late) == ("acme", 1, 5.0, 5)
    assert late_now(replace(S1, supplier_id="bolt"), shop.TODAY, moment=found) == ()
    assert late_now(S1, shop.TODAY - timedelta(6), moment=found) == ()
    assert late_now(S1, None, moment=found) == ()
    assert late_now(S1, shop.TODAY, moment=moment(planning.facts())) == ()
    assert not any("late" in name for name in orders_answer(order_proposals(S1, POLICY, first=1, moment=found)))


def test_inputs_read_back_are_the_same_and_answer_the_same():
    wish, policy = replace(S1, order_on=shop.TODAY), replace(POLICY, target=Target.NEWSVENDOR, budget=500.0)
    assert wish_of({**vars(wish), "order_on": shop.TODAY.isoformat()}) == wish
    assert policy_of({**vars(policy), "target": "newsvendor"}) == policy
    one, other = (
        canonical(orders_answer(order_proposals(wish, policy, first=9, moment=moment(planning.facts())))) for _ in "ab"
    )
    assert one == other
    assert np.isfinite(order_proposals(wish, policy, first=9, moment=moment()).num_proposed)
