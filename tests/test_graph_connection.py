"""What goes wrong between us and the server is told at once, in our words."""

import asyncio
import time

import pytest
from conftest import free_port
from standstill import standing_still

from graph import connection
from graph.connection import Graph, Lost, connect
from graph.connection_async import connect_async
from graph.server import USER, LocalServer
from schema.errors import Unavailable, WrongCredentials

pytestmark = pytest.mark.graph


def test_a_wrong_password_is_told(neo4j_server: LocalServer) -> None:
    for user, password in ((USER, "not it at all"), ("nobody", neo4j_server.password())):
        with pytest.raises(WrongCredentials, match="graph password"):
            connect(neo4j_server.uri, user=user, password=password)


def test_no_server_is_told_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="graph start"):
        connect(f"bolt://127.0.0.1:{free_port()}", user=USER, password="anything")
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("uri", ["http://127.0.0.1:7687", "nonsense", "bolt://", "bolt://:7687", "bolt://[", ""])
def test_what_is_no_address_is_told(uri: str) -> None:
    with pytest.raises(Unavailable, match="is no address of a Neo4j server"):
        connect(uri, user=USER, password="anything")


def test_a_database_that_is_not_there_is_told(neo4j_server: LocalServer) -> None:
    password = neo4j_server.password()
    graph = connect(neo4j_server.uri, user=USER, password=password, database="other")
    with graph, pytest.raises(Unavailable, match="NEO4J_DATABASE"):
        graph.read("read_counts")


def test_reading_and_writing_go_their_own_ways(graph: Graph) -> None:
    with pytest.raises(ValueError, match="call read"):
        graph.write("read_counts")
    with pytest.raises(ValueError, match="call write"):
        graph.read("merge_brands", rows=[])


def test_lost_work_is_begun_again_with_a_limit(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_PAUSE_SECONDS", 0.001)
    calls: list[int] = []

    def work(failures: int) -> str:
        calls.append(1)
        if len(calls) <= failures:
            raise Lost("gone")
        return "done"

    assert graph.retry(lambda: work(2)) == "done"
    calls.clear()
    with pytest.raises(Unavailable, match="gone"):
        graph.retry(lambda: work(100))
    assert len(calls) == connection.ATTEMPTS


def test_the_api_reads_with_a_deadline(neo4j_server: LocalServer, graph: Graph) -> None:
    graph.write("merge_brands", rows=[["kept", "load"]])

    async def ask() -> None:
        password = neo4j_server.password()
        async with connect_async(neo4j_server.uri, user=USER, password=password, deadline_seconds=20) as pool:
            await pool.verify()
            rows = await asyncio.gather(*(pool.read("read_brands", share=1.0) for _ in range(8)))
            assert all([row["name"] for row in each] == ["kept"] for each in rows)
            with pytest.raises(ValueError, match="only reads"):
                await pool.read("merge_brands", rows=[])
            with standing_still([neo4j_server.pid() or 0]):
                began = time.monotonic()
                with pytest.raises(Unavailable, match="in time"):
                    await pool.read("read_brands", share=1.0, deadline_seconds=0.5)
                assert time.monotonic() - began < 5
            assert len(await pool.read("read_brands", share=1.0)) == 1

    asyncio.run(ask())


def test_the_api_is_told_of_a_wrong_password_and_of_no_server(neo4j_server: LocalServer) -> None:
    async def ask(uri: str, password: str) -> None:
        async with connect_async(uri, user=USER, password=password) as pool:
            await pool.read("read_brands", share=1.0, deadline_seconds=20)

    with pytest.raises(WrongCredentials):
        asyncio.run(ask(neo4j_server.uri, "not it at all"))
    with pytest.raises(Unavailable):
        asyncio.run(ask(f"bolt://127.0.0.1:{free_port()}", "anything"))
