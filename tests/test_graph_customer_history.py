"""What customers buy, read from a real Neo4j: shared by who asks at once, kept for who is back soon."""

import asyncio

import pytest
import service_shop as shop

from graph.connection import connect
from graph.connection_async import connect_async
from graph.customer_history import CustomerHistory
from graph.projection import project
from graph.server import USER
from schema.decisions import Bought

pytestmark = pytest.mark.graph
COLA = (Bought("cola", 2.0), Bought("spaghetti", 1.0))


class Histories:
    """Customers' histories over a real graph, with a clock that stands until it is moved."""

    def __init__(self, read, **settings):
        self.reads, self.now, self._read = [], 0.0, read
        self.history = CustomerHistory(self._counted, clock=lambda: self.now, **settings)

    async def _counted(self, name, **params):
        self.reads.append(params["keys"])
        return await self._read(name, **params)

    async def bought(self, *customers, lake_version=1):
        asked = [self.history.bought(one, lake_version=lake_version) for one in customers]
        return await asyncio.gather(*asked)


@pytest.fixture(scope="module")
def ask(neo4j_server):
    """Ask histories of the service shop: `ask(question, seconds=…)`, a question being a coroutine of Histories."""
    neo4j_server.start()
    login = {"user": USER, "password": neo4j_server.password()}
    with connect(neo4j_server.uri, **login) as graph:
        project(shop.snapshot(), graph, lake_version=1, load_id="l1")

    def ask_one(question, **settings):
        async def run():
            async with connect_async(neo4j_server.uri, **login) as graph:
                return await question(Histories(graph.read, **settings))

        return asyncio.run(run())

    return ask_one


def test_what_a_customer_buys_strongest_first(ask):
    assert ask(lambda h: h.bought("c1", "nobody")) == [COLA, ()]


def test_who_asks_at_the_same_time_shares_a_read(ask):
    async def three(histories):
        return await histories.bought("c1", "nobody", "c1"), histories.reads

    assert ask(three) == ([COLA, (), COLA], [["c1", "nobody"]])


def test_who_comes_back_soon_is_spared_a_read_and_who_comes_later_is_not(ask):
    async def over_time(histories):
        read = []
        for now in (0.0, 9.9, 10.0, 15.0, 20.0):
            histories.now = now
            assert await histories.bought("c1", "nobody") == [COLA, ()]
            read.append(len(histories.reads))
        return read

    assert ask(over_time, seconds=10.0) == [1, 1, 2, 2, 3]
    assert ask(over_time, seconds=0.0) == [1, 2, 3, 4, 5]


def test_what_was_read_under_another_load_is_read_again(ask):
    async def loads(histories):
        for version in (1, 2, 2, 1):
            assert await histories.bought("c1", lake_version=version) == [COLA]
        return len(histories.reads)

    assert ask(loads) == 3


def test_who_was_read_longest_ago_makes_room(ask):
    async def crowd(histories):
        for customer in ("c1", "a", "b", "c", "c", "b", "c1"):
            await histories.bought(customer)
        return [key for keys in histories.reads for key in keys]

    assert ask(crowd, most=2) == ["c1", "a", "b", "c", "c1"]


def test_nothing_is_kept_of_a_read_that_failed(ask):
    async def lost_once(histories):
        real, histories._read = histories._read, _lost
        with pytest.raises(ConnectionError):
            await histories.bought("c1")
        histories._read = real
        return await histories.bought("c1")

    assert ask(lost_once) == [COLA]


async def _lost(*_names, **_params):
    raise ConnectionError
