"""Events as shop fronts send them: each kept once, durably, and a batch whole or not at all."""

import pytest
import service_shop as shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_client import serving

from journal.store import Journal
from schema.errors import BadInput, KeyReused
from schema.events import Event, EventKind

RECORD = """mutation($i: RecordEventsInput!) { done: recordEvents(input: $i) {
  numRecorded numKnown userErrors { field code } } }"""


def click(event_id="e1", **rest):
    return {"eventId": event_id, "kind": "VIEW", "happenedAt": "2024-05-01T12:00:00Z", "sku": "beer", **rest}


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal.db"))


@pytest.fixture
def service(loaded, journal):
    with serving(loaded, journal, model=shop.artefact()) as running:
        yield running


@pytest.mark.graph
def test_events_are_kept_once_and_refused_whole(service):
    def done(*events):
        answer = service.data(RECORD, i={"events": list(events)})["done"]
        wrong = [(".".join(error["field"]), error["code"]) for error in answer["userErrors"]]
        return answer["numRecorded"], answer["numKnown"], wrong

    search = click("e2", kind="SEARCH", sku=None, query="pale ale", customerId="c1", sessionId="s1", device="phone")
    assert done(click(), search) == (2, 0, [])
    assert done(click(), search, click("e3")) == (1, 2, [])
    assert done(click(sku="cola"), click("e4")) == (0, 0, [("events", "KEY_REUSED")])
    assert done(*[click(f"m{n}") for n in range(1_001)]) == (0, 0, [("events", "INVALID")])
    bad = click("", sku="x", storeId="S9", query="a\x00", happenedAt="2024-05-01T12:00:00")
    assert done(bad)[2] == [
        ("events.0.eventId", "INVALID"),
        ("events.0.query", "INVALID"),
        ("events.0.sku", "NOT_FOUND"),
        ("events.0.storeId", "NOT_FOUND"),
        ("events.0.happenedAt", "INVALID"),
    ]
    assert [event.event_id for event in service.journal.events()] == ["e1", "e2", "e3"]
    assert service.journal.events(after=1, limit=1)[0].query == "pale ale"
    assert service.code(RECORD, i={"events": [click(kind="SNEEZE")]}) == "BAD_USER_INPUT"


events = st.lists(
    st.builds(
        Event,
        st.sampled_from([f"e{n}" for n in range(40)]),
        st.sampled_from(EventKind),
        st.just(shop.NOON),
        query=st.none() | st.sampled_from(["x", "y"]),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(batches=st.lists(events, max_size=4))
def test_an_id_is_one_event_for_ever(journal, batches):
    kept = {event.event_id: event for event in journal.events()}
    for batch in batches:
        after = dict(kept)
        if all(after.setdefault(event.event_id, event) == event for event in batch):
            assert journal.save_events(batch, recorded_at=shop.NOON) == len(after) - len(kept)
            kept = after
        else:
            with pytest.raises(KeyReused):
                journal.save_events(batch, recorded_at=shop.NOON)
    assert journal.events() == list(kept.values())


def test_an_instant_without_timezone_keeps_nothing(journal):
    event = Event("e", EventKind.VIEW, shop.NOON.replace(tzinfo=None))
    with pytest.raises(BadInput):
        journal.save_events([Event("d", EventKind.VIEW, shop.NOON), event], recorded_at=shop.NOON)
    assert journal.events() == []
