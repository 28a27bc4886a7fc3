"""Mutations as callers meet them: honoured in the very next answer, once, and with everything wrong with them told."""

from typing import Any

import pytest
import service_shop as shop
from service_client import serving

from journal.store import Journal

pytestmark = pytest.mark.graph

PRICE = (
    "mutation($i: RecordPriceInput!) { done: recordPrice(input: $i) { sequence userErrors { field message code } } }"
)
DELIST = "mutation($i: DelistProductInput!) { done: delistProduct(input: $i) { sequence userErrors { field code } } }"
RELIST = """mutation($i: WithdrawDelistingInput!) {
  done: withdrawDelisting(input: $i) { sequence userErrors { field code } } }"""
JUDGE = """mutation($i: JudgeRelationInput!) { done: judgeRelation(input: $i) { sequence userErrors { field code }
  pairs { sku otherSku relation verdict { word reason storeId position } } } }"""
SET_RULE = """mutation($i: SetRuleInput!) { done: setRule(input: $i) { sequence numbers userErrors { field code } } }"""
WITHDRAW = "mutation($i: WithdrawRuleInput!) { done: withdrawRule(input: $i) { sequence numbers userErrors { code } } }"


def done(service, mutation, key="k", **batch) -> dict[str, Any]:
    answer: dict[str, Any] = service.data(mutation, i={"idempotencyKey": key, **batch})["done"]
    return answer


def wrong(answer):
    assert answer["sequence"] is None
    return [(".".join(error["field"]), error["code"]) for error in answer["userErrors"]]


def offered(service, first=3, **for_):
    query = """query($for: RecommendationsFor!, $first: Int!) { recommendations(for: $for, first: $first) {
      changesSequence products { product { sku } } withheld { product { sku } reason } } }"""
    answer = service.data(query, **{"for": {"customerAge": 30, **for_}, "first": first})["recommendations"]
    reasons = {each["product"]["sku"]: each["reason"] for each in answer["withheld"]}
    return [each["product"]["sku"] for each in answer["products"]], reasons


def substitutes(service, **arguments):
    query = """query($s: String) { product(sku: "spaghetti") { substitutes(storeId: $s) { edges {
      node { sku } verdict { word reason } } } } }"""
    return [
        (edge["node"]["sku"], (edge["verdict"] or {}).get("word"))
        for edge in service.data(query, **arguments)["product"]["substitutes"]["edges"]
    ]


def judgement(sku, word, other_sku="spaghetti", **rest):
    return {
        **{"sku": sku, "otherSku": other_sku, "relation": "SUBSTITUTES_FOR", "judgement": word, "reason": "Tried it."},
        **rest,
    }


def test_a_price_is_honoured_by_ceilings_pages_and_substitutes(fresh):
    query = '{ product(sku: "sauce") { price { amount } here: price(storeId: "S1") { amount } } }'
    changes = [{"sku": "sauce", "price": "9.5"}, {"sku": "sauce", "price": "0.5", "storeId": "S1"}]
    assert offered(fresh, product="spaghetti", priceCeiling="2")[0][0] == "sauce"
    assert done(fresh, PRICE, changes=changes)["sequence"] == 2
    assert fresh.data(query)["product"] == {"price": {"amount": "9.5"}, "here": {"amount": "0.5"}}
    assert offered(fresh, product="spaghetti", priceCeiling="2")[1]["sauce"] == "ABOVE_PRICE_CEILING"
    assert offered(fresh, product="spaghetti", priceCeiling="2", storeId="S1")[0][0] == "sauce"


def test_a_planned_price_waits_and_the_latest_first_day_wins(fresh):
    price = '{ product(sku: "sauce") { price { amount } } }'
    later = {"sku": "sauce", "price": "7", "validFrom": "2024-05-02"}
    ended = {"sku": "sauce", "price": "8", "validFrom": "2024-04-30", "validTo": "2024-05-01"}
    open_ = {"sku": "sauce", "price": "6", "validFrom": "2024-04-01"}
    done(fresh, PRICE, changes=[later, ended])
    assert fresh.data(price)["product"]["price"]["amount"] == "1.9"
    done(fresh, PRICE, key="k2", changes=[open_])
    assert fresh.data(price)["product"]["price"]["amount"] == "6.0"


def test_a_delisting_is_honoured_and_withdrawn(fresh):
    assert done(fresh, DELIST, delistings=[{"sku": "sauce", "delistedOn": "2024-05-01"}])["sequence"] == 1
    assert offered(fresh, product="spaghetti")[1]["sauce"] == "DELISTED"
    assert done(fresh, RELIST, skus=["sauce"])["sequence"] == 2
    assert offered(fresh, product="spaghetti")[0][0] == "sauce"


def test_a_judgement_is_answered_with_the_word_that_counts(fresh):
    everywhere = done(fresh, JUDGE, judgements=[judgement("fusilli", "REJECT"), judgement("pesto", "PIN", position=1)])
    assert [(pair["sku"], pair["verdict"]["word"]) for pair in everywhere["pairs"]] == [
        ("fusilli", "rejected"),
        ("pesto", "pinned"),
    ]
    assert substitutes(fresh)[:2] == [("pesto", "pinned"), ("penne", None)]
    here = done(fresh, JUDGE, key="k2", judgements=[judgement("fusilli", "CONFIRM", storeId="S1")])
    assert here["pairs"][0]["verdict"]["storeId"] == "S1"
    assert ("fusilli", "confirmed") in substitutes(fresh, s="S1")
    assert "fusilli" not in dict(substitutes(fresh))
    released = done(fresh, JUDGE, key="k3", judgements=[judgement("fusilli", "RELEASE")])
    assert released["pairs"][0]["verdict"] is None
    assert substitutes(fresh)[1] == ("fusilli", None)
    listed = fresh.data('{ verdicts(storeId: "S1") { totalCount edges { node { sku otherSku verdict { word } } } } }')
    assert listed["verdicts"]["totalCount"] == 4


def test_a_direction_and_a_window_bound_a_judgement(fresh):
    past = judgement("penne", "REJECT", validFrom="2024-04-01", validTo="2024-05-01")
    one_way = judgement("spaghetti", "REJECT", other_sku="fusilli", isDirected=True)
    answer = done(fresh, JUDGE, judgements=[past, one_way])
    assert answer["pairs"][0]["verdict"] is None
    assert answer["pairs"][1]["verdict"]["word"] == "rejected"
    assert [sku for sku, _ in substitutes(fresh)][:2] == ["fusilli", "penne"]


def test_rules_bury_boost_and_keep_apart(fresh):
    rule = {"reason": "Season.", "subject": {"kind": "PRODUCT", "key": "sauce"}, "action": "BURY"}
    drinks = {"reason": "Season.", "subject": {"kind": "CATEGORY", "key": "drinks"}, "action": "BOOST"}
    assert offered(fresh, product="spaghetti")[0] == ["sauce", "pesto", "beer"]
    answer = done(fresh, SET_RULE, rules=[rule, drinks])
    assert answer["numbers"] == [1, 2]
    assert offered(fresh, product="spaghetti")[0] == ["beer", "cola", "pesto"]
    apart = {
        "reason": "Allergy.",
        "action": "NEVER_TOGETHER",
        "subject": {"kind": "BRAND", "key": "Brau"},
        "other": {"kind": "BRAND", "key": "Roma"},
    }
    done(fresh, SET_RULE, key="k2", rules=[apart])
    offers, withheld = offered(fresh, product="spaghetti")
    assert offers[0] == "cola"
    assert withheld["beer"] == "NEVER_TOGETHER"
    listed = fresh.data("{ rules(first: 2) { totalCount edges { node { number action } } pageInfo { hasNextPage } } }")
    assert (listed["rules"]["totalCount"], listed["rules"]["pageInfo"]["hasNextPage"]) == (3, True)
    assert done(fresh, WITHDRAW, numbers=[1, 2, 3])["numbers"] == [1, 2, 3]
    assert done(fresh, WITHDRAW, numbers=[1, 2, 3])["sequence"] == 6
    assert offered(fresh, product="spaghetti")[0] == ["sauce", "pesto", "beer"]


BATCHES = {
    "price": (PRICE, {"changes": [{"sku": "sauce", "price": "2"}]}, {"changes": [{"sku": "sauce", "price": "3"}]}),
    "delisting": (
        DELIST,
        {"delistings": [{"sku": "sauce", "delistedOn": "2024-05-01"}]},
        {"delistings": [{"sku": "sauce", "delistedOn": "2024-05-02"}]},
    ),
    "withdrawal": (RELIST, {"skus": ["sauce"]}, {"skus": ["pesto"]}),
    "judgement": (
        JUDGE,
        {"judgements": [judgement("penne", "REJECT"), judgement("fusilli", "REJECT")]},
        {"judgements": [judgement("penne", "REJECT")]},
    ),
    "rule": (
        SET_RULE,
        {"rules": [{"action": "BURY", "subject": {"kind": "PRODUCT", "key": "sauce"}, "reason": "Old."}]},
        {"rules": [{"action": "BOOST", "subject": {"kind": "PRODUCT", "key": "sauce"}, "reason": "Old."}]},
    ),
}


@pytest.mark.parametrize("name", BATCHES)
def test_the_same_key_records_once_and_other_content_is_refused(fresh, name):
    mutation, batch, other = BATCHES[name]
    first = done(fresh, mutation, **batch)
    assert first["sequence"] is not None
    assert done(fresh, mutation, **batch) == first
    assert wrong(done(fresh, mutation, **other)) == [("idempotencyKey", "KEY_REUSED")]
    assert fresh.journal.last_sequence() == first["sequence"]


RULE = {"action": "BURY", "subject": {"kind": "PRODUCT", "key": "sauce"}, "reason": "Old."}
BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    (PRICE, {"changes": [{"sku": "x", "price": "1", "storeId": "S9"}]}, ["changes.0.storeId", "changes.0.sku"]),
    (PRICE, {"changes": [{"sku": "sauce", "price": "NaN"}]}, ["changes.0.price"]),
    (PRICE, {"changes": [{"sku": "sauce", "price": "-0.01"}]}, ["changes.0.price"]),
    (PRICE, {"changes": [{"sku": "sauce", "price": "Infinity"}]}, ["changes.0.price"]),
    (PRICE, {"changes": [{"sku": "sauce", "price": "1e400"}]}, ["changes.0.price"]),
    (
        PRICE,
        {"changes": [{"sku": "sauce", "price": "1", "validFrom": "2024-05-02", "validTo": "2024-05-02"}]},
        ["changes.0.validTo"],
    ),
    (PRICE, {"changes": [{"sku": "sauce", "price": "1", "validTo": "2024-05-01"}]}, ["changes.0.validTo"]),
    (PRICE, {"changes": [{"sku": "sauce", "price": "1"}] * 1_001}, ["changes"]),
    (DELIST, {"delistings": [{"sku": "x", "delistedOn": "2024-05-01"}]}, ["delistings.0.sku"]),
    (RELIST, {"skus": ["sauce", "x"]}, ["skus.1"]),
    (JUDGE, {"judgements": [judgement("x", "PIN", other_sku="y")]}, ["judgements.0.sku", "judgements.0.otherSku"]),
    (JUDGE, {"judgements": [judgement("spaghetti", "PIN")]}, ["judgements.0.otherSku"]),
    (JUDGE, {"judgements": [judgement("penne", "PIN", reason=" ")]}, ["judgements.0.reason"]),
    (JUDGE, {"judgements": [judgement("penne", "PIN", reason="x" * 1_001)]}, ["judgements.0.reason"]),
    (JUDGE, {"judgements": [judgement("penne", "PIN", reason="a\x00b")]}, ["judgements.0.reason"]),
    (JUDGE, {"judgements": [judgement("penne", "PIN", position=0)]}, ["judgements.0.position"]),
    (JUDGE, {"judgements": [judgement("penne", "REJECT", position=1)]}, ["judgements.0.position"]),
    (JUDGE, {"judgements": [judgement("penne", "PIN", storeId="S9")]}, ["judgements.0.storeId"]),
    (
        JUDGE,
        {"judgements": [judgement("penne", "PIN", validFrom="2024-05-03", validTo="2024-05-02")]},
        ["judgements.0.validTo"],
    ),
    (
        JUDGE,
        {"judgements": [judgement("penne", "PIN"), judgement("spaghetti", "REJECT", other_sku="penne")]},
        ["judgements.1"],
    ),
    (JUDGE, {"judgements": [judgement("penne", "PIN")] * 251}, ["judgements"]),
    (SET_RULE, {"rules": [{**RULE, "subject": {"kind": "BRAND", "key": "sauce"}}]}, ["rules.0.subject.key"]),
    (SET_RULE, {"rules": [{**RULE, "action": "NEVER_TOGETHER"}]}, ["rules.0.other"]),
    (SET_RULE, {"rules": [{**RULE, "other": RULE["subject"]}]}, ["rules.0.other", "rules.0.other"]),
    (SET_RULE, {"rules": [{**RULE, "storeId": "S9", "reason": ""}]}, ["rules.0.storeId", "rules.0.reason"]),
    (SET_RULE, {"rules": [RULE] * 101}, ["rules"]),
    (WITHDRAW, {"numbers": [1]}, ["numbers.0"]),
]


@pytest.fixture(scope="module")
def untouched(service):
    yield service
    assert service.journal.last_sequence() == 0


@pytest.mark.parametrize(("mutation", "batch", "fields"), BAD)
def test_what_cannot_be_is_refused_whole(untouched, mutation, batch, fields):
    answer = done(untouched, mutation.replace("{ code }", "{ field code }"), **batch)
    assert [field for field, _ in wrong(answer)] == fields


@pytest.mark.parametrize("key", ["", "k" * 201, "a\x00"])
def test_a_key_must_be_one(untouched, key):
    assert wrong(done(untouched, PRICE, key=key, changes=[])) == [("idempotencyKey", "INVALID")]


def test_with_the_journal_gone_nothing_is_half_recorded(loaded, tmp_path):
    (tmp_path / "there").mkdir()
    journal = Journal(str(tmp_path / "there" / "journal.db"))
    with serving(loaded, journal, model=shop.artefact(), refresh_seconds=60) as running:
        (tmp_path / "there").rename(tmp_path / "gone")
        journal.close()
        for mutation, batch, _ in BATCHES.values():
            assert running.code(mutation, i={"idempotencyKey": "k", **batch}) == "UNAVAILABLE"
        (tmp_path / "gone").rename(tmp_path / "there")
        assert journal.last_sequence() == 0
        assert done(running, PRICE, **BATCHES["price"][1])["sequence"] == 1
