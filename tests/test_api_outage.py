"""The graph killed under load: every answer is typed and in bounded time, and all comes back by itself."""

import asyncio
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import psutil
import pytest
import service_shop as shop
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError
from service_client import ADMIN_KEY, listening_service

from evaluation.load_generator import Target, open_loop
from evaluation.open_loop import arrivals
from graph.server import USER
from journal.store import Journal

pytestmark = [pytest.mark.graph, pytest.mark.slow]
DEADLINE = 4.0
BACK_SECONDS = 5.0
"""From the graph's first answer on Bolt to the service's own, callers asking all the while."""
QUERIES = (
    '{ product(sku: "beer") { name category { name } suppliers(first: 2) { edges { node { name } } } } }',
    '{ recommendations(for: {basket: ["spaghetti"], customerId: "c1"}, first: 3) { products { product { name } } } }',
    '{ product(sku: "spaghetti") { substitutes(first: 2) { edges { explanation { sentence paths { steps { source } } }'
    " } } } }",
)


def ready(port):
    """The status of /readyz, and what it says of the graph."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return answer.status, json.load(answer)["checks"]["graph"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["checks"]["graph"]


def all_answered(port):
    """Whether each query is answered with data now."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {ADMIN_KEY}"}
    for query in QUERIES:
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=40) as answer:
            if "errors" in json.load(answer):
                return False
    return True


def until(holds, seconds):
    """The instant at which it came true."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)
    return time.monotonic()


def answers_on_bolt(server):
    """Whether the graph answers a statement, asked past the service."""
    with suppress(DriverError, Neo4jError):
        auth = (USER, server.password())
        with GraphDatabase.driver(server.uri, auth=auth, connection_timeout=1, max_transaction_retry_time=0) as driver:
            return bool(driver.execute_query("RETURN true AS is_so").records[0]["is_so"])
    return False


def seconds_until_back(server, port):
    """From a graph's first answer on Bolt until the service is ready, and until it answers everything."""
    with ThreadPoolExecutor(4) as watchers:
        starting = watchers.submit(server.start)
        watched = (lambda: answers_on_bolt(server), lambda: ready(port) == (200, "ready"), lambda: all_answered(port))
        on_bolt, readiness, answers = watchers.map(lambda holds: until(holds, 90), watched)
        starting.result()
    return readiness - on_bolt, answers - on_bolt


class Load:
    """What callers heard while they asked ten times a second, whatever became of the answers."""

    def __init__(self, port, seconds):
        self.codes: Counter[str] = Counter()
        target = Target(f"http://127.0.0.1:{port}/graphql", ADMIN_KEY)
        requests = [target.request(json.dumps({"query": query}).encode()) for query in QUERIES]
        due = arrivals(per_second=10, seconds=seconds)
        self._run = threading.Thread(
            target=lambda: setattr(self, "measured", asyncio.run(open_loop(target, requests, due, heard=self._heard)))
        )

    def _heard(self, _number, _sent, _answered, body):
        errors = json.loads(body).get("errors", ())
        self.codes.update({error["extensions"]["code"] for error in errors} or {"data"})

    def __enter__(self):
        self._run.start()
        return self

    def __exit__(self, *_):
        self._run.join(60)


def test_a_graph_killed_under_load_is_told_by_type_and_comes_back_by_itself(
    loaded, tmp_path, record_testsuite_property
):
    process = psutil.Process(os.getpid())
    settings = {"model": shop.artefact(), "deadline_seconds": DEADLINE, "catalogue_seconds": 0.0}
    with listening_service(loaded, Journal(str(tmp_path / "journal.db")), **settings) as port:
        until(lambda: ready(port) == (200, "ready") and all_answered(port), 60)
        before = process.memory_info().rss
        with Load(port, 6.0) as outage:
            until(lambda: outage.codes["data"] > 0, 10)
            os.kill(loaded.pid(), signal.SIGKILL)
            until(lambda: ready(port) == (503, "does not answer"), 5)
        assert outage.codes["data"] > 0
        assert outage.codes["UNAVAILABLE"] > 0
        assert set(outage.codes) <= {"data", "UNAVAILABLE", "TIMEOUT"}, outage.codes
        assert sum(outage.codes.values()) >= len(outage.measured.due)  # nobody was left without an answer
        assert np.max(outage.measured.waited) < DEADLINE + 3
        with Load(port, 12.0) as back:
            waited = seconds_until_back(loaded, port)
        record_testsuite_property(
            "seconds until ready, and until all is answered", [round(seconds, 1) for seconds in waited]
        )
        assert max(waited) < BACK_SECONDS, waited
        assert back.codes["data"] > 0
        assert set(back.codes) <= {"data", "UNAVAILABLE", "TIMEOUT"}, back.codes
        with Load(port, 1.0) as after:
            pass
        assert after.codes["data"] > 0, after.codes
        assert set(after.codes) <= {"data", "TIMEOUT"}, after.codes  # a busy machine may not keep up
        assert process.memory_info().rss - before < 100 * 2**20
