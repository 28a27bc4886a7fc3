"""A supplier's delay: cover, losses, substitutes of others, revised orders; more delay never loses less."""

import numpy as np
import planning_shops as planning
import pytest
import service_shop as shop

from decisions import disruption as deciding
from decisions.canonical import canonical
from decisions.disruption import dependents_of, disrupted, disruption_answer
from schema.errors import BadInput, NotFound
from schema.supply import Dependent

OF_ACME = [
    Dependent("fusilli", ("S1",), ()),
    Dependent("spaghetti", ("S1", "S2"), ("fusilli", "penne", "lasagne")),
]


def moment(units=10.0, **values):
    return shop.moment(planning.facts(planning.stock(units)), model=planning.artefact(**values))


def told(days=14, units=10.0, dependents=OF_ACME, **values):
    return disrupted("acme", days, dependents, first=50, moment=moment(units, **values))


def test_ranges_are_ordered_and_lines_are_those_of_the_graph():
    found = told()
    assert {(line.sku, line.store_id) for line in found.lines} == {
        ("fusilli", "S1"),
        ("spaghetti", "S1"),
        ("spaghetti", "S2"),
    }
    assert found.num_lines == 3
    for line in found.lines:
        assert list(line.lost_units) == sorted(line.lost_units)
        assert list(line.cover_days) == sorted(line.cover_days)
    means = [line.mean_lost_units for line in found.lines]
    assert means == sorted(means, reverse=True)
    assert found.mean_lost_units == pytest.approx(sum(means))


def test_days_of_cover_are_stock_over_demand():
    (line,) = [line for line in told(units=28.0).lines if (line.sku, line.store_id) == ("spaghetti", "S1")]
    assert line.cover_days[1] == pytest.approx(14, rel=0.1)
    empty = [line for line in told(units=0.0).lines if line.store_id == "S1"]
    assert all(line.cover_days == (0, 0, 0) for line in empty)


def test_a_longer_delay_never_loses_less_and_plenty_of_stock_loses_nothing():
    totals = [told(days).mean_lost_units for days in (1, 7, 14, 28)]
    assert totals == sorted(totals)
    assert totals[0] > 0
    in_s1 = [Dependent("spaghetti", ("S1",), ())]
    assert told(14, units=1e5, dependents=in_s1).mean_lost_units == 0


def test_substitutes_of_others_with_stock_take_over_their_shares():
    (line,) = [line for line in told().lines if (line.sku, line.store_id) == ("spaghetti", "S1")]
    assert {one.sku for one in line.taken_over} == {"penne", "lasagne"}
    for one in line.taken_over:
        assert np.allclose(one.units, one.share * np.array(line.lost_units))
    assert all(not line.taken_over for line in told(units=0.0).lines)


def test_orders_of_substitutes_grow_by_what_they_take_over():
    found = told(28, units=3.0, dependents=OF_ACME[1:], rates={**planning.RATES, "spaghetti": 400.0})
    (order,) = [one for one in found.orders if one.sku == "penne"]
    assert order.revised_units > order.units
    assert order.supplier_id == "bolt"
    assert (order.revised_units % planning.PACK, order.units % planning.PACK) == (0, 0)


def test_a_substitute_whose_order_falls_away_is_told_with_none(monkeypatch):
    # Order points weigh all lines together: more demand of one may leave another without an order today.
    proposed, told_of = deciding.propose, []

    def propose(lines, policy, *, on):
        told_of.append(len(lines))
        return [] if len(told_of) == 4 else proposed(lines, policy, on=on)

    monkeypatch.setattr(deciding, "propose", propose)
    found = told(28, units=3.0, dependents=OF_ACME[1:], rates={**planning.RATES, "spaghetti": 400.0})
    assert found.orders
    assert all(one.revised_units == 0 < one.units for one in found.orders)


def test_what_cannot_be_asked_is_refused_and_gaps_are_told():
    with pytest.raises(BadInput):
        told(0)
    with pytest.raises(NotFound):
        disrupted("none", 7, [], first=5, moment=moment())
    assert told(dependents=[]).why_none
    assert "train again" in (disrupted("acme", 7, OF_ACME, first=5, moment=shop.moment()).why_none or "")


def test_it_comes_out_again_from_what_is_kept():
    inputs = {"dependents": [vars(one) for one in OF_ACME]}
    assert dependents_of(inputs) == OF_ACME
    assert canonical(disruption_answer(told())) == canonical(disruption_answer(told()))
