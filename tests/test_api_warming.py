"""A graph that has just started is warmed up before callers run out of time, and again whenever it was lost."""

import asyncio

import pytest

from api.warming import VERIFY_SECONDS, WARM_UP_SECONDS, WarmGraph
from schema.errors import Unavailable


class Server:
    """A graph that can be away, and counts what is read; a statement takes `seconds`."""

    def __init__(self, *, is_away=False, seconds=0.0):
        self.is_away, self.seconds = is_away, seconds
        self.names, self.deadlines = [], []

    async def verify(self):
        if self.is_away:
            raise Unavailable("gone") from OSError()

    async def read(self, name, *, deadline_seconds=None, **_params):
        await self.verify()
        self.names.append(name)
        self.deadlines.append(deadline_seconds)
        await asyncio.sleep(self.seconds)
        if deadline_seconds is not None and self.seconds > deadline_seconds:
            raise Unavailable("slow") from TimeoutError()
        return []


def warmed(body, server, *, monkeypatch):
    monkeypatch.setattr("api.warming.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("api.warming.WATCH_SECONDS", 0.01)

    async def run():
        graph = WarmGraph(server)
        keeping = asyncio.create_task(graph.keep_warm())
        try:
            return await body(graph)
        finally:
            keeping.cancel()

    return asyncio.run(run())


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


def test_each_statement_is_planned_once_with_time_enough(monkeypatch):
    server = Server()

    async def body(graph):
        assert graph.is_planning
        await graph.looked_at(within_seconds=5)
        assert not graph.is_planning
        await until(lambda: "find_cascade" in server.names)
        await asyncio.sleep(0.05)
        assert server.names.count("find_supplies") == server.names.count("find_cascade") == 1
        assert set(server.deadlines) == {WARM_UP_SECONDS, VERIFY_SECONDS}

    warmed(body, server, monkeypatch=monkeypatch)


def test_a_graph_that_was_lost_is_warmed_up_when_it_is_back(monkeypatch):
    server = Server()

    async def body(graph):
        await until(lambda: "find_cascade" in server.names)
        server.is_away = True
        with pytest.raises(Unavailable):
            await graph.read("find_products")
        await asyncio.sleep(0.05)
        assert not graph.is_planning  # callers of a graph that is away are told so at once
        assert graph.state == "does not answer"
        server.seconds = 0.05
        server.is_away, server.names = False, []
        await until(lambda: "find_products" in server.names)
        assert graph.state == "has just started"
        await until(lambda: "find_cascade" in server.names)
        assert graph.state == "ready"

    warmed(body, server, monkeypatch=monkeypatch)


def test_a_loss_that_nobody_met_is_noticed(monkeypatch):
    server = Server()

    async def body(graph):
        await until(lambda: "find_cascade" in server.names)
        server.is_away, server.names = True, []
        await asyncio.sleep(0.05)
        assert server.names == []
        server.is_away = False
        await until(lambda: "find_cascade" in server.names)
        await asyncio.sleep(0.05)
        assert server.names.count("find_cascade") == 1  # one that stays is looked for, not asked

    warmed(body, server, monkeypatch=monkeypatch)


def test_a_graph_that_is_slow_is_not_warmed_up_again(monkeypatch):
    server = Server()

    async def body(graph):
        await until(lambda: "find_cascade" in server.names)
        server.seconds, server.names = 0.02, []
        with pytest.raises(Unavailable):
            await graph.read("find_products", deadline_seconds=0.01)
        await asyncio.sleep(0.1)
        assert set(server.names) == {"find_products"}  # which is what a sign of life is asked by, too

    warmed(body, server, monkeypatch=monkeypatch)


def test_a_graph_that_is_away_keeps_nobody_waiting(monkeypatch):
    async def body(graph):
        await graph.looked_at(within_seconds=5)
        assert not graph.is_planning

    warmed(body, Server(is_away=True), monkeypatch=monkeypatch)
