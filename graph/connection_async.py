"""The graph server for the API: reads only, each with a deadline that reaches the server."""

import asyncio
import time
from typing import Any, Final, Self

import neo4j

from graph.connection import Row, checked_address, driver_settings, translated
from graph.reads import reads_of_task
from graph.statements import statement

DEADLINE_SECONDS: Final = 2.0
CONNECTIONS: Final = 50


class AsyncGraph:
    """A pool of connections for one event loop; close it, or use it as a context."""

    def __init__(self, driver: neo4j.AsyncDriver, *, uri: str, database: str, deadline_seconds: float) -> None:
        self._driver, self.uri, self._database, self._deadline = driver, uri, database, deadline_seconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._driver.close()

    async def read(self, name: str, *, deadline_seconds: float | None = None, **params: Any) -> list[Row]:
        """Every row that a reading statement returns, as column → value.

        Args:
            name: the statement.
            deadline_seconds: when to give up, here and at the server; None means the connection's own.
            params: the statement's parameters.

        Raises:
            Unavailable: if the server is lost or does not answer in time.
        """
        reading = statement(name)
        if not reading.is_read:
            raise ValueError(f"{name} writes, and the API only reads")
        deadline = self._deadline if deadline_seconds is None else deadline_seconds
        reads, began = reads_of_task(), time.monotonic()
        reads.num += 1
        try:
            return await self._rows(neo4j.Query(reading.text, timeout=deadline), params, deadline)
        finally:
            reads.seconds += time.monotonic() - began

    async def _rows(self, query: neo4j.Query, params: Row, deadline: float) -> list[Row]:
        with translated(self.uri):
            async with asyncio.timeout(deadline), self._session() as session:
                result = await session.run(query, params)
                columns = result.keys()
                return [dict(zip(columns, record.values(), strict=True)) async for record in result]

    async def verify(self) -> None:
        """Return if the server answers and lets us in.

        Raises:
            WrongCredentials: if it refuses us.
            Unavailable: if nobody answers.
        """
        with translated(self.uri):
            await self._driver.verify_connectivity()

    def _session(self) -> neo4j.AsyncSession:
        return self._driver.session(database=self._database, default_access_mode=neo4j.READ_ACCESS)


def connect_async(
    uri: str,
    *,
    user: str,
    password: str,
    database: str = "neo4j",
    connections: int = CONNECTIONS,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> AsyncGraph:
    """A pool that connects when it is first used; `verify` asks at once.

    Args:
        connections: the most at one time; an operation that finds none free waits until its deadline.
        deadline_seconds: when an operation is given up.

    Raises:
        Unavailable: if `uri` is no address of a graph server.
    """
    with checked_address(uri):
        settings = driver_settings(connections=connections, wait_seconds=deadline_seconds)
        driver = neo4j.AsyncGraphDatabase.driver(uri, auth=(user, password), **settings)
    return AsyncGraph(driver, uri=uri, database=database, deadline_seconds=deadline_seconds)
