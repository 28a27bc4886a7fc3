"""Jobs in the contract: one, a list of them, and what callers may have loaded."""

import asyncio
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.operations import wired
from api.pages import MAX_DIGITS, After, Before, First, Last, PageInfo, asked, numbered_stretch, page_of
from api.scalars import Sequence
from schema import jobs as kept
from schema.errors import NotFound
from schema.jobs import JobKind, JobState

strawberry.enum(
    JobKind,
    description="What a job does. PUBLISHING: brings the relations of a newly approved model to the graph. ERASURE: "
    "takes a customer out of every store.",
)
strawberry.enum(
    JobState,
    description="QUEUED: waits for its turn; one job runs at a time. RUNNING: is being done. FAILED: `error` says why; "
    "it may be started again under a new key. CANCELLED: somebody ended it.",
)


@strawberry.type(description="Work that takes longer than a request, done by a process of its own.")
class Job:
    """A job."""

    id: strawberry.ID = strawberry.field(description="Its number; later jobs have higher ones.")
    kind: JobKind = strawberry.field(description="What it does.")
    state: JobState = strawberry.field(description="Where it stands.")
    arguments: JSON = strawberry.field(description="What was asked for.")
    asked_by: str = strawberry.field(description="Who asked for it.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When it was begun; null while it waits.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null before.")
    step: str = strawberry.field(description="What it does now, or did last; empty before it begins.")
    done: Sequence | None = strawberry.field(description="Units of the step done; null where it does not count.")
    total: Sequence | None = strawberry.field(description="Units of the step in all; null where nobody knows.")
    share: float | None = strawberry.field(description="How much of the step is done, 0 to 1; null where unknown.")
    message: str = strawberry.field(description="What came of it, a sentence; empty before the end.")
    error: str = strawberry.field(description="Why it failed and what to do; empty where it did not.")
    lake_version: Sequence | None = strawberry.field(description="The lake version it made or read; null if none.")
    model_version: str | None = strawberry.field(description="The model version it made; null if none.")
    is_cancelling: bool = strawberry.field(description="Whether it was told to end and has not yet.")

    @classmethod
    def of(cls, job: kept.Job) -> "Job":
        """The contract's copy of a job."""
        version = job.result.get("lake_version")
        is_counted = job.done is not None and bool(job.total)
        return cls(
            id=strawberry.ID(str(job.number)),
            kind=job.kind,
            state=job.state,
            arguments=JSON(dict(job.arguments)),
            asked_by=job.asked_by,
            asked_at=job.asked_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            step=job.step,
            done=None if job.done is None else Sequence(job.done),
            total=None if job.total is None else Sequence(job.total),
            share=min(1.0, (job.done or 0) / (job.total or 1)) if is_counted else None,
            message=job.message,
            error=job.error,
            lake_version=None if version is None else Sequence(version),
            model_version=job.result.get("model_version"),
            is_cancelling=job.is_cancelling and job.state is JobState.RUNNING,
        )


@strawberry.type(description="A job in a list.")
class JobEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Job = strawberry.field(description="The job.")


@strawberry.type(description="A page of jobs, the newest first.")
class JobConnection:
    """A connection."""

    edges: list[JobEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="Which jobs; each condition that is given must fit.")
class JobFilter:
    """A filter."""

    kind: JobKind | None = strawberry.field(default=None, description="Of this kind.")
    state: JobState | None = strawberry.field(default=None, description="In this state.")


JobId = Annotated[strawberry.ID, strawberry.argument(description="The job's number.")]
Which = Annotated[JobFilter | None, strawberry.argument(description="Which jobs; null means all.")]


@strawberry.type(description="Work that takes longer than a request.")
class JobQuery:
    """The queries of jobs."""

    @strawberry.field(description="A job by its id; null if there is none.")
    async def job(self, info: Info, id: JobId) -> Job | None:
        """One job."""
        jobs, number = wired(info.context.operations).jobs, number_of(id)
        try:
            return None if number is None else Job.of(await asyncio.to_thread(jobs.job, number))
        except NotFound:
            return None

    @strawberry.field(description="Jobs, the newest first.")
    async def jobs(
        self,
        info: Info,
        filter: Which = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> JobConnection | None:
        """A page of jobs."""
        page, jobs = asked("job", first, after, last, before), wired(info.context.operations).jobs
        chosen = filter or JobFilter()
        between = numbered_stretch(page)
        found = await asyncio.to_thread(jobs.jobs, kind=chosen.kind, state=chosen.state, **between)
        shown = page_of("job", found, lambda job: str(job.number), page)
        edges = [JobEdge(cursor=at, node=Job.of(job)) for at, job in zip(shown.cursors, shown.items, strict=True)]
        return JobConnection(edges=edges, page_info=shown.info)

    @strawberry.field(description="The names of the sources that `startLoad` may load, as an operator set them.")
    async def load_sources(self, info: Info) -> list[str]:
        """The names."""
        return sorted(wired(info.context.operations).load_names)


def number_of(job_id: str) -> int | None:
    """The number that an id stands for; None where it is no job's."""
    is_number = job_id.isascii() and job_id.isdigit() and len(job_id) <= MAX_DIGITS
    return int(job_id) if is_number else None
