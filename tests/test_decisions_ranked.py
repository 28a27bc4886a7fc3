"""Recommend by a learnt order: it leads, people's word outranks it, and every offer says why."""

import numpy as np
import pytest
import service_shop as shop

from decisions.recommend import recommend
from schema.decisions import Bought, Request, WithheldReason
from schema.ranker import RankedProducts


class Order:
    """Puts the given products first, in this order, and keeps what it was asked."""

    def __init__(self, *skus, caller="spaghetti"):
        self.skus, self.caller = skus, caller
        self.asked = []

    def ranked(self, basket, history):
        self.asked.append((basket, history))
        rows = np.array([shop.SKUS.index(sku) for sku in self.skus])
        scores = np.arange(len(rows), 0, -1).astype(np.float32)
        return RankedProducts(rows, scores, np.full(len(rows), shop.SKUS.index(self.caller) if self.caller else -1))


def test_a_learnt_order_leads_and_keeps_the_reasons_that_are_known():
    order = Order("nuts", "sauce", "lasagne")
    history = [Bought("cola", 2.0), Bought("lasagne", 1.0, 3, shop.NOON)]
    decision = recommend(Request(anchor="spaghetti"), first=4, moment=shop.moment(ranker=order), history=history)
    assert [offer.sku for offer in decision.offers] == ["nuts", "sauce", "lasagne", "pesto"]
    assert [offer.reason for offer in decision.offers[:3]] == [
        "Goes with Spaghetti.",
        "Goes with Spaghetti; bought together in 37 baskets.",
        "Bought before.",
    ]
    assert [offer.probability for offer in decision.offers[:2]] == [None, pytest.approx(0.9)]
    assert sorted((offer.score for offer in decision.offers), reverse=True) == [o.score for o in decision.offers]
    assert order.asked[0][0] == [shop.SKUS.index("spaghetti")]
    assert order.asked[0][1] == [(shop.SKUS.index(one.sku), one) for one in history]


def test_what_no_product_of_the_basket_calls_for_is_said_to_be_popular():
    decision = recommend(Request(anchor="penne"), first=1, moment=shop.moment(ranker=Order("nuts", caller=None)))
    assert [(o.sku, o.source, o.because_of) for o in decision.offers] == [("nuts", "popular", None)]


def test_a_persons_word_outranks_the_learnt_order():
    words = [shop.verdict("cola", "spaghetti", "pinned", position=1), shop.verdict("sauce", "spaghetti", "rejected")]
    moment = shop.moment(ranker=Order("sauce", "nuts"), verdicts=words)
    decision = recommend(Request(anchor="spaghetti"), first=2, moment=moment)
    assert [offer.sku for offer in decision.offers] == ["cola", "nuts"]
    assert [(w.sku, w.reason) for w in decision.withheld] == [("sauce", WithheldReason.REJECTED_BY_PERSON)]


def test_a_product_the_model_has_never_seen_is_answered_without_its_order():
    known = tuple(sku for sku in shop.SKUS if sku != "spaghetti")
    order = Order("nuts")
    moment = shop.moment(model=shop.artefact(skus=known), ranker=order)
    assert offered_at(moment, Request(anchor="spaghetti"))[:2] == ["sauce", "pesto"]
    assert order.asked == []


def offered_at(moment, request):
    return [offer.sku for offer in recommend(request, first=20, moment=moment).offers]
