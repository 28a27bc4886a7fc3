"""`serve --workers 2` on a real shop: two processes answer as one, whichever of them is asked."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import own_process
import pytest
from conftest import free_port

from evaluation.service_changes import RECORD

pytestmark = [pytest.mark.graph, pytest.mark.slow]
ROOT = Path(__file__).parents[1]
STARTS_SECONDS = 90.0
POINTS = 600
SHELF = '{ product(sku: "tea") { stocks(storeId: "S1", first: 1) { edges { node { onHandUnits availability } } } } }'
TABLES = {
    "products": [("sku", "name"), ("tea", "Green tea"), ("jam", "Plum jam")],
    "stores": [("store_id", "name"), ("S1", "Market")],
    "purchases": [("basket_id", "sku", "bought_at", "units"), ("b1", "tea", "2025-12-31 12:00:00", "1")],
}


def table(folder: Path, name: str) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file).writerows(TABLES[name])


class Served:
    """A running `serve --workers 2`, asked over connections that each request opens anew."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        command = [sys.executable, "-m", "shelfgraph", "serve", "--workers", "2"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        self._port, self._key = port, Path(environment["SHELFGRAPH_HOME"]) / "development.key"

    def workers(self) -> set[int]:
        """Their process ids."""
        pid = self.process.pid
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    @contextmanager
    def only(self, worker: int) -> Iterator[None]:
        """Inside it the others stand still, so that this one answers."""
        others = self.workers() - {worker}
        try:
            for each in others:
                os.kill(each, signal.SIGSTOP)
            yield
        finally:
            for each in others:
                os.kill(each, signal.SIGCONT)

    def ask(self, query: str, **variables: object) -> dict:
        """The whole answer."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._key.read_text().strip()}"}
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def answered_by(self, worker: int) -> dict:
        """What one worker answers, once it does."""
        ends = time.monotonic() + STARTS_SECONDS
        while True:
            try:
                with self.only(worker):
                    return self.ask(SHELF)
            except (OSError, urllib.error.URLError):
                assert time.monotonic() < ends, "it does not answer"
                time.sleep(0.5)


def shelf(answer: dict) -> dict:
    return answer["data"]["product"]["stocks"]["edges"][0]["node"]


@pytest.fixture
def served(tmp_path, neo4j_server, graph):
    port = free_port()
    environment = {
        **os.environ,
        "SHELFGRAPH_HOME": str(tmp_path / "home"),
        "SHELFGRAPH_API_PORT": str(port),
        "SHELFGRAPH_RUNS_JOBS": "false",
        "SHELFGRAPH_POINTS_PER_MINUTE": json.dumps({"admin": POINTS}),
        "NEO4J_URI": neo4j_server.uri,
        "NEO4J_PASSWORD": neo4j_server.password(),
        "PYTHONPATH": str(ROOT),
    }
    (tmp_path / "tables").mkdir()
    for name in TABLES:
        table(tmp_path / "tables", name)
    code, told = own_process.shelfgraph(environment, "load", "retail-tables", tmp_path / "tables")
    assert code == 0, told
    running = Served(environment, port)
    yield running
    running.process.kill()
    running.process.wait()


def test_two_workers_answer_as_one_and_one_that_is_killed_is_replaced(served):
    ends = time.monotonic() + STARTS_SECONDS
    while len(served.workers()) < 2:
        assert time.monotonic() < ends
        time.sleep(0.1)
    first = served.workers()
    for worker in first:
        assert "errors" not in served.answered_by(worker)
    one, other = first
    with served.only(one):
        spent = sum(served.ask(SHELF)["extensions"]["cost"]["actual"] for _ in range(20))
    assert spent >= 100
    # Of a bucket of its own the other would have spent an answer or two; ten points leak a second.
    assert served.answered_by(other)["extensions"]["cost"]["remaining"] < POINTS - spent / 2

    changes = [{"storeId": "S1", "sku": "tea", "onHandUnits": "3", "countedAt": "2026-01-01T00:00:00Z"}]
    told = served.ask(RECORD, input={"idempotencyKey": "one", "changes": changes})
    assert told["data"]["recordStock"]["userErrors"] == []
    time.sleep(2.0)
    for worker in first:
        assert shelf(served.answered_by(worker)) == {"onHandUnits": "3.0", "availability": "IN_STOCK"}

    os.kill(min(first), signal.SIGKILL)
    ends = time.monotonic() + STARTS_SECONDS
    while len(served.workers() - {min(first)}) < 2:
        assert time.monotonic() < ends
        time.sleep(0.1)
    (fresh,) = served.workers() - first
    assert shelf(served.answered_by(fresh)) == {"onHandUnits": "3.0", "availability": "IN_STOCK"}

    last = served.workers()
    served.process.terminate()
    assert served.process.wait(30) == 0
    assert not [pid for pid in last if Path(f"/proc/{pid}").exists()]
