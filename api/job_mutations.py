"""Mutations of jobs: start a load or a training, end either."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

import strawberry

from api.context import Context, Info
from api.jobs import Job, JobId, number_of
from api.operations import wired
from api.recording import speaker
from api.user_errors import UserError, errors_of_batch, invalid, is_writable, key_reused, unknown
from schema.errors import BadInput, KeyReused, NotFound
from schema.jobs import JobKind
from schema.load_sources import refuse_ways_out
from schema.table_specs import SPECS

MAX_SEED: Final = 2**31 - 1
KEY: Final = "Chosen by the caller; the same key with the same input starts one job and answers it again."


@strawberry.input(description="What to load, with the options of `shelfgraph load`.")
class StartLoadInput:
    """A load."""

    source: str = strawberry.field(
        description="A name of `loadSources`; an operator set where it is and how it is read."
    )
    folder: str | None = strawberry.field(
        default=None, description="A folder below the source's own, such as 2024-05-01; null means that itself."
    )
    max_rejects: float = strawberry.field(
        default=0.05, description="The share of any table's rows that may break its contract, 0 to 1."
    )
    create_missing: list[str] | None = strawberry.field(
        default=None, description="Tables that bare ids, which no row describes, are admitted to."
    )
    pseudonymise: bool = strawberry.field(
        default=False, description="Whether customers' keys and what looks personal are hashed."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="How to train.")
class StartRetrainingInput:
    """A training."""

    as_of: date | None = strawberry.field(
        default=None, description="Only rows before this day are looked at; null: the day after the newest."
    )
    seed: int = strawberry.field(default=0, description="Equal seed, data and machine give equal vectors.")
    is_promoted: bool = strawberry.field(
        default=False, description="Whether it becomes the champion at once; else `approveModel` makes it so."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="A job that was asked for, or what was wrong with asking.")
class StartedJob:
    """An answer."""

    job: Job | None = strawberry.field(description="The job, to poll or subscribe to; null if nothing was started.")
    user_errors: list[UserError] = strawberry.field(description="Everything wrong with the input; empty if started.")


LoadTold = Annotated[StartLoadInput, strawberry.argument(description="What to load.")]
TrainingTold = Annotated[StartRetrainingInput, strawberry.argument(description="How to train.")]


@strawberry.type(description="Work that takes longer than a request.")
class JobMutation:
    """The mutations of jobs."""

    @strawberry.mutation(description="Load a source into lake and graph; serving follows it by itself.")
    async def start_load(self, info: Info, input: LoadTold) -> StartedJob:
        """Start a load."""
        errors = errors_of_batch("source", 1, 1, input.idempotency_key) or _wrong(input, info.context)
        if errors:
            return StartedJob(job=None, user_errors=errors)
        arguments = {
            "source": input.source,
            "folder": input.folder,
            "max_rejects": input.max_rejects,
            "create_missing": sorted(set(input.create_missing or ())),
            "pseudonymise": input.pseudonymise,
        }
        return await _started(info.context, JobKind.LOAD, arguments, f"startLoad:{input.idempotency_key}")

    @strawberry.mutation(description="Learn the relations anew from the newest lake version and people's verdicts.")
    async def start_retraining(self, info: Info, input: TrainingTold) -> StartedJob:
        """Start a training."""
        errors = errors_of_batch("seed", 1, 1, input.idempotency_key)
        if not errors and not 0 <= input.seed <= MAX_SEED:
            errors = [invalid(["seed"], f"A seed is 0 to {MAX_SEED}.")]
        if errors:
            return StartedJob(job=None, user_errors=errors)
        as_of = None if input.as_of is None else input.as_of.isoformat()
        arguments = {"as_of": as_of, "seed": input.seed, "is_promoted": input.is_promoted}
        return await _started(info.context, JobKind.RETRAINING, arguments, f"startRetraining:{input.idempotency_key}")

    @strawberry.mutation(
        description="End a job: one that waits is not begun, one that runs lets go within seconds. What it had "
        "finished stays; one that has ended stays as it is."
    )
    async def cancel_job(self, info: Info, id: JobId) -> StartedJob:
        """End a job."""
        context, number = info.context, number_of(id)
        jobs = wired(context.operations).jobs
        try:
            if number is None:
                raise NotFound("job", id)
            job = await asyncio.to_thread(jobs.cancel, number, at=context.clock())
        except NotFound:
            return StartedJob(job=None, user_errors=[unknown(["id"], "job", id)])
        return StartedJob(job=Job.of(job), user_errors=[])


async def _started(context: Context, kind: JobKind, arguments: Mapping[str, Any], key: str) -> StartedJob:
    jobs = wired(context.operations).jobs
    try:
        job = await asyncio.to_thread(
            jobs.ask, kind, arguments, asked_by=speaker(context), asked_at=context.clock(), idempotency_key=key
        )
    except KeyReused:
        return StartedJob(job=None, user_errors=[key_reused()])
    return StartedJob(job=Job.of(job), user_errors=[])


def _wrong(told: StartLoadInput, context: Context) -> list[UserError]:
    errors = []
    if told.source not in wired(context.operations).load_names:
        errors.append(
            unknown(["source"], "source that may be loaded,", told.source if is_writable(told.source) else "")
        )
    if told.folder is not None:
        try:
            refuse_ways_out(told.folder)
        except BadInput as error:
            errors.append(invalid(["folder"], str(error)))
    if not 0 <= told.max_rejects <= 1:
        errors.append(invalid(["maxRejects"], "A share is 0 to 1."))
    errors += [
        unknown(["createMissing", str(place)], "table", name)
        for place, name in enumerate(told.create_missing or ())
        if name not in SPECS
    ]
    return errors
