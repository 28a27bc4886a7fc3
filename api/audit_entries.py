"""Audit entries as admins read them, the newest first."""

import asyncio
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.pages import Asked, PageInfo, numbered_stretch, page_of
from schema.audit import AuditEntry as Entry


@strawberry.input(description="Which entries; each that is given must fit.")
class AuditFilter:
    """A filter."""

    caller: str | None = strawberry.field(default=None, description="Of this caller.")
    mutation: str | None = strawberry.field(default=None, description="Of this mutation.")
    request_id: str | None = strawberry.field(default=None, description="Of this request.")


@strawberry.type(description="A mutation that somebody tried: who, what, before, after, when.")
class AuditEntry:
    """An entry."""

    number: int = strawberry.field(description="Ascending without gaps.")
    asked_at: datetime = strawberry.field(description="When it was tried.")
    ended_at: datetime | None = strawberry.field(
        description="When it ended; null if the service ended meanwhile or could not write it down."
    )
    request_id: str = strawberry.field(description="The request's id, as in its answer's X-Request-Id.")
    caller: str = strawberry.field(description="Who: key:ID, token:SUBJECT, anonymous:ADDRESS or development.")
    role: str = strawberry.field(description="Their role then.")
    mutation: str = strawberry.field(description="What they tried.")
    is_done: bool | None = strawberry.field(
        description="Whether it did what was asked; a refused one changed nothing. Null if nobody knows."
    )
    arguments: JSON | None = strawberry.field(
        description="With what; larger ones than 64 kB as their beginning, size and SHA-256."
    )
    before: JSON | None = strawberry.field(description="What stood before, where the mutation can tell.")
    after: JSON | None = strawberry.field(description="What it answered.")

    @classmethod
    def of(cls, entry: Entry) -> "AuditEntry":
        """The contract's copy of an entry."""
        attempt, outcome = entry.attempt, entry.outcome
        return cls(
            number=entry.number,
            asked_at=attempt.asked_at,
            ended_at=outcome.ended_at if outcome else None,
            request_id=attempt.request_id,
            caller=attempt.caller,
            role=attempt.role,
            mutation=attempt.mutation,
            is_done=outcome.is_done if outcome else None,
            arguments=attempt.arguments,
            before=JSON(outcome.before) if outcome else None,
            after=JSON(outcome.after) if outcome else None,
        )


@strawberry.type(description="An audit entry in a list.")
class AuditEntryEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: AuditEntry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of audit entries, the newest first.")
class AuditEntryConnection:
    """A connection."""

    edges: list[AuditEntryEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


Which = Annotated[AuditFilter | None, strawberry.argument(description="Which entries; null means all.")]


async def audit_page(info: Info, filter: AuditFilter | None, page: Asked) -> AuditEntryConnection:
    """A page of entries."""
    sink, between = info.context.access.audit, numbered_stretch(page)
    equal = {name: value for name, value in vars(filter).items() if value is not None} if filter else {}
    found = [] if sink is None else await asyncio.to_thread(sink.entries, **between, **equal)
    shown = page_of("audit", found, lambda entry: str(entry.number), page)
    edges = [
        AuditEntryEdge(cursor=at, node=AuditEntry.of(entry))
        for at, entry in zip(shown.cursors, shown.items, strict=True)
    ]
    return AuditEntryConnection(edges=edges, page_info=shown.info)
