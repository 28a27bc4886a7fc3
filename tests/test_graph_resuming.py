"""A load that is killed, or loses its server, is completed by the next one as if nothing had happened."""

import os
import signal
from threading import Event, Thread

import own_process
import pytest
from shops import random_snapshot

from graph import projection
from graph.check import compare
from graph.connection import Graph, connect
from graph.marker import read_marker
from graph.projection import project
from graph.server import USER, LocalServer
from schema.snapshot import GraphSnapshot

pytestmark = [pytest.mark.graph]
OLD, NEW = random_snapshot(1, products=10), random_snapshot(2, products=14)


def die_at(writes: int, uri: str, password: str, snapshot: GraphSnapshot) -> None:
    """Project, two rows a transaction, and kill this process just before or just after its n-th write."""
    projection.BATCH = 2  # type: ignore[misc]
    with connect(uri, user=USER, password=password) as graph:
        write_all, count = graph.write_all, [0]

        def counted(work: list[tuple[str, dict[str, object]]]) -> list[dict[str, object]]:
            count[0] += 1
            if count[0] == writes and writes % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            rows = write_all(work)
            if count[0] == writes:
                os.kill(os.getpid(), signal.SIGKILL)
            return rows

        graph.write_all = counted  # type: ignore[method-assign]
        project(snapshot, graph, lake_version=2, load_id="new")


@pytest.mark.slow
@pytest.mark.parametrize("is_empty", [True, False])
def test_killed_at_any_point_it_is_completed_by_the_next(
    graph: Graph, neo4j_server: LocalServer, is_empty: bool
) -> None:
    if not is_empty:
        project(OLD, graph, lake_version=1, load_id="old")
    before = read_marker(graph)
    for writes in (1, 2, 7, 12, 25, 40):
        killed = own_process.ended(die_at, writes, neo4j_server.uri, neo4j_server.password(), NEW)
        assert killed == -signal.SIGKILL
        assert read_marker(graph).lake_version == before.lake_version
        assert not read_marker(graph).is_ready or read_marker(graph) == before
    project(NEW, graph, lake_version=2, load_id="new")
    assert compare(graph, NEW, samples=None).is_equal
    assert read_marker(graph).is_ready


def test_cut_off_and_sent_back_to_the_old_version_it_is_the_old_one(graph: Graph, neo4j_server: LocalServer) -> None:
    project(OLD, graph, lake_version=1, load_id="old")
    own_process.ended(die_at, 9, neo4j_server.uri, neo4j_server.password(), NEW)
    assert not read_marker(graph).is_ready
    project(OLD, graph, lake_version=1, load_id="old")
    assert compare(graph, OLD, samples=None).is_equal


@pytest.mark.slow
def test_a_server_lost_in_mid_load_is_waited_for(
    graph: Graph, neo4j_server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "BATCH", 2)
    monkeypatch.setattr("graph.connection.ATTEMPTS", 8)
    write_all, count, is_killed = graph.write_all, [0], Event()

    def counted(work: list[tuple[str, dict[str, object]]]) -> list[dict[str, object]]:
        count[0] += 1
        if count[0] == 20:
            os.kill(neo4j_server.pid() or 0, signal.SIGKILL)
            is_killed.set()
        return write_all(work)

    monkeypatch.setattr(graph, "write_all", counted)
    mender = Thread(target=lambda: is_killed.wait(60) and neo4j_server.start())
    mender.start()
    project(NEW, graph, lake_version=2, load_id="new")
    mender.join()
    assert is_killed.is_set()
    assert compare(graph, NEW, samples=None).is_equal
