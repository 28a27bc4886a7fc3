"""Warming: a graph that has just started plans each statement once, which takes seconds, before callers wait for it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

from api.context import GraphReader, Row
from graph.catalogue import Catalogue
from graph.warm_up import warm_up
from schema.errors import ShelfgraphError, Unavailable

WARM_UP_SECONDS: Final = 30.0
"""How long a graph may take to plan what it will be asked; an operation begun meanwhile may take as long."""
VERIFY_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 0.5
WATCH_SECONDS: Final = 3.0
"""How often a graph that nobody reads is looked for: one that is restarted is away for longer."""


class WarmGraph:
    """The graph, warmed up when the application begins and whenever it was lost.

    A statement that is given up is not planned, so callers who have too little time for it would keep it unplanned.

    Attributes:
        is_planning: whether a graph that answers plans its first statement, which takes longer than all the others,
            or was not looked at yet.
    """

    def __init__(self, graph: GraphReader) -> None:
        self._graph = graph
        self._cold, self._begun = asyncio.Event(), asyncio.Event()
        self._cold.set()
        self.is_planning = True

    @property
    def is_warm(self) -> bool:
        """Whether the graph, when it was asked last, was there and had planned its first statement."""
        return not self._cold.is_set() and not self.is_planning

    @property
    def state(self) -> str:
        """`ready`, or what is in the way of a graph that takes connections."""
        if self.is_planning:
            return "has just started"
        return "ready" if self.is_warm else "does not answer"

    async def read(self, name: str, *, deadline_seconds: float | None = None, **params: Any) -> list[Row]:
        """Every row that a reading statement returns.

        Raises:
            Unavailable: if the graph is lost or does not answer in time.
        """
        with self._watched():
            return await self._graph.read(name, deadline_seconds=deadline_seconds, **params)

    async def verify(self) -> None:
        """Return if the server answers, lets us in and, once it is warm, reads.

        Raises:
            WrongCredentials: if it refuses us.
            Unavailable: if nobody answers, or a server whose database is broken.
        """
        with self._watched():
            await self._graph.verify()
            if self.is_warm:
                await Catalogue(partial(self._graph.read, deadline_seconds=VERIFY_SECONDS)).products([])

    async def keep_warm(self) -> None:
        """Warm the graph up whenever that is due, until cancelled; losses that nobody meets are noticed as well."""
        while True:
            await self._lost()
            with suppress(ShelfgraphError, TimeoutError):
                await self._warmed_up()
            self._seen()
            await asyncio.sleep(RETRY_SECONDS)

    async def looked_at(self, *, within_seconds: float) -> None:
        """Return when the graph has planned its first statement or was found away, or when that takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._begun.wait()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            # One that is only slow knows its statements.
            if not isinstance(error.__cause__, TimeoutError):
                self._cold.set()
            raise

    async def _lost(self) -> None:
        while not self._cold.is_set():
            with suppress(ShelfgraphError, TimeoutError):
                async with asyncio.timeout(VERIFY_SECONDS):
                    await self.verify()
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS):
                    await self._cold.wait()

    async def _warmed_up(self) -> None:
        async with asyncio.timeout(VERIFY_SECONDS):
            await self._graph.verify()
        # What is lost from here on is found by who reads next; one attempt more would only keep callers waiting.
        self._cold.clear()
        self.is_planning = True
        read = partial(self.read, deadline_seconds=WARM_UP_SECONDS)
        async with asyncio.timeout(WARM_UP_SECONDS):
            await Catalogue(read).products([])
        self._seen()
        async with asyncio.timeout(WARM_UP_SECONDS):
            await warm_up(read)

    def _seen(self) -> None:
        self.is_planning = False
        self._begun.set()
