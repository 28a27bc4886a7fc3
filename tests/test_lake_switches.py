"""Switches against plain loops: empty shelves, sessions, lift, and names where there are no categories."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from counted_shops import AS_OF, CATEGORY, SKUS, Line, linked, shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_shops import at, line, on, stage

from lake.likeness import alike_pairs
from lake.snapshot import build_snapshot


@pytest.mark.slow
def test_an_empty_shelf_makes_a_switch_of_what_is_taken_instead(tmp_path):
    """k0 buys a long before, then b while a is out: no alternation (c came between), but a replacement."""
    lines = []
    for customer in (0, 1):
        lines += [Line(customer, 0, "a", 1.0), Line(customer, 1, "c", 1.0), Line(customer, 2, "c", 1.0)]
        lines += [Line(customer, 5, "b", 1.0), Line(customer, 5, "c", 1.0)]
    empty = {"store_id": "s", "sku": "a", "on_hand_units": 0.0}
    before = build_snapshot(shop(tmp_path, lines), as_of=AS_OF)
    assert ("a", "b") not in linked(before, "SWITCHED_TO")
    during = shop(tmp_path, lines, stocks=[{**empty, "counted_at": at(4)}])
    row = linked(build_snapshot(during, as_of=AS_OF), "SWITCHED_TO")["a", "b"]
    assert (row["num_switches"], row["num_customers"]) == (2, 2)
    filled = {**empty, "counted_at": at(4, 20), "on_hand_units": 3.0}
    refilled = shop(tmp_path, lines, stocks=[{**empty, "counted_at": at(4)}, filled])
    assert ("a", "b") not in linked(build_snapshot(refilled, as_of=AS_OF), "SWITCHED_TO")


class Click(NamedTuple):
    session: int | None
    day: int
    sku: str
    kind: str


click = st.builds(
    Click,
    st.one_of(st.none(), st.integers(0, 5)),
    st.integers(10, 13),
    st.sampled_from(SKUS),
    st.sampled_from(["view", "view", "view", "search", "add_to_basket", "remove_from_basket", "purchase"]),
)


def events(clicks: Sequence[Click]) -> list[dict[str, Any]]:
    return [
        {"event_id": f"e{number}", "kind": each.kind, "happened_at": at(each.day), "sku": each.sku}
        | {"session_id": None if each.session is None else f"n{each.session}"}
        | {"customer_id": None if each.session in (None, 5) else f"k{each.session % 3}"}
        for number, each in enumerate(clicks)
    ]


def expected_looks(clicks: Sequence[Click]) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], set[int]]]:
    """Sessions and customers of each pair, of which the first was looked at and left and the second taken."""
    kinds: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for each in clicks:
        if each.session is not None and on(each.day) < AS_OF:
            kinds[each.session, each.sku][each.kind] += 1
    kept = {key: told["add_to_basket"] - told["remove_from_basket"] for key, told in kinds.items()}
    taken = {key for key, told in kinds.items() if told["purchase"] or kept[key] > 0}
    left = {key for key, told in kinds.items() if told["view"] and key not in taken}
    pairs = [
        (session, source, target)
        for session, source in left
        for other, target in taken
        if session == other and CATEGORY[source] == CATEGORY[target]
    ]
    customers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for session, source, target in pairs:
        customers[source, target] |= set() if session == 5 else {session % 3}
    return Counter((source, target) for _, source, target in pairs), customers


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(click, min_size=20, max_size=100))
def test_sessions_that_look_at_one_and_take_another_are_what_loops_count(tmp_path_factory, clicks):
    folder, lines = tmp_path_factory.mktemp("shop"), [Line(None, 0, "a", 1.0)]
    snapshot = build_snapshot(shop(folder, lines, events=events(clicks)), as_of=AS_OF)
    rows = linked(snapshot, "SWITCHED_TO")
    expected, customers = expected_looks(clicks)
    assert {pair: row["num_switches"] for pair, row in rows.items()} == {
        pair: number for pair, number in expected.items() if number >= 2
    }
    assert {pair: row["num_customers"] for pair, row in rows.items()} == {pair: len(customers[pair]) for pair in rows}


def test_looks_add_to_the_switches_between_baskets(tmp_path):
    lines = [Line(0, day, "ab"[day % 2], 1.0) for day in range(6)]
    looks = [Click(session, 8, sku, kind) for session in (0, 1) for sku, kind in (("a", "view"), ("b", "purchase"))]
    edges = linked(build_snapshot(shop(tmp_path, lines, events=events(looks)), as_of=AS_OF), "SWITCHED_TO")
    assert (edges["a", "b"]["num_switches"], edges["b", "a"]["num_switches"]) == (5, 2)


def test_without_categories_names_gate_looks(tmp_path):
    names = {"a": "red paper lantern", "b": "blue paper lantern", "c": "garden spade"}
    looks = [
        Click(session, 8, sku, kind)
        for session in (0, 1)
        for sku, kind in (("a", "view"), ("c", "view"), ("b", "add_to_basket"))
    ]
    rows = {
        "products": [{"sku": sku, "name": name} for sku, name in names.items()],
        "customers": [{"customer_id": f"k{number}"} for number in range(3)],
        "purchases": [line("1", 1, "a", 0)],
        "events": events(looks),
    }
    assert set(linked(build_snapshot(stage(tmp_path, rows), as_of=AS_OF), "SWITCHED_TO")) == {("a", "b")}


def test_switch_lift_compares_with_what_leavers_of_the_need_take(tmp_path):
    lines = [Line(0, day, "ab"[day % 2], 1.0) for day in range(8)] + [
        Line(1, day, "ac"[day % 2], 1.0) for day in range(4)
    ]
    edges = linked(build_snapshot(shop(tmp_path, lines), as_of=AS_OF), "SWITCHED_TO")
    # a→b 4, b→a 3, a→c 2, c→a 1: ten in all, six leave a, four reach b.
    assert edges["a", "b"]["lift"] == pytest.approx(4 * 10 / (6 * 4))
    assert ("c", "a") not in edges


def test_without_categories_names_gate_switches(tmp_path):
    names = {"a": "red paper lantern", "b": "blue paper lantern", "c": "garden spade"}
    purchases = [line(f"{day}", 1, "abac"[day % 4], day, customer_id="k") for day in range(12)]
    rows = {
        "products": [{"sku": sku, "name": name} for sku, name in names.items()],
        "customers": [{"customer_id": "k"}],
        "purchases": purchases,
    }
    assert set(linked(build_snapshot(stage(tmp_path, rows), as_of=AS_OF), "SWITCHED_TO")) == {("a", "b"), ("b", "a")}


def test_alike_names_are_alike_both_ways():
    source, target = alike_pairs(["red paper lantern", "blue paper lantern", "garden spade", "", "PAPER LANTERN, RED"])
    pairs = set(zip(source.tolist(), target.tolist(), strict=True))
    assert (0, 4) in pairs
    assert {(right, left) for left, right in pairs} == pairs
    assert not {2, 3} & {place for pair in pairs for place in pair}
