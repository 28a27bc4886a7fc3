"""The service's benchmark asks what the contract allows, tells what it measured, and finds ignored changes."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import service_shop as shop
from graphql import build_schema, parse, validate
from service_client import open_service, within_two_seconds

from api.contract import PRINTED
from evaluation import service_report
from evaluation.load_generator import Target
from evaluation.open_loop import Measured
from evaluation.service import Bench, Plan
from evaluation.service_changes import RECORD, ChangeBook, batches
from evaluation.service_engine import engine
from evaluation.service_figures import Row, cpu_seconds, held_mib
from evaluation.service_scenarios import ONE_CONNECTION, Limit, Subjects, bodies, operation
from journal.store import Journal

SUBJECTS = Subjects(shop.SKUS, shop.STORES, ["c1"])


@pytest.mark.parametrize("query", [*map(operation, ONE_CONNECTION), RECORD])
def test_every_operation_is_of_the_contract(query):
    assert validate(build_schema(PRINTED.read_text()), parse(query)) == []


@pytest.mark.parametrize("name", ONE_CONNECTION)
def test_requests_differ_and_equal_seeds_give_equal_ones(name):
    asked = bodies(name, SUBJECTS, count=40, seed=1)
    assert asked == bodies(name, SUBJECTS, count=40, seed=1)
    assert len(set(asked)) > (1 if name == "page" else 5)


def answer(sku="cola", availability="IN_STOCK", withheld=()):
    offers = [{"product": {"sku": sku}, "availability": availability}]
    return {"products": offers, "withheld": [{"product": {"sku": each}, "reason": "OUT_OF_STOCK"} for each in withheld]}


def book(*changes):
    """Units, when sent and when acknowledged."""
    kept = ChangeBook()
    for units, sent, acknowledged in changes:
        kept.send("S1", "cola", units, at=sent).acknowledged = acknowledged
    return kept


def told(kept, said, *, asked, answered=None):
    return kept.violations("S1", said, asked=asked, answered=asked + 0.01 if answered is None else answered)


def test_an_old_change_must_be_honoured_and_a_young_one_may_be():
    emptied = book((0.0, 1.0, 1.1))
    assert told(emptied, answer(), asked=3.2)
    assert not told(emptied, answer(), asked=3.0)
    assert not told(emptied, answer(availability="OUT"), asked=3.2)
    assert not told(emptied, answer(availability="UNKNOWN"), asked=3.2)
    assert not told(emptied, answer("nuts"), asked=3.2)
    assert emptied.num_checked == 2


def test_a_shelf_that_was_filled_must_not_be_told_empty():
    filled = book((0.0, 1.0, 1.1), (7.0, 2.0, 2.1))
    assert told(filled, answer("nuts", withheld=["cola"]), asked=5)
    assert not told(filled, answer(), asked=5)


def test_a_change_under_way_makes_either_answer_right():
    assert not told(book((0.0, 1.0, 1.1), (7.0, 4.99, 9.0)), answer(), asked=5, answered=5.0)
    assert told(book((0.0, 1.0, 1.1), (7.0, 5.5, 9.0)), answer(), asked=5, answered=5.1)


def test_changes_that_overlapped_prove_nothing():
    assert not told(book((7.0, 1.0, 1.5), (0.0, 1.2, 1.4)), answer(), asked=5)


def test_a_change_that_was_never_acknowledged_proves_nothing():
    assert not told(book((0.0, 1.0, float("inf"))), answer(), asked=50)


def test_no_shelf_changes_twice_in_a_batch():
    for batch in batches(shop.SKUS, "S1", count=20, size=5, since=shop.NOON, run="r"):
        assert len({sku for _, sku, _ in batch.changes}) == 5
        assert len(json.loads(batch.body)["variables"]["input"]["changes"]) == 5


def row(limit, *, waited=0.004, refused=0, seconds=1.0):
    count = 100
    gone = np.arange(count) < refused
    measured = Measured(np.zeros(count), np.full(count, waited), np.zeros(count), gone, np.full(count, 2), seconds)
    return Row("product", "one connection", limit, measured, 0.1)


def test_a_promise_is_kept_only_fast_enough_often_enough_and_with_nothing_refused():
    assert row(Limit(p99=5)).is_kept is True
    assert row(Limit(p99=3)).is_kept is False
    assert row(Limit(p99=5), refused=1).is_kept is False
    assert row(Limit(per_second=100)).is_kept is True
    assert row(Limit(per_second=100), seconds=2).is_kept is False
    assert row(Limit()).is_kept is None


def test_the_engine_alone_is_measured():
    measured = engine(shop.moment(), replace(SUBJECTS, skus=list(shop.SKUS)), count=30).measured
    assert (measured.waited > 0).all()
    assert measured.graph_reads() == 0


def test_a_worker_that_has_ended_holds_nothing():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    within_two_seconds(lambda: "Z (zombie)" in Path(f"/proc/{ended.pid}/status").read_text())
    try:
        assert held_mib(os.getpid()) > 10
        assert cpu_seconds(os.getpid()) > 0
    finally:
        ended.wait()


@pytest.mark.graph
@pytest.mark.slow
def test_a_run_on_the_real_service_tells_figures_and_finds_every_change_honoured(loaded, tmp_path):
    plan = Plan(requests=4, per_second=20, seconds=6, soak_minutes=0.02, changes_per_second=2)
    with open_service(loaded, Journal(str(tmp_path / "journal.db"))) as address:
        bench = Bench(Target(f"{address}/graphql"), SUBJECTS, plan, pid=os.getpid(), progress=lambda *_: None)
        figures = asyncio.run(bench.run(shop.NOON))
    assert not any(each.measured.refused.any() for each in figures.rows)
    assert {each.name for each in figures.rows} >= {*ONE_CONNECTION, "an empty operation", "recordStock"}
    reads = {each.name: each.measured.graph_reads() for each in figures.rows if each.load == "one connection"}
    assert reads["an empty operation"] == 0
    assert 1 <= reads["product"] <= 5
    assert figures.num_checked > 0
    assert figures.violations == []
    assert figures.soaked is not None
    assert "recommendations | 20/s, open loop" in service_report.markdown(figures)
    assert json.loads(json.dumps(service_report.as_json(figures), allow_nan=False))["violations"] == 0
    service_report.save_picture(figures, tmp_path / "service.png")
    assert (tmp_path / "service.png").stat().st_size > 10_000
