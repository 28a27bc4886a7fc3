"""Projecting: what mutations told is in the graph once, whatever the batches, loads, crashes and rivals between."""

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_shops import DELISTED, NOON, SKUS, STORES, TODAY, Shop, held, level, stock

from graph.connection import Lost
from graph.marker import read_marker
from jobs.check import check
from jobs.load import roll_forward
from registry.store import Registry
from schema.changes import Delisting, LoadPublished, PriceChange
from schema.errors import Busy, Unavailable

pytestmark = pytest.mark.graph


@pytest.fixture
def shop(tmp_path, graph):
    made = Shop(tmp_path, graph)
    made.load()
    return made


def agrees(shop) -> tuple[str, ...]:
    registry = Registry(shop.folder / "registry")
    return check(lake=shop.lake, graph=shop.graph, registry=registry, journal=shop.journal).differences


def row(shop, part, *key):
    return [each[len(key) :] for each in held(shop.graph)[part] if tuple(each[: len(key)]) == key]


def test_stock_price_and_delisting_reach_the_graph_and_it_says_how_far(shop):
    told = shop.tell(
        stock("a", 0), stock("b", 4, "all"), PriceChange("a", 3.0, "all", None, date(2024, 6, 1)), DELISTED
    )
    state = level(shop.projector())
    assert (state.told, state.projected, state.lag_changes, state.lag_seconds) == (told, told, 0, 0.0)
    assert read_marker(shop.graph).sequence == told
    assert row(shop, "stocks", "choosy", "a") == [[0.0, "2024-05-01T13:00:00Z"]]
    assert row(shop, "stocks", "all", "b") == [[4.0, "2024-05-01T13:00:00Z"]]
    assert row(shop, "delisted", "a") == [["2024-05-01"]]
    assert row(shop, "prices", "a", "all") == [["all", "2024-05-01", "2024-06-01", 3.0, told - 1]]
    assert agrees(shop) == ()


def test_a_count_makes_no_shelf_where_the_store_ranges_something_else(shop):
    shop.tell(stock("c", 3), stock("c", 3, "nowhere"), stock("nothing", 3), Delisting("nothing", TODAY))
    level(shop.projector())
    assert row(shop, "stocks", "choosy", "c") == []
    assert agrees(shop) == ()


def test_a_withdrawn_delisting_restores_what_the_load_says(shop):
    shop.tell(DELISTED, Delisting("d", date(2024, 4, 1)))
    level(shop.projector())
    shop.tell(Delisting("a", None), Delisting("d", None))
    level(shop.projector())
    assert row(shop, "delisted", "a") == [[None]]
    assert row(shop, "delisted", "d") == [["2024-01-05"]]
    assert agrees(shop) == ()


def test_words_stand_beside_and_on_the_relation(shop):
    shop.relate()
    shop.judge(1, "rejected")
    shop.judge(2, "confirmed", store_id="all")
    level(shop.projector())
    assert row(shop, "judged", "a", "b") == [["v1", "rejected"], ["v2", "confirmed"]]
    assert {tuple(mark) for mark in held(shop.graph)["marks"]} == {
        ("SUBSTITUTES_FOR", "a", "b", "rejected"),
        ("SUBSTITUTES_FOR", "b", "a", "rejected"),
    }
    shop.judge(3, "released")
    level(shop.projector())
    assert {mark[-1] for mark in held(shop.graph)["marks"]} == {None}


def test_relations_that_are_published_again_get_their_marks_again(shop):
    shop.judge(1, "pinned", is_directed=True)
    level(shop.projector())
    shop.relate()
    assert {mark[-1] for mark in held(shop.graph)["marks"]} == {None}
    level(shop.projector())
    assert row(shop, "marks", "SUBSTITUTES_FOR", "a", "b") == [["pinned"]]
    assert row(shop, "marks", "SUBSTITUTES_FOR", "b", "a") == [[None]]


def test_a_load_replaces_stocks_and_prices_and_delistings_outlive_it(shop):
    shop.judge(1)
    shop.tell(stock("a", 0), PriceChange("a", 3.0), DELISTED)
    level(shop.projector())
    shop.load(
        stocks=[{"store_id": "choosy", "sku": "a", "counted_at": NOON + timedelta(hours=2), "on_hand_units": 5.0}]
    )
    assert row(shop, "stocks", "choosy", "a") == [[5.0, "2024-05-01T14:00:00Z"]]
    assert held(shop.graph)["prices"] == []
    assert row(shop, "delisted", "a") == [["2024-05-01"]]
    assert len(held(shop.graph)["judged"]) == 1
    assert agrees(shop) == ()


def test_a_load_is_not_overwritten_by_changes_that_it_carries_and_later_ones_hold(shop):
    """A server tells its projector of an old view: the graph has moved on to another load, and refuses."""
    shop.tell(stock("a", 0))
    projector, lay_now = shop.projector(batch=1), shop.journal.changes_after
    projector.advance()
    shop.tell(stock("a", 1))

    def load_between(*args, **more):
        shop.journal.changes_after = lay_now
        found = lay_now(*args, **more)
        shop.load(
            stocks=[{"store_id": "choosy", "sku": "a", "counted_at": NOON + timedelta(hours=2), "on_hand_units": 5.0}]
        )
        return found

    shop.journal.changes_after = load_between
    projector.advance()
    assert row(shop, "stocks", "choosy", "a")[0][0] == 5.0
    shop.tell(stock("a", 2))
    level(projector)
    assert row(shop, "stocks", "choosy", "a")[0][0] == 2.0
    assert agrees(shop) == ()


def test_a_second_projector_does_nothing_until_the_first_is_gone(shop):
    first, second = shop.projector("first"), shop.projector("second")
    assert first.advance().is_ours
    told = shop.tell(stock("a", 0))
    state = second.advance()
    assert (state.is_ours, state.lag_changes, state.holder.split(",")[0]) == (False, 1, "first")
    assert read_marker(shop.graph).sequence == told - 1
    shop.time += timedelta(seconds=60)
    state = second.advance()
    assert (state.is_ours, state.projected) == (True, told)
    assert not first.advance().is_ours


def test_one_that_slept_through_its_lease_writes_nothing(shop):
    first, second = shop.projector("first"), shop.projector("second")
    first.advance()
    shop.tell(stock("a", 0))
    lease = first._lease
    shop.time += timedelta(seconds=60)
    assert second.advance().is_level
    shop.tell(stock("a", 9))
    stale = read_marker(shop.graph)
    with pytest.raises(Busy, match="later lease"):
        first._carried(shop.graph, stale, lease, 99)
    assert read_marker(shop.graph) == stale
    assert row(shop, "stocks", "choosy", "a")[0][0] == 0.0


def test_a_graph_between_two_loads_is_left_alone(shop):
    shop.tell(stock("a", 0))
    shop.graph.write("save_projection_begun")
    state = shop.projector().advance()
    assert (state.is_level, state.problem) == (False, "The graph is between two loads.")
    assert row(shop, "stocks", "choosy", "a")[0][0] == 7.0


def test_a_graph_that_is_away_is_told_and_nothing_is_raised(shop):
    def connect():
        raise Unavailable("Nobody answers.", remedy="Start it.")

    told = shop.tell(stock("a", 0))
    projector = shop.projector()
    projector._connect = connect
    state = projector.advance()
    assert (state.told, state.projected, state.is_level) == (told, None, False)
    assert isinstance(state.diagnosis, Unavailable)


changes = st.lists(
    st.one_of(
        st.builds(stock, st.sampled_from(SKUS), st.integers(0, 9), st.sampled_from(STORES), st.integers(-5, 5)),
        st.builds(Delisting, st.sampled_from(SKUS), st.sampled_from([None, TODAY, TODAY + timedelta(1)])),
        st.builds(
            PriceChange,
            st.sampled_from(SKUS),
            st.integers(1, 9).map(float),
            st.sampled_from([None, *STORES]),
            st.sampled_from([None, TODAY, TODAY + timedelta(3)]),
        ),
        st.just(LoadPublished(1)),
        st.sampled_from(["confirmed", "rejected", "released"]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=changes, batches=st.lists(st.integers(1, 4), min_size=1, max_size=4), crashes=st.lists(st.booleans()))
def test_any_batches_repeats_and_crashes_end_as_projecting_once(tmp_path_factory, graph, told, batches, crashes):
    shop = Shop(tmp_path_factory.mktemp("shop"), graph)
    graph.write_alone("close_everything", batch=1_000)
    shop.load()
    shop.relate()
    commit, crash = graph.write_if, iter(crashes)

    def torn(guard, work):
        if next(crash, False):
            if len(work) % 2:
                commit(guard, work)
            raise Lost("The server went away.")
        return commit(guard, work)

    numbers = count()
    for each in told:
        shop.judge(next(numbers), each) if isinstance(each, str) else shop.tell(each)
        graph.write_if = torn
        projector = shop.projector(batch=batches[next(numbers) % len(batches)])
        projector.advance()
        projector.release()
    graph.write_if = commit
    level(shop.projector(batch=batches[0]))
    by_pieces = held(graph)
    assert agrees(shop) == ()
    roll_forward(lake=shop.lake, graph=graph, version=1, is_rebuild=True)
    level(shop.projector())
    assert held(graph) == by_pieces
