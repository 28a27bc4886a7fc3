"""The graph's disk full: told by type and in time, decisions go on, and nothing acknowledged is lost."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from itertools import repeat

import pytest
import service_shop as shop
from conftest import brief_server
from live_shops import Shop, held, stock
from service_client import refused, serving, settled, within

from graph.connection import connect
from graph.server import USER
from jobs.check import rebuild
from registry.store import Registry
from schema.errors import Unavailable

pytestmark = [pytest.mark.graph, pytest.mark.slow]
EXPLAINED = '{ product(sku: "spaghetti") { substitutes(first: 1) { edges { explanation { sentence } } } } }'
DECIDE = '{ recommendations(for: {basket: ["spaghetti"], storeId: "S1"}, first: 3) { products { score } } }'
RECORD = """mutation { recordStock(input: {idempotencyKey: "k", changes: [
  {storeId: "S1", sku: "beer", onHandUnits: 1, countedAt: "2024-05-01T12:00:00Z"}]}) { sequence } }"""


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 MiB: ext4 in a file, for Neo4j's log ends otherwise on a full tmpfs than on a disk."""
    folder, image = tmp_path / "disk", tmp_path / "image"
    folder.mkdir()
    image.touch()
    os.truncate(image, 64 << 20)
    for command in (["mkfs.ext4", "-q", "-m", "0", image], ["mount", "-o", "loop", image, folder]):
        done = subprocess.run(command, check=False, capture_output=True) if shutil.which(command[0]) else None
        if done is None or done.returncode:
            pytest.skip(f"no small disk can be mounted here: {command[0]} is not there, or refused")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def server(disk, neo4j_jars):
    """A Neo4j of this test's own on that disk."""
    own = brief_server(disk / "graph", neo4j_jars)
    try:
        own.start()
        yield own
    finally:
        own.stop()


@contextmanager
def full(disk):
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            file.writelines(repeat(bytes(4096)))
        yield
    finally:
        filler.unlink()


def readiness(service):
    answer = service.http.get("/readyz")
    return answer.status_code, answer.json()["checks"]["graph"], answer.json()["projection"]


def told_as_broken(service, home):
    """Count shelves until the graph, which had some room in its log, cannot keep what is told."""
    home.tell(stock("a", 0))
    status, graph, projection = readiness(service)
    return (status, graph) == (503, "does not answer") and projection["state"] != "ready"


def begin_anew(server):
    """Leave nothing of the graph but its users: where its log ends torn, Neo4j does not open what there was."""
    server.stop()
    for folder in ("databases", "transactions"):
        shutil.rmtree(server.home / "data" / folder / "neo4j")
    server.start()


def test_a_full_disk_is_told_and_the_graph_made_anew_holds_all_that_was_acknowledged(server, disk, tmp_path):
    with connect(server.uri, user=USER, password=server.password()) as graph:
        home, registry = Shop(tmp_path / "home", graph), Registry(tmp_path / "registry")
        home.load(products=[{"sku": sku, "name": sku} for sku in (*"abcd", *shop.SKUS)])
        wiring = {"projector": home.projector("serve"), "model": shop.artefact(), "catalogue_seconds": 900}
        with serving(server, home.journal, **wiring) as service:
            settled(service)
            decided, explained = service.data(DECIDE), service.data(EXPLAINED)
            with full(disk):
                within(20, lambda: told_as_broken(service, home))
                refused(service, EXPLAINED, "UNAVAILABLE")
                assert service.data(DECIDE) == decided
                assert service.http.get("/healthz").status_code == 200
                began = time.monotonic()
                with pytest.raises(Unavailable, match="restart it"):
                    rebuild(lake=home.lake, graph=graph, registry=registry)
                assert time.monotonic() - began < 5
                acknowledged = service.data(RECORD)["recordStock"]["sequence"]
            assert readiness(service)[0] == 503  # room alone does not mend it
            begin_anew(server)
            settled(service)
            rebuild(lake=home.lake, graph=graph, registry=registry)
            within(20, lambda: readiness(service)[2]["projected_sequence"] == acknowledged)
            assert ["choosy", "a", 0.0, "2024-05-01T13:00:00Z"] in held(graph)["stocks"]
            assert service.data(EXPLAINED) == explained
