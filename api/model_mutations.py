"""Mutations of models: another champion, or the one before."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import strawberry

from api.context import Context, Info
from api.jobs import Job
from api.models import Model, ModelApproval
from api.operations import models_of, wired
from api.recording import speaker
from api.user_errors import UserError, errors_of_batch, errors_of_reason, key_reused, unknown
from schema.approvals import Approval
from schema.errors import KeyReused, NotFound

KEY = "Chosen by the caller; the same key with the same input changes the champion once."


@strawberry.input(description="Which version is to be served, and why.")
class ApproveModelInput:
    """An approval."""

    model_version: str = strawberry.field(description="A version's name, as `models` shows it.")
    reason: str = strawberry.field(description="Why; never empty.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Why to return to the champion before.")
class RollBackModelInput:
    """A roll-back."""

    reason: str = strawberry.field(description="Why; never empty.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of a change of the champion.")
class ApprovedModel:
    """An answer."""

    model: Model | None = strawberry.field(description="The champion now; null if nothing was changed.")
    approval: ModelApproval | None = strawberry.field(description="The change; null if there was none.")
    job: Job | None = strawberry.field(description="The job that brings its relations to the graph; null if none.")
    user_errors: list[UserError] = strawberry.field(description="Everything wrong with the input; empty if approved.")


Told = Annotated[ApproveModelInput, strawberry.argument(description="Which version, and why.")]
ToldBack = Annotated[RollBackModelInput, strawberry.argument(description="Why.")]


@strawberry.type(description="Changes of the champion.")
class ModelMutation:
    """The mutations of models."""

    @strawberry.mutation(
        description="Make a model version the one that is served, verified first; serving processes follow within "
        "seconds, the graph's relations by a job. What is the champion already stays so."
    )
    async def approve_model(self, info: Info, input: Told) -> ApprovedModel:
        """Approve a version."""
        context, models = info.context, models_of(info.context.operations)
        name = input.model_version
        errors = errors_of_batch("modelVersion", 1, 1, input.idempotency_key) + errors_of_reason([], input.reason)
        if not errors and name not in await asyncio.to_thread(models.versions):
            errors = [unknown(["modelVersion"], "model version", name)]
        told = {"reason": input.reason.strip(), "idempotency_key": f"approveModel:{input.idempotency_key}"}
        who = {"approved_by": speaker(context), "at": context.clock()}
        return await _changed(context, errors, lambda: models.approve(name, **told, **who))  # type: ignore[arg-type]

    @strawberry.mutation(description="Return to the champion before this one; a second time, to the one before that.")
    async def roll_back_model(self, info: Info, input: ToldBack) -> ApprovedModel:
        """Roll back."""
        context, models = info.context, models_of(info.context.operations)
        errors = errors_of_batch("reason", 1, 1, input.idempotency_key) + errors_of_reason([], input.reason)
        told = {"reason": input.reason.strip(), "idempotency_key": f"rollBackModel:{input.idempotency_key}"}
        who = {"approved_by": speaker(context), "at": context.clock()}
        return await _changed(context, errors, lambda: models.roll_back(**told, **who))  # type: ignore[arg-type]


async def _changed(context: Context, errors: list[UserError], change: Callable[[], Approval]) -> ApprovedModel:
    if errors:
        return ApprovedModel(model=None, approval=None, job=None, user_errors=errors)
    operations, models = wired(context.operations), models_of(context.operations)
    try:
        approval = await asyncio.to_thread(change)
    except KeyReused:
        return ApprovedModel(model=None, approval=None, job=None, user_errors=[key_reused()])
    except NotFound as error:
        errors = [unknown(["modelVersion"], error.kind, error.key)]
        return ApprovedModel(model=None, approval=None, job=None, user_errors=errors)
    context.before = {"champion": approval.from_version}
    model = await asyncio.to_thread(models.version, approval.to_version)
    job = None if approval.job is None else await asyncio.to_thread(operations.jobs.job, approval.job)
    return ApprovedModel(
        model=Model.of(model),
        approval=ModelApproval.of(approval),
        job=None if job is None else Job.of(job),
        user_errors=[],
    )
