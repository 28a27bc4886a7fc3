"""`serve --workers 2` on a real shop: two processes answer as one, whichever of them is asked."""

import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import own_process
import pytest
from conftest import free_port
from standstill import standing_still

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
    """A running `serve --workers 2`."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        command = [sys.executable, "-m", "shelfgraph", "serve", "--workers", "2"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        self._port, self._key = port, Path(environment["SHELFGRAPH_HOME"]) / "development.key"
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def workers(self) -> set[int]:
        """Their process ids."""
        pid = self.process.pid
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    def answered_by(self, worker: int, query: str = SHELF, **variables: object) -> dict:
        """The whole answer of one worker, over a connection of its own that is opened once it answers."""
        if worker not in self._connections:
            self._connections[worker] = self._connected_to(worker)
        return self._asked(self._connections[worker], query, **variables)

    def _connected_to(self, worker: int) -> http.client.HTTPConnection:
        ends = time.monotonic() + STARTS_SECONDS
        while True:
            with standing_still(self.workers() - {worker}):
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
                try:
                    self._asked(connection, SHELF)
                except OSError:
                    connection.close()  # it is another's, or nobody listens yet
                else:
                    assert connection.sock is not None
                    connection.sock.settimeout(10)
                    return connection
            assert time.monotonic() < ends, "it does not answer"
            time.sleep(0.2)

    def _asked(self, connection: http.client.HTTPConnection, query: str, **variables: object) -> dict:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._key.read_text().strip()}"}
        connection.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}).encode(), headers)
        answer: dict = json.load(connection.getresponse())
        return answer


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
    spent = sum(served.answered_by(one)["extensions"]["cost"]["actual"] for _ in range(20))
    assert spent >= 100
    # Of a bucket of its own the other would have spent an answer or two; ten points leak a second.
    assert served.answered_by(other)["extensions"]["cost"]["remaining"] < POINTS - spent / 2

    changes = [{"storeId": "S1", "sku": "tea", "onHandUnits": "3", "countedAt": "2026-01-01T00:00:00Z"}]
    told = served.answered_by(one, RECORD, input={"idempotencyKey": "one", "changes": changes})
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
