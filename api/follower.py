"""Follower: the background task that keeps live facts up with the journal, and the model with the champion."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from api.request_log import log
from decisions.advisor import Advisor
from schema.artefact import Artefact
from schema.errors import ShelfgraphError

EVERY_SECONDS: Final = 0.2


NewerModel = Callable[[str | None], Artefact | None]
"""The model version promoted since the given one was; None where that is still the champion."""


class Follower:
    """Refreshes the advisor every `every_seconds` while it runs; what fails is told and tried again.

    Attributes:
        problem: why the newest refresh failed; None if it did not.
    """

    def __init__(self, advisor: Advisor, *, newer_model: NewerModel, every_seconds: float = EVERY_SECONDS) -> None:
        self._advisor, self._newer_model, self._every = advisor, newer_model, every_seconds
        self._task: asyncio.Task[None] | None = None
        self.problem: str | None = None

    async def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """End following."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        while True:
            self._tell(await self._refreshed())
            await asyncio.sleep(self._every)

    async def _refreshed(self) -> str | None:
        try:
            await asyncio.to_thread(self._refresh)
        except ShelfgraphError:
            return "does not follow the journal: journal, lake or registry do not answer"
        except Exception as error:  # noqa: BLE001 (following must not end; what failed is told until it works again)
            log.error("following failed", exc_info=error)
            return "does not follow the journal: see the log"
        return None

    def _refresh(self) -> None:
        self._advisor.refresh()
        newer = self._newer_model(self._advisor.model_version)
        if newer is not None:
            self._advisor.serve(newer)
            log.info("model", version=newer.model_version)

    def _tell(self, problem: str | None) -> None:
        if problem != self.problem:
            log.warning("live facts", state=problem or "follow the journal")
        self.problem = problem
