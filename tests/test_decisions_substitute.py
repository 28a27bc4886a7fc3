"""Substitute: only for lines that cannot be filled, never out of stock, dearer or of another pack."""

import numpy as np
import pytest
import service_shop as shop
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.packs import amount, is_alike
from decisions.substitute import BasketLine, substitutes_for
from schema.decisions import Availability, WithheldReason
from schema.errors import NotFound

OUT = shop.with_stock(spaghetti=0.0)


def answers(lines, base=OUT, first=5, store_id="S1", **parts):
    return substitutes_for(lines, first=first, moment=shop.moment(base, **parts), store_id=store_id)


def test_a_line_out_of_stock_is_offered_what_can_stand_in_for_it():
    (answer,) = answers([BasketLine("spaghetti"), BasketLine("pesto")])
    assert answer.problem is WithheldReason.OUT_OF_STOCK
    assert [offer.sku for offer in answer.offers] == ["fusilli", "penne"]
    assert answer.offers[0].reason == "Can stand in for Spaghetti."
    assert {w.sku: w.reason for w in answer.withheld} == {
        "lasagne": WithheldReason.ABOVE_PRICE_CEILING,
        "spaghetti_xl": WithheldReason.PACK_TOO_DIFFERENT,
    }


def test_what_can_be_filled_or_was_never_counted_or_is_unknown_needs_nothing():
    lines = [BasketLine("spaghetti"), BasketLine("unobtainium")]
    assert answers(lines, base=None) == []
    assert answers(lines, store_id="S2") == []


def test_more_units_than_there_are_cannot_be_filled_nor_can_a_substitute_with_fewer():
    base = shop.with_stock(fusilli=11.0, penne=12.0)
    (answer,) = answers([BasketLine("spaghetti", units=12)], base=base)
    assert [offer.sku for offer in answer.offers] == ["penne"]
    assert answer.withheld[0].reason is WithheldReason.OUT_OF_STOCK


def test_a_delisted_line_is_replaced_too():
    (answer,) = answers([BasketLine("spaghetti")], base=shop.with_days("delisted_on", spaghetti=shop.TODAY))
    assert answer.problem is WithheldReason.DELISTED
    assert answer.offers


def test_a_ceiling_of_the_line_replaces_the_policy():
    (answer,) = answers([BasketLine("spaghetti", price_ceiling=5.0)])
    assert "lasagne" in [offer.sku for offer in answer.offers]


def test_verdicts_outrank_the_model_in_both_directions():
    words = [
        shop.verdict("spaghetti", "fusilli", "rejected", relation="SUBSTITUTES_FOR"),
        shop.verdict("lasagne", "spaghetti", "pinned", relation="SUBSTITUTES_FOR", position=1),
    ]
    (answer,) = answers([BasketLine("spaghetti", price_ceiling=5.0)], verdicts=words)
    assert [(offer.sku, offer.source) for offer in answer.offers] == [("lasagne", "pinned"), ("penne", "relation")]


def test_a_short_list_is_filled_by_near_vectors_of_the_same_category():
    ones = np.ones((len(shop.SKUS), 2), np.float32)
    model = shop.artefact([], vectors={"substitute_anchor": ones, "substitute_candidate": ones})
    (answer,) = answers([BasketLine("spaghetti")], model=model)
    assert [offer.sku for offer in answer.offers] == ["fusilli", "penne"]


def test_an_unknown_store_is_told():
    with pytest.raises(NotFound, match="store S9"):
        answers([BasketLine("spaghetti")], store_id="S9")


@settings(max_examples=80, deadline=None)
@given(
    stock=st.lists(st.sampled_from([0.0, 3.0, float("nan")]), min_size=20, max_size=20),
    lines=st.lists(st.builds(BasketLine, st.sampled_from(shop.SKUS), st.sampled_from([1.0, 4.0])), max_size=4),
    store_id=st.sampled_from([None, *shop.STORES]),
)
def test_nothing_out_of_stock_is_ever_offered(stock, lines, store_id):
    base = shop.facts(on_hand=np.array(stock, np.float32).reshape(2, 10))
    for answer in answers(lines, base=base, store_id=store_id):
        for offer in answer.offers:
            assert offer.availability is not Availability.OUT
            assert offer.sku not in [line.sku for line in lines]
            row = shop.SKUS.index(offer.sku)
            own = base.prices[shop.SKUS.index(answer.line.sku)]
            assert base.prices[row] <= own * 1.25 + 1e-6
            if store_id:
                units = base.on_hand[shop.STORES.index(store_id), row]
                assert np.isnan(units) or units >= answer.line.units


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ((500, "g"), (0.5, "kg"), True),
        ((500, "g"), (800, "g"), True),
        ((500, "g"), (801, "g"), False),
        ((1, "l"), (100, "cl"), True),
        ((1, "l"), (1, "kg"), False),
        ((6, "pieces"), (6, "Pieces "), True),
        ((float("nan"), "g"), (1, "kg"), True),
        ((500, ""), (1, "kg"), True),
    ],
)
def test_packs_compare_across_units(one, other, alike):
    assert is_alike(amount(*one), amount(*other), 1.6) is alike
    assert is_alike(amount(*other), amount(*one), 1.6) is alike
