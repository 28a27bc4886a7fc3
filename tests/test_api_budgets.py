"""Budgets leak evenly, are each caller's own, and stay bounded; every answer tells what it cost."""

import subprocess
import sys

import pytest
import service_shop as shop
from hypothesis import given
from hypothesis import strategies as st
from service_client import ADMIN_KEY, address_of, bearer, serving

from api.access import Access
from api.buckets import Buckets
from api.budgets import Budgets, answered_fields
from journal.keys import Keys
from journal.store import Journal
from schema.access import DEFAULT_POINTS, AccessPolicy, Caller, Role

ANN, BEN = Caller("ann", Role.VIEWER), Caller("ben", Role.VIEWER)
PAGE = "{ products(first: 5) { edges { node { sku name } } } }"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def budgets(buckets=None, clock=None):
    clock = clock or Clock()
    return Budgets(AccessPolicy(points_per_minute={"viewer": 600}), buckets, seconds=clock), clock


def test_a_bucket_leaks_evenly_and_says_how_long_to_wait():
    bucket, clock = budgets()
    assert bucket.spend(ANN, 600) == 0
    assert bucket.spend(ANN, 100) == 10
    clock.now = 9.9
    assert bucket.spend(ANN, 100) == 1
    clock.now = 10.0
    assert bucket.spend(ANN, 100) == 0
    assert bucket.remaining(ANN) == 0
    clock.now = 1_000.0
    assert bucket.remaining(ANN) == 600


def test_a_bucket_is_its_callers_own():
    bucket, _ = budgets()
    bucket.spend(ANN, 600)
    assert bucket.spend(BEN, 600) == 0
    assert bucket.spend(ANN, 1) > 0


def test_what_an_answer_did_not_hold_is_given_back():
    bucket, _ = budgets()
    bucket.spend(ANN, 500)
    bucket.settle(ANN, requested=500, actual=40)
    assert bucket.remaining(ANN) == 560


def test_of_too_many_callers_those_are_forgotten_who_asked_longest_ago():
    bucket, clock = budgets(Buckets(most=64))
    for number in range(1_000):
        clock.now += 0.001
        bucket.spend(Caller(f"c{number}", Role.VIEWER), 600)
    assert bucket.spend(Caller("c999", Role.VIEWER), 600) == 60
    assert bucket.spend(Caller("c0", Role.VIEWER), 600) == 0


def test_processes_of_one_shop_share_what_is_spent_and_a_new_one_goes_on_with_it(tmp_path):
    file, clock = tmp_path / "home" / "budgets", Clock()
    clock.now = 100.0
    one, other = (budgets(Buckets(file), clock)[0] for _ in range(2))
    assert one.spend(ANN, 400) == 0
    assert other.remaining(ANN) == 200
    assert other.spend(ANN, 300) == 10
    other.settle(ANN, requested=400, actual=100)
    assert one.remaining(ANN) == 500
    clock.now += 6
    assert budgets(Buckets(file), clock)[0].remaining(ANN) == 560


def test_a_machine_that_started_anew_forgets_what_was_spent_before(tmp_path):
    clock = Clock()
    clock.now = 5_000.0
    budgets(Buckets(tmp_path / "budgets"), clock)[0].spend(ANN, 600)
    assert budgets(Buckets(tmp_path / "budgets"))[0].remaining(ANN) == 600


SPENDER = """
import sys
from pathlib import Path
from api.buckets import Buckets
from api.buckets import Buckets
from api.budgets import Budgets
from schema.access import AccessPolicy, Caller, Role
budgets = Budgets(AccessPolicy(points_per_minute={"viewer": 100_000}), Buckets(Path(sys.argv[1])), seconds=lambda: 1.0)
for _ in range(2_000):
    budgets.spend(Caller("ann", Role.VIEWER), 1)
"""


def test_processes_that_spend_at_the_same_time_lose_nothing(tmp_path):
    file = tmp_path / "budgets"
    spenders = [subprocess.Popen([sys.executable, "-c", SPENDER, str(file)]) for _ in range(3)]
    assert [spender.wait(60) for spender in spenders] == [0, 0, 0]
    with Buckets(file).changing("ann") as bucket:
        assert bucket.level == 6_000


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 600)), max_size=60))
def test_nobody_spends_more_than_a_bucket_and_what_leaked(asked):
    bucket, clock = budgets()
    spent = 0
    for seconds, points in asked:
        clock.now += seconds
        spent += points if bucket.spend(ANN, points) == 0 else 0
        assert spent <= 600 + 10 * clock.now + 1e-6


def test_points_are_by_role_and_the_anonymous_have_their_own():
    policy = AccessPolicy(points_per_minute={**DEFAULT_POINTS, "viewer": 7})
    assert policy.points(ANN) == 7
    assert policy.points(Caller("x", Role.VIEWER, is_known=False)) == DEFAULT_POINTS["anonymous"]
    assert policy.points(Caller("x", None, is_known=False)) == DEFAULT_POINTS["anonymous"]


def test_fields_of_an_answer_are_counted():
    assert answered_fields(None) == 0
    assert answered_fields({"a": 1, "b": [{"c": 1}, {"c": [{"d": None}]}, 3]}) == 5


@pytest.fixture
def limited(loaded, tmp_path):

    journal = Journal(str(tmp_path / "journal.db"))
    keys = Keys(address_of(journal))
    policy = AccessPolicy(points_per_minute={**DEFAULT_POINTS, "viewer": 100})
    access = Access(policy, keys=keys, development_key=ADMIN_KEY)
    with serving(loaded, journal, model=shop.artefact(), access=access) as running:
        running.http.get("/readyz")
        token = keys.create(Role.VIEWER, created_at=shop.NOON)[1]
        access.callers.refresh()
        yield running, lambda query: running.http.post("/graphql", json={"query": query}, headers=bearer(token))


@pytest.mark.graph
def test_every_answer_tells_its_cost_and_a_spent_budget_is_told_with_when_to_ask_again(limited):
    running, ask = limited
    cost = ask(PAGE).json()["extensions"]["cost"]
    assert cost == {"requested": 17, "actual": 17, "remaining": cost["remaining"]}
    assert 80 <= cost["remaining"] <= 90
    while (answer := ask(PAGE)).status_code == 200:
        pass
    body = answer.json()
    assert answer.status_code == 429
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= 13
    assert body["errors"][0]["extensions"] == {"code": "RATE_LIMITED", "retryAfterSeconds": wait}
    assert body["data"] is None
    assert running.ask(PAGE)["extensions"]["cost"]["actual"] == 17
    dear = ask(PAGE.replace("5", "50")).json()
    assert dear["errors"][0]["extensions"]["code"] == "COST_EXCEEDED"
    assert ask("{ nothing }").json()["extensions"]["cost"]["requested"] == 1
