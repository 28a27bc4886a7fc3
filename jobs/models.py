"""Models: which version is the champion, who made it so, and back again."""

from datetime import datetime

from graph.connection import Graph
from jobs.publish import publish
from journal.approval_log import ApprovalLog
from registry.store import Registry
from schema.approvals import Approval, ApprovalAction, ModelVersion
from schema.errors import NotTrained
from schema.progress import Progress, silent


class Models:
    """The registry's versions and the journal's approvals as one thing.

    An approval is written before the registry's pointer moves: killed in between, the next use of this moves it.
    """

    def __init__(self, registry: Registry, approvals: ApprovalLog) -> None:
        self._registry, self._approvals = registry, approvals

    def versions(self) -> list[str]:
        """Every version, the newest first."""
        return self._registry.versions()[::-1]

    def version(self, model_version: str) -> ModelVersion:
        """A version.

        Raises:
            NotFound: if there is none.
        """
        manifest = self._registry.manifest(model_version)
        is_champion = model_version == self._registry.champion()
        return ModelVersion(model_version, is_champion, self._registry.saved_at(model_version), manifest)

    def approve(
        self, model_version: str, *, approved_by: str, reason: str, at: datetime, idempotency_key: str | None = None
    ) -> Approval:
        """Make a version the champion; its relations reach the graph by the job that the approval names.

        Raises:
            NotFound: if there is no such version.
            Tampered: if a file of it is not what it was when it was saved.
            KeyReused: if the key came before for something else.
        """
        self._registry.load(model_version)
        told = {"approved_by": approved_by, "reason": reason, "idempotency_key": idempotency_key}
        return self._settled(ApprovalAction.APPROVED, model_version, at=at, **told)

    def roll_back(self, *, approved_by: str, reason: str, at: datetime, idempotency_key: str | None = None) -> Approval:
        """Make the champion before this one the champion again.

        Raises:
            NotFound: if there was none.
            KeyReused: if the key came before for something else.
        """
        told = {"approved_by": approved_by, "reason": reason, "idempotency_key": idempotency_key}
        return self._settled(ApprovalAction.ROLLED_BACK, None, at=at, **told)

    def trained(self, model_version: str, *, at: datetime) -> None:
        """Make a version the champion whose training was asked for as that; publishing it is the training's own."""
        told = {"approved_by": "training", "reason": "Trained to be promoted."}
        self._settled(ApprovalAction.TRAINED, model_version, at=at, **told)

    def approvals(
        self, *, limit: int, after: int | None = None, before: int | None = None, is_last: bool = False
    ) -> list[Approval]:
        """Changes of the champion, the newest first, as `ApprovalLog.approvals`."""
        return self._approvals.approvals(limit=limit, after=after, before=before, is_last=is_last)

    def publish(self, graph: Graph, *, progress: Progress = silent) -> str:
        """The champion, once the graph holds its relations and forecasts and no others.

        Raises:
            NotTrained: if there is none.
        """
        champion = self._settle()
        if champion is None:
            raise NotTrained
        publish(self._registry.load(champion), graph, progress=progress)
        return champion

    def _settled(self, action: ApprovalAction, to_version: str | None, *, at: datetime, **told: str | None) -> Approval:
        champion = self._settle()
        approval = self._approvals.add(action, to_version, champion=champion, at=at, **told)  # type: ignore[arg-type]
        self._settle()
        return approval

    def _settle(self) -> str | None:
        """The champion, which is what the newest approval says."""
        champion, newest = self._registry.champion(), self._approvals.newest()
        if newest is None or newest.to_version == champion:
            return champion
        self._registry.promote(newest.to_version)
        return newest.to_version
