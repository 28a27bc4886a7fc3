"""Access: who may use the service, as it is wired, and the task that keeps up with keys made and revoked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from starlette.requests import HTTPConnection

from api.buckets import Buckets
from api.budgets import Budgets
from api.callers import Callers, KeySource, Shown
from api.request_log import log
from schema.access import AccessPolicy
from schema.audit import Attempt, AuditEntry, Outcome
from schema.errors import ShelfgraphError

EVERY_SECONDS: Final = 0.5


class AuditSink(Protocol):
    """Where audit rows are kept."""

    def begin(self, attempt: Attempt) -> int:
        """The number of an attempt, durable on return."""

    def end(self, number: int, outcome: Outcome) -> None:
        """Keep how an attempt ended."""

    def entries(
        self, *, limit: int, after: int | None = None, before: int | None = None, is_last: bool = False, **equal: str
    ) -> list[AuditEntry]:
        """Entries between two numbers, the newest first."""


class Access:
    """Who may.

    Attributes:
        policy: what the operator settled.
        callers: tells who asks.
        budgets: how much each of them may still ask.
        audit: where mutations are written down; None for nowhere.
        development_key: an admin's key that nobody made, for one machine alone; None for none.

    Raises:
        BadInput: if the policy names a token issuer that is not safe.
    """

    def __init__(
        self,
        policy: AccessPolicy,
        *,
        keys: KeySource | None = None,
        development_key: str | None = None,
        audit: AuditSink | None = None,
        buckets: Buckets | None = None,
    ) -> None:
        self.policy, self.development_key, self.audit = policy, development_key, audit
        self.callers = Callers(policy, keys=keys, development_key=development_key)
        self.budgets = Budgets(policy, buckets)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keys made and revoked meanwhile are honoured within a second."""
        await self._refresh()
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            await asyncio.to_thread(self.callers.refresh)
        except ShelfgraphError:
            log.warning("keys", state="cannot be read; those known go on")
        except Exception as error:  # noqa: BLE001 (following must not end)
            log.error("reading keys failed", exc_info=error)


def shown_by(connection: HTTPConnection) -> Shown:
    """What a request, or a socket's handshake, shows of who asks."""
    return Shown(connection.headers.get("authorization"), connection.client.host if connection.client else "")
