"""Subscription of jobs: how far one is, as it goes on."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import strawberry

from api.context import Info
from api.jobs import Job, JobId, number_of
from api.operations import wired
from schema.errors import NotFound
from schema.jobs import ENDED

LOOK_SECONDS: Final = 0.5


@strawberry.type(description="Work that takes longer than a request.")
class JobSubscription:
    """The subscription of jobs."""

    @strawberry.subscription(
        description="A job as it stands now and whenever that changes, at most twice a second, until it has ended."
    )
    async def job_progress(self, info: Info, id: JobId) -> AsyncGenerator[Job, None]:
        """The job until it ends."""
        jobs, number = wired(info.context.operations).jobs, number_of(id)
        if number is None:
            raise NotFound("job", str(id)[:100])
        told = None
        while told is None or told.state not in ENDED:
            job = await asyncio.to_thread(jobs.job, number)
            now = Job.of(job)
            if now != told:
                told = now
                yield now
            else:
                await asyncio.sleep(LOOK_SECONDS)
