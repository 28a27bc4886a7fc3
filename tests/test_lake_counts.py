"""Counted edges against plain loops over small random shops."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from counted_shops import AS_OF, CATEGORY, Line, linked, receipt_line, shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_shops import at, line, on, stage
from scipy.stats import poisson

from lake import counts
from lake.snapshot import build_snapshot


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_split_count_is_the_whole_count(tmp_path, monkeypatch):
    lines = busy_lines(seed=1)
    whole = build_snapshot(shop(tmp_path, lines), as_of=AS_OF)
    monkeypatch.setattr("lake.together.PAIRS_AT_ONCE", 20)
    monkeypatch.setattr("lake.counted.LINES_AT_ONCE", 20)
    parts = build_snapshot(shop(tmp_path, lines), as_of=AS_OF)
    assert whole.edges["SWITCHED_TO"].num_rows > 0
    for name in ("BOUGHT_WITH", "SWITCHED_TO"):
        assert parts.edges[name].equals(whole.edges[name])
