"""Recommend: nothing ineligible is offered, what is withheld is named, and there is an answer for newcomers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import service_shop as shop
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.advisor import Advisor
from decisions.live import LiveFacts
from decisions.recommend import recommend
from journal.store import Journal
from schema.decisions import Availability, Bought, Request, WithheldReason
from schema.errors import NotFound, NotTrained, Unavailable
from schema.ranker import RankedProducts


def offered(request, first=20, history=(), **parts):
    return [o.sku for o in recommend(request, first=first, moment=shop.moment(**parts), history=history).offers]


def withheld(request, first=20, **parts):
    decision = recommend(request, first=first, moment=shop.moment(**parts))
    return {w.sku: w.reason for w in decision.withheld}


def test_a_product_page_shows_what_goes_with_it_best_first():
    decision = recommend(Request(anchor="spaghetti", customer_age=30), first=3, moment=shop.moment())
    assert [offer.sku for offer in decision.offers] == ["sauce", "pesto", "beer"]
    best = decision.offers[0]
    assert best.probability == pytest.approx(0.9)
    assert (best.source, best.relation, best.because_of) == ("relation", "COMPLEMENTS", "spaghetti")
    assert best.reason == "Goes with Spaghetti; bought together in 37 baskets."
    assert (decision.model_version, decision.changes_sequence) == (shop.MODEL_VERSION, 5)
    assert not decision.is_fallback
    assert decision.withheld == ()


def test_two_anchors_that_agree_outrank_one_that_is_sure():
    edges = [
        ("COMPLEMENTS", "spaghetti", "sauce", 0.8, 3, 0, False),
        ("COMPLEMENTS", "spaghetti", "pesto", 0.7, 3, 0, False),
        ("COMPLEMENTS", "penne", "pesto", 0.7, 3, 0, False),
    ]
    answer = offered(Request(basket=("spaghetti", "penne")), first=2, model=shop.artefact(edges))
    assert answer == ["pesto", "sauce"]


def test_the_basket_is_never_offered_and_is_named_where_it_would_have_been():
    decision = recommend(Request(anchor="spaghetti", basket=("sauce",)), first=1, moment=shop.moment())
    assert [offer.sku for offer in decision.offers] == ["pesto"]
    assert [(w.sku, w.reason) for w in decision.withheld] == [("sauce", WithheldReason.IN_BASKET)]


@pytest.mark.parametrize(
    ("base", "request_", "reason"),
    [
        (shop.with_days("delisted_on", sauce=shop.TODAY), {}, WithheldReason.DELISTED),
        (shop.with_days("launched_on", sauce=shop.TODAY + timedelta(days=1)), {}, WithheldReason.NOT_LAUNCHED),
        (shop.with_stock(sauce=0.0), {"store_id": "S1"}, WithheldReason.OUT_OF_STOCK),
        (shop.with_stock(sauce=-3.0), {"store_id": "S1"}, WithheldReason.OUT_OF_STOCK),
        (None, {"exclude": ("sauce",)}, WithheldReason.EXCLUDED),
        (None, {"price_ceiling": 1.89}, WithheldReason.ABOVE_PRICE_CEILING),
    ],
)
def test_what_may_not_be_offered_is_withheld_with_its_reason(base, request_, reason):
    request = Request(anchor="spaghetti", **request_)
    assert "sauce" not in offered(request, base=base)
    assert withheld(request, first=1, base=base)["sauce"] is reason


@pytest.mark.parametrize(
    "base",
    [
        shop.with_days("delisted_on", sauce=shop.TODAY + timedelta(days=1)),
        shop.with_days("launched_on", sauce=shop.TODAY),
    ],
)
def test_days_are_half_open(base):
    assert offered(Request(anchor="spaghetti"), first=1, base=base) == ["sauce"]


def test_a_store_offers_only_its_range():
    assert withheld(Request(anchor="spaghetti", store_id="S2", customer_age=30))["beer"] is WithheldReason.NOT_RANGED


@pytest.mark.parametrize(("age", "may"), [(None, False), (17, False), (18, True), (40, True)])
def test_age_is_asked_where_the_product_asks(age, may):
    assert ("beer" in offered(Request(anchor="spaghetti", customer_age=age))) is may


def test_only_what_would_have_made_the_page_is_withheld():
    base = shop.with_stock(pesto=0.0)
    assert withheld(Request(anchor="spaghetti", store_id="S1"), first=1, base=base) == {}
    assert set(withheld(Request(anchor="spaghetti", store_id="S1"), first=2, base=base)) == {"pesto", "beer"}


def test_stock_nobody_counted_is_offered_and_flagged_or_not_by_policy():
    decision = recommend(Request(anchor="spaghetti", store_id="S2"), first=1, moment=shop.moment())
    assert decision.offers[0].availability is Availability.UNKNOWN
    strict = shop.moment(policy=replace(shop.moment().policy, offers_unknown=False))
    assert recommend(Request(anchor="spaghetti", store_id="S2"), first=5, moment=strict).offers == ()


def test_a_rejected_pair_is_gone_and_a_pinned_one_first():
    words = [shop.verdict("sauce", "spaghetti", "rejected"), shop.verdict("nuts", "spaghetti", "pinned", position=1)]
    request = Request(anchor="spaghetti")
    assert offered(request, first=2, verdicts=words) == ["nuts", "pesto"]
    assert withheld(request, first=1, verdicts=words) == {}
    assert withheld(request, first=2, verdicts=words) == {"sauce": WithheldReason.REJECTED_BY_PERSON}
    assert "sauce" not in offered(request, verdicts=words, model=shop.artefact(popular=("sauce", "cola")))


def test_a_new_customer_gets_what_is_popular_marked_as_fallback():
    decision = recommend(Request(), first=3, moment=shop.moment())
    assert [offer.sku for offer in decision.offers] == ["cola", "spaghetti", "nuts"]
    assert decision.is_fallback
    assert {offer.source for offer in decision.offers} == {"popular"}


def test_a_customer_gets_what_they_buy_again_then_what_goes_with_it():
    history = [Bought("cola", 2.0), Bought("spaghetti", 1.0), Bought("gone", 9.0)]
    decision = recommend(Request(customer_id="c1"), first=4, moment=shop.moment(), history=history)
    assert [(o.sku, o.source) for o in decision.offers] == [
        ("cola", "repeat"),
        ("spaghetti", "repeat"),
        ("sauce", "relation"),
        ("pesto", "relation"),
    ]


class NothingToSay:
    """An order that has learnt of nothing that goes with what it is asked about."""

    def ranked(self, _basket, _history):
        none = np.empty(0, np.int64)
        return RankedProducts(none, none.astype(np.float32), none)


@pytest.mark.parametrize(
    ("order", "expected"), [(None, ("spaghetti", "sauce")), (NothingToSay(), ("cola", None))], ids=["none", "silent"]
)
def test_a_new_product_is_answered_by_its_vector_unless_a_learnt_order_has_weighed_it(order, expected):
    width = np.eye(len(shop.SKUS), dtype=np.float32)
    vectors = {"complement_anchor": np.roll(width, 1, axis=1), "complement_candidate": width}
    moment = shop.moment(model=shop.artefact([], vectors=vectors), ranker=order)
    decision = recommend(Request(anchor="sauce"), first=1, moment=moment)
    assert [(o.sku, o.because_of) for o in decision.offers] == [expected]


def test_a_product_the_model_never_saw_still_gets_an_answer():
    model = shop.artefact([], skus=("cola", "ghost"), popular=("ghost", "cola"))
    decision = recommend(Request(anchor="pesto"), first=5, moment=shop.moment(model=model))
    assert [offer.sku for offer in decision.offers] == ["cola"]
    assert decision.is_fallback


def test_an_honest_empty_list():
    decision = recommend(Request(price_ceiling=0.01), first=5, moment=shop.moment())
    assert decision.offers == ()
    assert {w.reason for w in decision.withheld} <= {WithheldReason.ABOVE_PRICE_CEILING, WithheldReason.UNDER_AGE}


def test_unknown_product_and_store_are_told_unknown_lines_are_passed_by():
    with pytest.raises(NotFound, match="product unobtainium"):
        offered(Request(anchor="unobtainium"))
    with pytest.raises(NotFound, match="store S9"):
        offered(Request(store_id="S9"))
    assert offered(Request(basket=("unobtainium", "spaghetti")), first=1) == ["sauce"]


requests = st.builds(
    Request,
    basket=st.lists(st.sampled_from(shop.SKUS), max_size=3).map(tuple),
    anchor=st.none() | st.sampled_from(shop.SKUS),
    store_id=st.sampled_from([None, *shop.STORES]),
    exclude=st.lists(st.sampled_from(shop.SKUS), max_size=3).map(tuple),
    customer_age=st.sampled_from([None, 12, 40]),
    price_ceiling=st.none() | st.floats(0.5, 4.0),
)
stocks = st.lists(st.sampled_from([0.0, 5.0, float("nan")]), min_size=20, max_size=20)


@settings(max_examples=150, deadline=None)
@given(request=requests, first=st.integers(0, 12), stock=stocks, reject=st.sampled_from([None, "sauce", "pesto"]))
def test_laws_of_every_answer(request, first, stock, reject):
    base = shop.facts(on_hand=np.array(stock, np.float32).reshape(2, 10))
    words = [shop.verdict(reject, "spaghetti", "rejected")] if reject else []
    moment = shop.moment(base, verdicts=words)
    decision = recommend(request, first=first, moment=moment)
    skus = [offer.sku for offer in decision.offers]
    scores = [offer.score for offer in decision.offers]
    assert len(skus) == len(set(skus)) <= first
    assert scores == sorted(scores, reverse=True)
    assert not {w.sku for w in decision.withheld} & set(skus)
    for sku in skus:
        _may_be_offered(sku, request, base, reject)


def _may_be_offered(sku, request, base, reject):
    """The conditions once more, by hand, on one product."""
    row = shop.SKUS.index(sku)
    stores = [shop.STORES.index(request.store_id)] if request.store_id else [0, 1]
    ranged = [s for s in stores if base.is_ranged[s, row]]
    assert ranged
    assert any(not base.on_hand[s, row] <= 0 for s in ranged)
    assert sku not in request.basket + request.exclude
    assert sku != request.anchor
    assert sku != "beer" or (request.customer_age or 0) >= 18
    assert request.price_ceiling is None or base.prices[row] <= request.price_ceiling
    assert not (sku == reject and "spaghetti" in (*request.basket, request.anchor))


class _Lost:
    async def bought(self, _customer_id, **_load):
        raise Unavailable("The graph is away.")

    async def between(self, _pairs):
        raise Unavailable("The graph is away.")


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal.db"))


def advisor(model, journal):
    live = LiveFacts(shop.facts(), journal=journal, read_facts=lambda version: shop.facts(lake_version=version))
    return Advisor(live=live, artefact=model, history=_Lost(), paths=_Lost(), today=lambda: shop.TODAY)


def test_without_the_graph_a_customer_is_answered_as_a_new_one_and_told_so(journal):
    service = advisor(shop.artefact(), journal)
    request = Request(customer_id="c1", basket=("spaghetti",))
    decision = asyncio.run(service.recommend(request, first=2, moment=service.moment()))
    assert [offer.sku for offer in decision.offers] == ["sauce", "pesto"]
    assert decision.is_fallback


def test_without_a_model_the_answer_says_to_train_and_a_model_served_later_answers(journal):
    service = advisor(None, journal)
    with pytest.raises(NotTrained, match="shelfgraph train"):
        asyncio.run(service.recommend(Request(), first=2, moment=service.moment()))
    service.serve(shop.artefact())
    assert service.moment().trained().model_version == shop.MODEL_VERSION
