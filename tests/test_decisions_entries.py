"""Replay: what an entry fixes gives the same hash again, whatever happened since; and the canonical form's laws."""

import json
import math
import struct
from dataclasses import replace

import numpy as np
import pytest
import service_shop as shop
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from decisions import entries
from decisions.canonical import canonical, sha256
from decisions.live import LiveFacts
from decisions.model_index import ModelIndex
from decisions.moment import Moment, Policy
from decisions.recommend import recommend
from decisions.replay import Replayer
from decisions.substitute import BasketLine, substitutes_for
from journal.store import Journal
from schema.changes import Delisting, LoadPublished, StockChange
from schema.decisions import Bought, Request
from schema.errors import BadInput, NotFound

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(st.characters(), max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


def turned(value):
    """The same value with every dictionary's keys the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


@given(value=values)
def test_the_canonical_form_does_not_depend_on_the_order_of_keys(value):
    text = canonical(value)
    assert text == canonical(turned(value)) == canonical(json.loads(text))
    assert text.isascii()


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_one_way_and_reads_back_exactly(number):
    read = json.loads(canonical([number]))[0]
    assert struct.pack("d", read) == struct.pack("d", number) or (number == 0 and read == 0)
    assert canonical(number) == canonical(np.float64(number)) == canonical(float(repr(number)))
    if number.is_integer() and abs(number) < 2**53:
        assert canonical(number) == canonical(int(number))


def test_what_is_no_number_is_written_as_a_word():
    assert canonical([math.nan, math.inf, -math.inf, -0.0]) == '["nan","inf","-inf",0]'


VECTORS = {
    name: np.random.default_rng(seed).normal(size=(len(shop.SKUS), 4)).astype(np.float32)
    for seed, name in enumerate(("complement_anchor", "complement_candidate", "substitute_anchor"))
}
ARTEFACT = shop.artefact(vectors=VECTORS)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Every example makes a journal: what fails is told as it is, not made smaller for minutes."""
skus = st.sampled_from([*shop.SKUS, "unknown"])
stores = st.sampled_from([None, *shop.STORES])
requests = st.builds(
    Request,
    customer_id=st.none() | st.text(max_size=4),
    basket=st.lists(skus, max_size=3).map(tuple),
    anchor=st.none() | st.sampled_from(shop.SKUS),
    store_id=stores,
    exclude=st.lists(skus, max_size=2).map(tuple),
    customer_age=st.none() | st.integers(0, 99),
    price_ceiling=st.none() | st.floats(0.5, 4),
)
bought = st.builds(
    Bought, skus, st.floats(0, 9), st.integers(0, 9), st.none() | st.datetimes(timezones=st.just(shop.NOON.tzinfo))
)
changes = st.one_of(
    st.builds(StockChange, st.sampled_from(shop.STORES), skus, st.floats(-1, 20), st.just(shop.NOON)),
    st.builds(Delisting, skus, st.none() | st.dates(shop.TODAY.replace(day=1), shop.NEXT_WEEK)),
    st.builds(LoadPublished, st.integers(2, 4)),
)
steps = st.lists(
    st.tuples(st.lists(changes, max_size=3), st.booleans(), requests, st.lists(bought, max_size=3)), max_size=6
)


class Shop:
    """Live facts on a journal, decisions on them, and what replays them."""

    def __init__(self, folder):
        self.journal = Journal(str(folder / "journal.db"))
        self.live = LiveFacts(shop.facts(), journal=self.journal, read_facts=self.facts)
        self.replayer = Replayer(self.live.at, lambda _version: ARTEFACT)

    @staticmethod
    def facts(version):
        if version > 4:
            raise NotFound("lake version", version)
        return replace(shop.with_stock(sauce=float(version)), lake_version=version)

    @property
    def moment(self):
        facts = self.live.refresh()
        return Moment(facts, ModelIndex.of(ARTEFACT, facts.base), shop.TODAY, Policy(price_tolerance=0.5))

    def recommended(self, request, history=()):
        moment = self.moment
        decision = replace(recommend(request, first=4, moment=moment, history=history), history=tuple(history))
        return entries.recommendation(request, first=4, decision=decision, moment=moment, decided_at=shop.NOON)

    def substituted(self, request):
        asked = {"first": 3, "moment": self.moment, "store_id": request.store_id, "customer_age": request.customer_age}
        lines = [BasketLine(sku, 11.0) for sku in dict.fromkeys(request.basket)]
        answers = substitutes_for(lines, **asked)
        return entries.substitution(lines, answers=answers, decided_at=shop.NOON, **asked)


@pytest.fixture
def running(tmp_path):
    return Shop(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None, phases=PHASES)
@given(steps=steps)
def test_decisions_across_changes_come_out_again_with_the_same_hash(running, steps):
    kept = []
    for batch, is_substitution, request, history in steps:
        running.journal.record(batch, recorded_at=shop.NOON)
        kept.append(running.substituted(request) if is_substitution else running.recommended(request, history))
    for entry in [*kept, *reversed(kept)]:
        replay = running.replayer.replay(entry)
        assert replay.is_same, replay.differences
        assert replay.answer_hash == entry.answer_hash


def test_the_same_request_at_the_same_moment_has_the_same_hash_and_another_id(running):
    one, other = [running.recommended(Request(anchor="spaghetti", store_id="S1")) for _ in range(2)]
    assert one.answer_hash == other.answer_hash
    assert one.decision_id != other.decision_id
    assert one.answer_hash == sha256(one.answer)


def test_what_differs_is_told(running):
    entry = running.recommended(Request(anchor="spaghetti", store_id="S1"))
    answer = entries.read(entry.answer)
    answer["offers"][0]["sku"] = "else"
    text = canonical(answer)
    replay = running.replayer.replay(replace(entry, answer=text, answer_hash=sha256(text)))
    assert not replay.is_same
    assert replay.differences == ("offers[0].sku: kept else, now sauce",)


def test_an_answer_that_was_altered_where_it_is_kept_is_told(running):
    entry = running.recommended(Request(anchor="spaghetti"))
    with pytest.raises(BadInput, match="not the one that was hashed"):
        running.replayer.replay(replace(entry, answer=entry.answer.replace("sauce", "pesto")))


def test_what_is_gone_or_unknown_is_told(running):
    entry = running.recommended(Request(anchor="spaghetti"))
    with pytest.raises(NotFound, match="lake version 7"):
        running.replayer.replay(replace(entry, lake_version=7))
    with pytest.raises(NotFound, match="change 99"):
        running.replayer.replay(replace(entry, changes_sequence=99))
    with pytest.raises(BadInput, match="kind 'tomorrow'"):
        running.replayer.replay(replace(entry, kind="tomorrow"))

    def gone(version):
        raise NotFound("model version", version)

    with pytest.raises(NotFound, match="model version 0123456789ab"):
        Replayer(running.live.at, gone).replay(entry)


def test_a_request_kept_before_it_could_name_a_context_is_read():
    kept = {name: each for name, each in vars(Request(basket=("a",))).items() if name != "context"}
    assert entries.request_of({"request": json.loads(canonical(kept))}) == Request(basket=("a",))
