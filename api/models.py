"""Models in the contract: versions, which of them is served, and who made it so."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.operations import models_of
from api.pages import After, Before, First, Last, PageInfo, asked, cut, numbered_stretch, page_of
from api.scalars import Sequence
from schema import approvals as kept
from schema.approvals import ApprovalAction, ModelRoom
from schema.errors import NotFound

strawberry.enum(
    ApprovalAction, description="How a version became the champion: by its training, by approval, or by a roll-back."
)


@strawberry.type(description="A trained model version; it never changes.")
class Model:
    """A model version."""

    model_version: str = strawberry.field(description="Its name: the hash of what is in it.")
    is_champion: bool = strawberry.field(description="Whether it is the one that is served.")
    trained_at: datetime = strawberry.field(description="When it was saved.")
    as_of: date | None = strawberry.field(description="Only rows before this day were looked at.")
    lake_version: Sequence | None = strawberry.field(description="The lake version it was trained on.")
    is_calibrated: bool = strawberry.field(description="Whether its probabilities are calibrated.")
    fit_seconds: float | None = strawberry.field(description="How long the training took, seconds.")
    metrics: JSON | None = strawberry.field(description="How good its training found it.")

    @classmethod
    def of(cls, model: kept.ModelVersion) -> "Model":
        """The contract's copy of a version."""
        told = model.manifest
        as_of, version = told.get("as_of"), told.get("lake_version")
        return cls(
            model_version=model.model_version,
            is_champion=model.is_champion,
            trained_at=model.trained_at,
            as_of=None if as_of is None else date.fromisoformat(str(as_of)[:10]),
            lake_version=None if version is None else Sequence(int(version)),
            is_calibrated=bool(told.get("is_calibrated")),
            fit_seconds=told.get("fit_seconds"),
            metrics=None if "metrics" not in told else JSON(told["metrics"]),
        )


@strawberry.type(description="A model version in a list.")
class ModelEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Model = strawberry.field(description="The version.")


@strawberry.type(description="A page of model versions, the newest first.")
class ModelConnection:
    """A connection."""

    edges: list[ModelEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="One change of the champion.")
class ModelApproval:
    """An approval."""

    number: Sequence = strawberry.field(description="Ascending in the order in which they were made.")
    action: ApprovalAction = strawberry.field(description="How it became the champion.")
    from_version: str | None = strawberry.field(description="The champion before; null where there was none.")
    to_version: str = strawberry.field(description="The champion from then on.")
    approved_by: str = strawberry.field(description="Who said so.")
    approved_at: datetime = strawberry.field(description="When.")
    reason: str = strawberry.field(description="Why.")

    @classmethod
    def of(cls, approval: kept.Approval) -> "ModelApproval":
        """The contract's copy of an approval."""
        return cls(
            number=Sequence(approval.number),
            action=approval.action,
            from_version=approval.from_version,
            to_version=approval.to_version,
            approved_by=approval.approved_by,
            approved_at=approval.approved_at,
            reason=approval.reason,
        )


@strawberry.type(description="A change of the champion in a list.")
class ModelApprovalEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: ModelApproval = strawberry.field(description="The change.")


@strawberry.type(description="A page of changes of the champion, the newest first.")
class ModelApprovalConnection:
    """A connection."""

    edges: list[ModelApprovalEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


Version = Annotated[str, strawberry.argument(description="The version's name.")]


@strawberry.type(description="Model versions.")
class ModelQuery:
    """The queries of models."""

    @strawberry.field(description="A model version by its name; null if there is none.")
    async def model(self, info: Info, model_version: Version) -> Model | None:
        """One version."""
        models = models_of(info.context.operations)
        try:
            return Model.of(await asyncio.to_thread(_known(models), model_version))
        except NotFound:
            return None

    @strawberry.field(description="Model versions, the newest first.")
    async def models(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> ModelConnection | None:
        """A page of versions."""
        models = models_of(info.context.operations)
        names = await asyncio.to_thread(models.versions)
        page = cut("model", names, names, asked("model", first, after, last, before))
        shown = await asyncio.to_thread(lambda: [Model.of(models.version(name)) for name in page.items])
        edges = [ModelEdge(cursor=at, node=model) for at, model in zip(page.cursors, shown, strict=True)]
        return ModelConnection(edges=edges, page_info=page.info)

    @strawberry.field(description="Changes of the champion, the newest first.")
    async def model_approvals(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> ModelApprovalConnection | None:
        """A page of changes."""
        page, models = asked("approval", first, after, last, before), models_of(info.context.operations)
        found = await asyncio.to_thread(models.approvals, **numbered_stretch(page))
        shown = page_of("approval", found, lambda each: str(each.number), page)
        edges = [
            ModelApprovalEdge(cursor=at, node=ModelApproval.of(each))
            for at, each in zip(shown.cursors, shown.items, strict=True)
        ]
        return ModelApprovalConnection(edges=edges, page_info=shown.info)


def _known(models: ModelRoom) -> Callable[[str], Any]:
    """A version by a name that is one of the registry's: no other text becomes a path."""

    def known(name: str) -> kept.ModelVersion:
        if name not in models.versions():
            raise NotFound("model version", name)
        return models.version(name)

    return known
