"""Counted edges against plain loops over small random shops."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_shops import at, line, on, stage
from scipy.stats import poisson

from lake import counts
from lake.association import PairCounts, discoveries, strongest_of_either_end
from lake.likeness import alike_pairs
from lake.snapshot import build_snapshot
from schema.edges import EDGES
from schema.snapshot import GraphSnapshot
from schema.tables import RetailTables

SKUS = "abcdef"
CATEGORY = {sku: "x" if sku < "d" else "y" for sku in SKUS}
AS_OF = on(12)


class Line(NamedTuple):
    customer: int | None
    day: int
    sku: str
    units: float


receipt_line = st.builds(
    Line,
    st.one_of(st.none(), st.integers(0, 2)),
    st.integers(0, 13),
    st.sampled_from(SKUS),
    st.sampled_from([0.1, 1.0, 2.0]),
)


def shop(folder: Path, lines: Sequence[Line], **tables: list[dict[str, Any]]) -> RetailTables:
    """A shop whose baskets are a customer's day."""
    purchases = [
        line(f"{each.customer}-{each.day}", number, each.sku, each.day, units=each.units, store_id="s")
        | {"customer_id": None if each.customer is None else f"k{each.customer}"}
        for number, each in enumerate(lines, start=1)
    ]
    return stage(
        folder,
        {
            "categories": [{"category_id": "x"}, {"category_id": "y"}],
            "products": [{"sku": sku, "category_id": CATEGORY[sku]} for sku in SKUS],
            "stores": [{"store_id": "s"}],
            "customers": [{"customer_id": f"k{number}"} for number in range(3)],
            "purchases": purchases,
            **tables,
        },
    )


def linked(snapshot: GraphSnapshot, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    edge = EDGES[name]
    sources, targets = snapshot.keys(edge.source).to_pylist(), snapshot.keys(edge.target).to_pylist()
    return {(sources[row["source"]], targets[row["target"]]): row for row in snapshot.edges[name].to_pylist()}


def past_baskets(lines: Sequence[Line]) -> dict[tuple[int | None, int], set[str]]:
    baskets: dict[tuple[int | None, int], set[str]] = defaultdict(set)
    for each in lines:
        if on(each.day) < AS_OF:
            baskets[each.customer, each.day].add(each.sku)
    return baskets


def expected_pairs(baskets: dict[tuple[int | None, int], set[str]]) -> dict[tuple[str, str], tuple[int, float]]:
    """Pairs that a reviewer would keep by the words of relation-model.md: baskets and shrunk PPMI."""
    single = Counter(sku for basket in baskets.values() for sku in basket)
    pairs = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket), 2))
    total, tests = len(baskets), math.comb(sum(number >= 3 for number in single.values()), 2)
    chance = {
        pair: float(poisson.sf(number - 1, single[pair[0]] * single[pair[1]] / total))
        for pair, number in pairs.items()
        if number >= 3
    }
    ranked = sorted(chance.values())
    limits = [p for place, p in enumerate(ranked, start=1) if p <= 0.05 * place / max(tests, len(ranked))]
    kept = {}
    for pair, p in chance.items():
        pmi = math.log(pairs[pair] * total / (single[pair[0]] * single[pair[1]]))
        if limits and p <= limits[-1] and pmi > 0:
            kept[pair] = (pairs[pair], pmi * pairs[pair] / (pairs[pair] + 5))
    return kept


def expected_switches(baskets: dict[tuple[int | None, int], set[str]]) -> Counter[tuple[str, str]]:
    switches: Counter[tuple[str, str]] = Counter()
    for customer in range(3):
        for category in "xy":
            turns = [
                {sku for sku in baskets[key] if CATEGORY[sku] == category} for key in sorted_keys(baskets, customer)
            ]
            turns = [turn for turn in turns if turn]
            for now, following in pairwise(turns):
                switches.update((source, target) for source in now - following for target in following - now)
    return switches


def sorted_keys(baskets: dict[tuple[int | None, int], set[str]], customer: int) -> list[tuple[int | None, int]]:
    return sorted((key for key in baskets if key[0] == customer), key=lambda key: key[1])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(receipt_line, min_size=20, max_size=120))
def test_counted_edges_are_what_loops_count(tmp_path_factory, lines):
    snapshot = build_snapshot(shop(tmp_path_factory.mktemp("shop"), lines), as_of=AS_OF)
    baskets = past_baskets(lines)

    pairs = {pair: (row["num_baskets"], row["ppmi"]) for pair, row in linked(snapshot, "BOUGHT_WITH").items()}
    expected = expected_pairs(baskets)
    assert pairs.keys() == expected.keys()
    assert all(pairs[pair] == pytest.approx(expected[pair]) for pair in pairs)

    needs = {key: {CATEGORY[sku] for sku in basket} for key, basket in baskets.items()}
    families = {pair: (row["num_baskets"], row["ppmi"]) for pair, row in linked(snapshot, "GOES_WITH").items()}
    assert families == {pair: pytest.approx(row) for pair, row in expected_pairs(needs).items()}

    switches = {pair: row["num_switches"] for pair, row in linked(snapshot, "SWITCHED_TO").items()}
    assert switches == {pair: number for pair, number in expected_switches(baskets).items() if number >= 2}

    bought = {pair: row["num_baskets"] for pair, row in linked(snapshot, "BOUGHT").items()}
    assert bought == Counter((f"k{key[0]}", sku) for key, skus in baskets.items() if key[0] is not None for sku in skus)
    shops = {pair: row["num_baskets"] for pair, row in linked(snapshot, "SHOPS_AT").items()}
    assert shops == Counter((f"k{key[0]}", "s") for key in baskets if key[0] is not None)


def test_bought_sums_units_and_halves_baskets_with_age(tmp_path):
    lines = [Line(0, 0, "a", 1.0), Line(0, 0, "a", 0.1), Line(0, 1, "a", 2.0), Line(0, 90, "b", 1.0)]
    snapshot = build_snapshot(shop(tmp_path, lines), as_of=on(91))
    row = linked(snapshot, "BOUGHT")["k0", "a"]
    assert (row["num_baskets"], row["units"], row["last_bought_at"]) == (2, pytest.approx(3.1), at(1))
    assert row["strength"] == pytest.approx(0.5 ** (90 / 90) + 0.5 ** (89 / 90))


def test_each_customer_keeps_the_ten_strongest(tmp_path):
    many = [f"p{number:02}" for number in range(12)]
    purchases = [
        line(f"{day}", place, sku, day, customer_id="k") for place, sku in enumerate(many) for day in range(place, 12)
    ]
    rows = {"products": [{"sku": sku} for sku in many], "customers": [{"customer_id": "k"}], "purchases": purchases}
    snapshot = build_snapshot(stage(tmp_path, rows), as_of=on(12))
    assert [target for _, target in linked(snapshot, "BOUGHT")] == many[:10]


def test_heavy_baskets_count_no_pairs(tmp_path):
    many = [f"p{number:03}" for number in range(counts.HEAVY_BASKET + 1)]
    heavy = [line(f"heavy{day}", place, sku, day) for day in range(9) for place, sku in enumerate(many, start=1)]
    light = [line(f"light{day}", place, sku, day) for day in range(9) for place, sku in enumerate(many[:2], start=1)]
    other = [line(f"other{day}", 1, many[2], day % 9) for day in range(30)]
    rows = {"products": [{"sku": sku} for sku in many], "purchases": heavy + light + other}
    snapshot = build_snapshot(stage(tmp_path, rows), as_of=on(10))
    assert {pair: row["num_baskets"] for pair, row in linked(snapshot, "BOUGHT_WITH").items()} == {("p000", "p001"): 9}


def busy_lines(seed: int) -> list[Line]:
    """Ninety lines of three customers, of whom each prefers a few products, so that pairs and switches stand out."""
    chance, favourites = random.Random(seed), ["abde", "abcf", "acbd"]
    return [
        Line(customer, chance.randrange(12), chance.choice(favourites[customer]), 1.0)
        for customer in (number % 3 for number in range(90))
    ]


def test_pairs_that_stand_out_are_what_loops_count(tmp_path):
    lines = [Line(number % 3, number // 3, sku, 1.0) for number in range(36) for sku in "abcd"[number % 2 :: 2]]
    edges = linked(build_snapshot(shop(tmp_path, lines), as_of=AS_OF), "BOUGHT_WITH")
    expected = expected_pairs(past_baskets(lines))
    assert set(expected) == {("a", "c"), ("b", "d")}
    assert {pair: row["num_baskets"] for pair, row in edges.items()} == {
        pair: kept[0] for pair, kept in expected.items()
    }
    assert {pair: row["ppmi"] for pair, row in edges.items()} == pytest.approx(
        {pair: kept[1] for pair, kept in expected.items()}
    )


def test_a_split_count_is_the_whole_count(tmp_path, monkeypatch):
    lines = busy_lines(seed=1)
    whole = build_snapshot(shop(tmp_path, lines), as_of=AS_OF)
    monkeypatch.setattr("lake.together.PAIRS_AT_ONCE", 20)
    monkeypatch.setattr("lake.counted.LINES_AT_ONCE", 20)
    parts = build_snapshot(shop(tmp_path, lines), as_of=AS_OF)
    assert whole.edges["SWITCHED_TO"].num_rows > 0
    for name in ("BOUGHT_WITH", "SWITCHED_TO"):
        assert parts.edges[name].equals(whole.edges[name])


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


def test_lift_is_one_where_independent():
    pairs = PairCounts(np.array([0]), np.array([1]), np.array([25]), np.array([50, 50]), 100)
    assert pairs.lift().tolist() == [1.0]
    assert pairs.ppmi().tolist() == [0.0]
    assert pairs.p_values() == pytest.approx([poisson.sf(24, 25)])


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(0, 40))
def test_discoveries_are_a_step_up(p_values, more):
    """Against the definition: the largest k with p_(k) <= k/m q, and everything at most that."""
    values, family = np.array(p_values), len(p_values) + more
    ranked = sorted(p_values)
    limits = [p for place, p in enumerate(ranked, start=1) if p <= 0.05 * place / family]
    expected = [bool(limits) and p <= limits[-1] for p in p_values]
    assert discoveries(values, num_tests=family).tolist() == expected


def test_noise_is_seldom_discovered():
    chance = np.random.default_rng(0)
    found = [discoveries(chance.uniform(size=200), num_tests=200).any() for _ in range(200)]
    assert np.mean(found) < 0.1


def test_a_pair_stays_when_strong_for_either_end():
    source, target = np.array([0, 0, 0, 1]), np.array([1, 2, 3, 2])
    strength = np.array([3.0, 2.0, 1.0, 9.0])
    assert strongest_of_either_end(source, target, strength, 1).tolist() == [True, False, True, True]
