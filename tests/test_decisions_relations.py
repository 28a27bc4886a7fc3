"""Relations as they stand now: verdicts laid over the model's order, scopes and windows, and plain explanations."""

from dataclasses import replace
from datetime import timedelta

import pytest
import service_shop as shop
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.explain import explain
from decisions.relations import related
from decisions.verdicts import VerdictBook
from schema.decisions import Availability, PathStep
from schema.edges import RelationName
from schema.errors import NotFound

SUB: RelationName = "SUBSTITUTES_FOR"


def order(verdicts=(), base=None, **asked):
    moment = shop.moment(base, verdicts=verdicts)
    return [edge.sku for edge in related("spaghetti", SUB, moment=moment, **asked)]


def word(sku, said, **values):
    return shop.verdict(sku, "spaghetti", said, relation=SUB, **values)


def test_the_models_order_with_its_figures():
    edges = related("spaghetti", SUB, moment=shop.moment())
    assert [(edge.sku, edge.rank) for edge in edges] == [
        ("fusilli", 1),
        ("penne", 2),
        ("spaghetti_xl", 3),
        ("lasagne", 4),
    ]
    first = edges[0]
    assert first.probability == pytest.approx(0.85)
    assert (first.num_baskets, first.num_switches, first.is_same_category) == (1, 9, True)
    assert (first.model_version, first.is_calibrated) == (shop.MODEL_VERSION, False)
    assert first.availability is Availability.IN_STOCK


def test_verdicts_reject_pin_and_confirm():
    assert order([word("fusilli", "rejected")]) == ["penne", "spaghetti_xl", "lasagne"]
    assert order([word("lasagne", "pinned", position=1)])[0] == "lasagne"
    assert order([word("pesto", "pinned", position=2)])[:2] == ["fusilli", "pesto"]
    assert order([word("lasagne", "pinned")]) == order()
    (edge, *_) = related("spaghetti", SUB, moment=shop.moment(verdicts=[word("fusilli", "confirmed")]))
    assert edge.verdict is not None
    assert edge.verdict.verdict == "confirmed"


def test_a_pinned_pair_the_model_never_proposed_has_no_figures():
    moment = shop.moment(verdicts=[word("pesto", "pinned", position=1)])
    edge = related("spaghetti", SUB, moment=moment)[0]
    assert (edge.sku, edge.probability, edge.num_baskets) == ("pesto", None, None)


def test_what_left_the_range_or_the_stock_is_not_shown():
    assert "penne" not in order(base=shop.with_days("delisted_on", penne=shop.TODAY))
    assert order(base=shop.with_stock(penne=0.0), store_id="S1", in_stock_only=True) == [
        "fusilli",
        "spaghetti_xl",
        "lasagne",
    ]
    assert order(store_id="S2", in_stock_only=True) == []


def test_unknown_ones_are_told():
    with pytest.raises(NotFound, match="product nothing"):
        related("nothing", SUB, moment=shop.moment())
    with pytest.raises(NotFound, match="store S9"):
        order(store_id="S9")


LATER = shop.NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("words", "store_id", "stands"),
    [
        ([word("fusilli", "rejected")], "S1", "rejected"),
        ([word("fusilli", "rejected", store_id="S1")], None, None),
        ([word("fusilli", "rejected", store_id="S1")], "S2", None),
        ([word("fusilli", "rejected"), word("fusilli", "confirmed", store_id="S1")], "S1", "confirmed"),
        (
            [word("fusilli", "confirmed", store_id="S1"), word("fusilli", "rejected", judged_at=LATER)],
            "S1",
            "confirmed",
        ),
        ([word("fusilli", "confirmed"), word("fusilli", "rejected", judged_at=LATER)], None, "rejected"),
        ([word("fusilli", "rejected", judged_at=LATER), word("fusilli", "confirmed")], None, "rejected"),
        ([word("fusilli", "rejected"), word("fusilli", "released", judged_at=LATER)], None, None),
        (
            [
                word("fusilli", "rejected"),
                word("fusilli", "confirmed", store_id="S1"),
                word("fusilli", "released", store_id="S1", judged_at=LATER),
            ],
            "S1",
            "rejected",
        ),
        ([word("fusilli", "rejected", valid_to=shop.TODAY)], None, None),
        ([word("fusilli", "rejected", valid_from=shop.TODAY)], None, "rejected"),
        ([word("fusilli", "confirmed"), word("fusilli", "rejected", valid_from=shop.TODAY)], None, "rejected"),
    ],
)
def test_the_most_specific_scope_then_the_newest_counts(words, store_id, stands):
    book = VerdictBook.of(words)
    effective = book.effective(SUB, "spaghetti", store_id=store_id, on=shop.TODAY)
    assert (effective["fusilli"].verdict if "fusilli" in effective else None) == stands
    mirrored = book.effective(SUB, "fusilli", store_id=store_id, on=shop.TODAY)
    assert mirrored.keys() == ({"spaghetti"} if stands else set())


words = st.builds(
    lambda n, sku, said, store, directed, hours: word(
        sku,
        said,
        store_id=store,
        is_directed=directed,
        verdict_id=f"v{n}",
        judged_at=shop.NOON + timedelta(hours=hours),
    ),
    st.integers(0, 10**6),
    st.sampled_from(["fusilli", "penne", "pesto"]),
    st.sampled_from(["rejected", "pinned", "confirmed", "released"]),
    st.sampled_from([None, "S1"]),
    st.booleans(),
    st.integers(0, 50),
)


@settings(max_examples=100, deadline=None)
@given(said=st.lists(words, max_size=6), extra=words)
def test_a_rejected_one_is_never_listed_and_every_release_restores(said, extra):
    listed = order(said, store_id="S1")
    effective = VerdictBook.of(said).effective(SUB, "spaghetti", store_id="S1", on=shop.TODAY)
    assert len(listed) == len(set(listed))
    for sku, verdict in effective.items():
        assert (sku in listed) is (verdict.verdict != "rejected" and (sku != "pesto" or verdict.verdict == "pinned"))
    at = shop.NOON + timedelta(days=9)
    scope = {"store_id": extra.store_id, "is_directed": extra.is_directed, "judged_at": at}
    undone = [*said, word(extra.sku, extra.verdict, **scope), word(extra.sku, "released", **scope)]
    before = [v for v in said if (v.sku, v.store_id, v.is_directed) != (extra.sku, extra.store_id, extra.is_directed)]
    assert order(undone, store_id="S1") == order(before, store_id="S1")


def step(source, relation, target, label="Product", forward=True):
    return PathStep(source, "Product", relation, target, label, forward)


def test_an_explanation_names_evidence_and_probability():
    edge = related("spaghetti", "COMPLEMENTS", moment=shop.moment())[0]
    names = {"sauce": "Tomato sauce", "spaghetti": "Spaghetti"}
    path = (step("Spaghetti", "BOUGHT_WITH", "Tomato sauce"),)
    told = explain(edge, [path], names=names)
    assert told.sentence == "Tomato sauce goes with Spaghetti (probability 0.90): bought together in 37 baskets."
    assert told.paths == (path,)


def test_an_explanation_names_what_is_shared():
    edge = related("spaghetti", SUB, moment=shop.moment())[0]
    brand = (step("Spaghetti", "OF_BRAND", "Roma", "Brand"), step("Roma", "OF_BRAND", "fusilli", forward=False))
    told = explain(edge, [brand], names={"spaghetti": "Spaghetti"}, category="Pasta")
    assert told.sentence == (
        "fusilli can stand in for Spaghetti (probability 0.85): bought together in 1 basket; "
        "one taken in place of the other 9 times; both in Pasta; both of the brand Roma."
    )


def test_evidence_for_both_relations_is_told():
    edge = replace(related("spaghetti", SUB, moment=shop.moment())[0], num_baskets=12)
    assert edge.is_contested
    assert (
        "9 times; so there is evidence for both relations; both in Pasta"
        in explain(edge, [], names={}, category="Pasta").sentence
    )
    assert not replace(edge, num_switches=0).is_contested


def test_an_explanation_without_evidence_is_still_a_sentence():
    moment = shop.moment(verdicts=[word("pesto", "pinned", position=1)])
    edge = related("spaghetti", SUB, moment=moment)[0]
    assert explain(edge, [], names={}).sentence == "pesto can stand in for spaghetti: chosen by a person."


def test_an_explanation_may_rest_on_categories_bought_together():
    edge = related("spaghetti", "COMPLEMENTS", moment=shop.moment())[-1]
    path = (
        step("Spaghetti", "IN_CATEGORY", "Pasta", "Category"),
        PathStep("Pasta", "Category", "GOES_WITH", "Sauces", "Category", True),
        PathStep("Sauces", "Category", "IN_CATEGORY", edge.sku, "Product", False),
    )
    assert "Pasta and Sauces are bought together" in explain(edge, [path], names={}).sentence
