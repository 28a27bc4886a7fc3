"""How fast the running service answers, how much it holds, and whether its answers honour what was changed."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter

from evaluation.load_generator import Target, closed_loop, open_loop
from evaluation.open_loop import Measured, Seconds, arrivals
from evaluation.service_changes import Batch, ChangeBook, batches
from evaluation.service_figures import Row, ServiceFigures, cpu_seconds, held_mib
from evaluation.service_scenarios import (
    ONE_CONNECTION,
    SATURATED,
    SATURATING_CONNECTIONS,
    STEADY_P99,
    Limit,
    Subjects,
    bodies,
)
from schema.progress import Progress

EMPTY = b'{"query": "{ __typename }"}'
LOOK_SECONDS = 1.0
CHANGED_SHELVES = 300
BATCH = 10
DRAIN_SECONDS = 180.0
WARMING, SATURATING, STEADY, CHANGING, SOAKING = 100, 1, 4, 2, 3
"""Added to the seed, so that no scenario asks what another asked."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        requests: of each scenario that one connection asks, and four times as many to saturate.
        per_second: recommendations of the steady load, whatever the answers take.
        seconds: of the steady load, and of the load with changes.
        soak_minutes: at half of what saturates; 0 for none.
        changes_per_second: beside a tenth of the steady load; 0 for none.
        seed: of what is asked and when.
    """

    requests: int = 1_000
    per_second: float = 250.0
    seconds: float = 60.0
    soak_minutes: float = 0.0
    changes_per_second: int = 200
    seed: int = 0

    @property
    def num_warming(self) -> int:
        """Requests of one connection that go before each scenario, uncounted."""
        return max(5, self.requests // 2)


class Bench:
    """One run against one server, its figures growing.

    Args:
        pid: the server's process, whose memory and processor time are watched, its workers' among them.
    """

    def __init__(self, target: Target, subjects: Subjects, plan: Plan, *, pid: int, progress: Progress) -> None:
        self._target, self._subjects, self._plan = target, subjects, plan
        self._pid, self._progress = pid, progress
        self.figures = ServiceFigures(products=len(subjects.skus))

    async def run(self, now: datetime) -> ServiceFigures:
        """Every scenario of the plan, one after another; `now` is later than every count of the shop."""
        figures, before = self.figures, os.getloadavg()[0]
        async with _watching(self._pid, figures):
            await self._one_connection()
            saturated = await self._many_connections()
            if self._plan.changes_per_second:
                await self._with_changes(now)
            if self._plan.soak_minutes:
                await self._soak(saturated / 2)
        figures.busy = (before, os.getloadavg()[0])
        return figures

    def _requests(self, name: str, count: int, *, seed: int = 0, subjects: Subjects | None = None) -> list[bytes]:
        drawn = bodies(name, subjects or self._subjects, count=count, seed=self._plan.seed + seed)
        return [self._target.request(body) for body in drawn]

    async def _note(self, name: str, load: str, limit: Limit, measuring: Awaitable[Measured]) -> Measured:
        """Measure a scenario and note it; the next one finds the server idle."""
        before = cpu_seconds(self._pid)
        measured = await measuring
        await self._drained()
        self.figures.rows.append(Row(name, load, limit, measured, cpu_seconds(self._pid) - before))
        self._progress(f"{name}, {load}", 1, 1)
        return measured

    async def _drained(self) -> None:
        """Return when the server has no more work left from callers who gave up, within DRAIN_SECONDS."""
        empty = [self._target.request(EMPTY)]
        until = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while asyncio.get_running_loop().time() < until:
            measured = await closed_loop(self._target, empty, connections=1, count=3)
            if measured.waited.max() < LOOK_SECONDS:
                return

    async def _one_connection(self) -> None:
        count, empty = self._plan.requests, [self._target.request(EMPTY)]
        await self._asked_by_one("an empty operation", Limit(), empty, warming=empty)
        for name, limit in ONE_CONNECTION.items():
            others = self._requests(name, self._plan.num_warming, seed=WARMING)
            await self._asked_by_one(name, limit, self._requests(name, count), warming=others)

    async def _asked_by_one(self, name: str, limit: Limit, requests: list[bytes], *, warming: list[bytes]) -> None:
        await closed_loop(self._target, warming, connections=1, count=self._plan.num_warming)
        measuring = closed_loop(self._target, requests, connections=1, count=self._plan.requests)
        await self._note(name, "one connection", limit, measuring)

    async def _many_connections(self) -> float:
        """Answers a second when saturated."""
        plan, count = self._plan, 4 * self._plan.requests
        requests = self._requests("recommendations", count, seed=SATURATING)
        full = closed_loop(self._target, requests, connections=SATURATING_CONNECTIONS, count=count)
        load = f"{SATURATING_CONNECTIONS} connections"
        saturated = await self._note("recommendations", load, SATURATED, full)
        due = arrivals(per_second=plan.per_second, seconds=plan.seconds, seed=plan.seed)
        requests = self._requests("recommendations", len(due), seed=STEADY)
        load, limit = f"{plan.per_second:g}/s, open loop", Limit(STEADY_P99, plan.per_second)
        await self._note("recommendations", load, limit, open_loop(self._target, requests, due))
        return saturated.per_second

    async def _with_changes(self, now: datetime) -> None:
        """Stock changes beside recommendations at one store; every answer is read and checked."""
        plan, figures, (store, *_) = self._plan, self.figures, self._subjects.store_ids
        per_second = plan.per_second / 10
        due = arrivals(per_second=per_second, seconds=plan.seconds, seed=plan.seed)
        told = arrivals(per_second=plan.changes_per_second / BATCH, seconds=plan.seconds, spacing="constant")
        shelves = self._subjects.skus[:CHANGED_SHELVES]
        sent = batches(shelves, store, count=len(told), size=BATCH, since=now - timedelta(hours=1), run=now.isoformat())
        book = ChangeBook()

        def heard(_number: int, asked_at: float, answered_at: float, body: bytes) -> None:
            answer = (json.loads(body).get("data") or {}).get("recommendations")
            if answer is not None:
                figures.violations += book.violations(store, answer, asked=asked_at, answered=answered_at)

        changing = asyncio.create_task(_change(self._target, sent, told, book))
        at_store = replace(self._subjects, store_ids=[store])
        requests = self._requests("recommendations", len(due), seed=CHANGING, subjects=at_store)
        asked = open_loop(self._target, requests, due, heard=heard)
        load = f"{per_second:g}/s beside {plan.changes_per_second} changes/s"
        await self._note("recommendations", load, Limit(), asked)
        await self._note(
            "recordStock", f"{plan.changes_per_second / BATCH:g}/s, {BATCH} changes each", Limit(), changing
        )
        figures.num_checked = book.num_checked

    async def _soak(self, per_second: float) -> None:
        plan, figures = self._plan, self.figures
        due = arrivals(per_second=max(1.0, per_second), seconds=60 * plan.soak_minutes, seed=plan.seed)
        begin = figures.looked[-1] if figures.looked else 0.0
        load = f"{per_second:.0f}/s for {plan.soak_minutes:g} min"
        measuring = open_loop(self._target, self._requests("recommendations", len(due), seed=SOAKING), due)
        await self._note("recommendations", load, Limit(), measuring)
        figures.soaked = (begin, figures.looked[-1])


async def _change(target: Target, sent: list[Batch], due: Seconds, book: ChangeBook) -> Measured:
    """Send batches when they are due, each noted in the book as it goes out and as it is acknowledged."""
    requests, began = [target.request(batch.body) for batch in sent], perf_counter()
    noted = [
        [book.send(store, sku, units, at=began + instant) for store, sku, units in batch.changes]
        for batch, instant in zip(sent, due, strict=True)
    ]

    def heard(number: int, _sent: float, answered: float, body: bytes) -> None:
        recorded = (json.loads(body).get("data") or {}).get("recordStock")
        if recorded and not recorded["userErrors"]:
            for change in noted[number]:
                change.acknowledged = answered

    return await open_loop(target, requests, due, heard=heard)


@asynccontextmanager
async def _watching(pid: int, figures: ServiceFigures) -> AsyncIterator[None]:
    """Look at a process's memory every second while the body runs."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def look() -> None:
        while True:
            held = held_mib(pid)
            figures.looked.append(loop.time() - began)
            figures.mebibytes.append(held)
            await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.create_task(look())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        looking.cancel()
