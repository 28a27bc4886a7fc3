"""People's labels and verdicts, as a fit learns them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lake_shops import PUBLISHED_AT, stage

from jobs.labels import people_labels, verdicts_before
from lake.store import Lake
from schema.relations import Verdict

DAY = date(2025, 1, 6)
WORD = Verdict("v1", "a", "b", "SUBSTITUTES_FOR", "confirmed", False, "ann", PUBLISHED_AT, "same need")


@pytest.fixture
def shop(tmp_path):
    def published(labels):
        lake = Lake(str(tmp_path / "lake"))
        products = [{"sku": sku} for sku in "abc"]
        tables = {"products": products, **({"labels": labels} if labels else {})}
        return lake.at(lake.publish(stage(tmp_path, tables), published_at=PUBLISHED_AT).version)

    return published


def label(sku, other_sku, relation):
    return {"sku": sku, "other_sku": other_sku, "relation": relation}


def said(source, *verdicts):
    labels = people_labels(source, verdicts, on=DAY)
    return None if labels is None else {tuple(row.values()) for row in labels.to_pylist()}


def test_labels_of_the_lake_are_learnt_from(shop):
    assert said(shop([])) is None
    labels = [
        {"sku": "a", "other_sku": "b", "relation": "substitute"},
        {"sku": "c", "other_sku": "b", "relation": "none"},
    ]
    assert said(shop(labels)) == {("a", "b", "substitute"), ("c", "b", "none")}


def test_verdicts_are_labels_and_outrank_them(shop):
    source = shop(
        [{"sku": "b", "other_sku": "a", "relation": "none"}, {"sku": "a", "other_sku": "c", "relation": "none"}]
    )
    assert said(source, WORD) == {("a", "b", "substitute"), ("a", "c", "none")}
    pinned = replace(WORD, relation="COMPLEMENTS", verdict="pinned", is_directed=True)
    assert said(source, pinned) == {("a", "b", "complement"), ("a", "c", "none")}


def test_a_rejection_denies_its_kind_in_its_directions_and_leaves_labels_standing(shop):
    source, rejected = shop([label("b", "a", "none")]), replace(WORD, verdict="rejected")
    kept = ("b", "a", "none")
    assert said(source, rejected) == {kept, ("a", "b", "not_substitute"), ("b", "a", "not_substitute")}
    assert said(source, replace(rejected, is_directed=True)) == {kept, ("a", "b", "not_substitute")}


def test_what_was_withdrawn_is_for_one_store_or_another_time_says_nothing_of_the_pair(shop):
    source = shop([])
    released = replace(WORD, verdict_id="v2", verdict="released", judged_at=PUBLISHED_AT + timedelta(days=1))
    assert said(source, WORD, released) is None
    assert said(source, replace(WORD, store_id="s1")) is None
    assert said(source, replace(WORD, valid_from=DAY + timedelta(days=1))) is None
    assert said(source, replace(WORD, valid_from=DAY)) == {("a", "b", "substitute")}


def test_verdicts_after_the_day_are_not_looked_at(shop):
    source, day = shop([]), PUBLISHED_AT.date()
    assert verdicts_before(source, [WORD], as_of=day) == []
    assert verdicts_before(source, [WORD], as_of=day + timedelta(days=1)) == [WORD]
