"""Leases in the journal: one holder at a time does a piece of work, and another when that one is gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from journal.rows import aware, naive
from journal.tables import LEASES

LONG_AGO: Final = datetime(1970, 1, 1)  # the column is naive
"""When a lease that was given back ends: past by everybody's clock."""


@dataclass(frozen=True)
class Lease:
    """Who does a piece of work.

    Attributes:
        fence: rises whenever the holder changes; what a holder writes carries it, so that one who slept through the
            end of its lease is refused.
        expires_at: from when on anybody may take it.
    """

    name: str
    holder: str
    fence: int
    expires_at: datetime


def take(connection: Connection, name: str, *, holder: str, now: datetime, seconds: float) -> Lease | None:
    """The lease, begun or renewed for `seconds`; None where somebody else holds it."""
    until = naive(now + timedelta(seconds=seconds))
    mine, free = LEASES.c.holder == holder, LEASES.c.expires_at <= naive(now)
    one = update(LEASES).where(LEASES.c.name == name)
    # Each is one statement that looks and writes at once: of two that come together, the second sees the first's row.
    if not connection.execute(one.where(mine, ~free).values(expires_at=until)).rowcount:
        taken = one.where(free).values(holder=holder, fence=LEASES.c.fence + 1, expires_at=until)
        if not connection.execute(taken).rowcount:
            _begin(connection, {"name": name, "holder": holder, "fence": 1, "expires_at": until})
    lease = held(connection, name)
    return lease if lease is not None and lease.holder == holder else None


def held(connection: Connection, name: str) -> Lease | None:
    """The newest lease on a piece of work, expired or not; None if nobody ever had one."""
    row = connection.execute(select(LEASES).where(LEASES.c.name == name)).first()
    return None if row is None else Lease(row.name, row.holder, row.fence, aware(row.expires_at))


def give_back(connection: Connection, lease: Lease) -> None:
    """Let anybody take the lease from now on; nothing where it is no longer this holder's."""
    mine = (LEASES.c.name == lease.name, LEASES.c.holder == lease.holder, LEASES.c.fence == lease.fence)
    connection.execute(update(LEASES).where(*mine).values(expires_at=LONG_AGO))


def _begin(connection: Connection, row: dict[str, object]) -> None:
    if held(connection, str(row["name"])) is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(LEASES), [row])
    except IntegrityError:  # somebody else began it at the same moment
        return
