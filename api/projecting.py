"""Projecting: the background task that brings what mutations told to the graph, and how far it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from api.request_log import log
from schema.projection import ProjectionState

EVERY_SECONDS: Final = 0.5
WATCH_SECONDS: Final = 2.0
"""How often a process looks whether it may take over from the one that projects."""
LONGEST_PAUSE_SECONDS: Final = 10.0


class Projector(Protocol):
    """Who carries changes to the graph."""

    def advance(self) -> ProjectionState:
        """How the graph stands, at most one batch further than before."""

    def close(self) -> None:
        """Let another process project at once."""


class Projecting:
    """Advances a projector while it runs, at longer and longer intervals where something is in its way.

    Attributes:
        state: what its last step found.
    """

    def __init__(self, projector: Projector, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._projector, self._every = projector, every_seconds
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.state = ProjectionState()

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """End after the step under way, and let another process go on."""
        self._ending.set()
        if self._task is not None:
            await self._task
            await asyncio.to_thread(self._projector.close)

    async def _follow(self) -> None:
        failed = 0
        while not self._ending.is_set():
            self._tell(await self._advanced())
            failed = failed + 1 if self.state.problem else 0
            await self._pause(failed)

    async def _advanced(self) -> ProjectionState:
        try:
            return await asyncio.to_thread(self._projector.advance)
        except Exception as error:  # noqa: BLE001 (projecting must not end; what failed is told until it works again)
            log.error("projecting failed", exc_info=error)
            return ProjectionState(problem="see the log")

    async def _pause(self, failed: int) -> None:
        if failed:
            seconds = min(self._every * 2**failed, LONGEST_PAUSE_SECONDS)
        elif self.state.is_ours:
            seconds = self._every if self.state.is_level else 0.0
        else:
            seconds = WATCH_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return

    def _tell(self, state: ProjectionState) -> None:
        if (state.problem, state.holder) != (self.state.problem, self.state.holder):
            log.info("projection", holder=state.holder, problem=state.problem, diagnosis=str(state.diagnosis or ""))
        self.state = state


@asynccontextmanager
async def running(projecting: Projecting | None) -> AsyncIterator[None]:
    """While the block runs, changes are brought to the graph; nothing happens where nobody was named to do it."""
    if projecting is None:
        yield
        return
    await projecting.start()
    try:
        yield
    finally:
        await projecting.stop()
