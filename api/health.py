"""Whether the service lives, and whether it can answer everything now."""

import asyncio
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import JSONResponse

from api.endpoint import Service
from api.follower import Follower
from api.projecting import Projecting
from schema.errors import ShelfgraphError
from schema.projection import ProjectionState

PATIENCE_SECONDS = 2.0


async def alive(request: Request) -> JSONResponse:  # noqa: ARG001 (starlette's form)
    """Answer that the process lives, whatever it depends on."""
    return JSONResponse({"status": "alive"})


class Readiness:
    """Answers 200 if every part works, else 503; each part says what is wrong with it."""

    def __init__(self, service: Service, follower: Follower, projecting: Projecting | None = None) -> None:
        self._service, self._follower, self._projecting = service, follower, projecting

    async def look(self, request: Request) -> JSONResponse:  # noqa: ARG002 (starlette's form)
        """Look at every part now."""
        service = self._service
        version = service.advisor.model_version
        graph, journal = await asyncio.gather(
            _state(service.graph.verify()), _state(asyncio.to_thread(service.journal.last_sequence))
        )
        checks = {
            "graph": service.graph.state if graph == "ready" else graph,
            "journal": journal,
            "model": "ready" if version else "No model version has been published yet. Run `shelfgraph train`.",
            "live_facts": self._follower.problem or "ready",
            "search": service.search.state,
        }
        is_ready = all(state == "ready" for state in checks.values())
        facts = service.advisor.moment().facts
        body = {
            "ready": is_ready,
            "checks": checks,
            "model_version": version,
            "lake_version": facts.base.lake_version,
            "changes_sequence": facts.sequence,
            # Answers go on without these, so they do not make the service unready.
            "catalogue": "ready" if service.cards.is_filled else "is being read ahead",
            "ledger": "not kept" if service.ledger is None else service.ledger.problem or "ready",
            "projection": None if self._projecting is None else _told(self._projecting.state),
        }
        return JSONResponse(body, status_code=200 if is_ready else 503)


def _told(state: ProjectionState) -> dict[str, object]:
    """How far the graph has followed; answers are never made from its copy of live facts."""
    return {
        "told_sequence": state.told,
        "projected_sequence": state.projected,
        "lag_changes": state.lag_changes,
        "lag_seconds": None if state.lag_seconds is None else round(state.lag_seconds, 1),
        "holder": state.holder,
        "is_ours": state.is_ours,
        "state": state.problem or "ready",
    }


async def _state(check: Awaitable[object]) -> str:
    """`ready`, or the class of what failed: addresses and users stay inside."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await check
    except (ShelfgraphError, TimeoutError) as error:
        return {"WrongCredentials": "refused the user name or password"}.get(type(error).__name__, "does not answer")
    return "ready"
