"""Keys: who may use the service, kept in the journal without their secrets."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from journal.database import Kept
from journal.rows import aware, naive
from journal.tables import ACCESS_KEYS
from schema.access import BOUND, KEY_MARK, AccessKey, Role, secret_hash
from schema.errors import BadInput, NotFound

SECRET_BYTES: Final = 32


class Keys(Kept):
    """The keys at a journal's address."""

    def create(
        self,
        role: Role,
        *,
        created_at: datetime,
        name: str = "",
        customer_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[AccessKey, str]:
        """A new key, durable on return, and the text that its owner sends; that text is not kept and not told again.

        Raises:
            BadInput: if the key would be expired at once, its name is too long, or its role sees all customers.
            Unavailable: if the journal cannot be written.
        """
        if expires_at is not None and expires_at <= created_at:
            raise BadInput(f"The key would expire at {expires_at}, in the past.", remedy="Name a later instant.")
        if len(name) > 200:
            raise BadInput("The key's name is longer than 200 characters.", remedy="Shorten it.")
        if customer_id is not None and role not in BOUND:
            raise BadInput(
                f"A key of role {role.value} may see all customers' decisions, so it cannot be bound to one.",
                remedy=f"Make it of role {' or '.join(BOUND)}, or without a customer.",
            )
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
        key = AccessKey(key_id, name or role.value, role, secret_hash(secret), created_at, customer_id, expires_at)
        row = {
            "key_id": key_id,
            "name": key.name,
            "role": role.value,
            "secret_hash": key.secret_hash,
            "customer_id": customer_id,
            "created_at": naive(created_at),
            "expires_at": None if expires_at is None else naive(expires_at),
        }
        with self._database.transaction() as connection:
            connection.execute(insert(ACCESS_KEYS), row)
        return key, f"{KEY_MARK}{key_id}_{secret}"

    def revoke(self, key_id: str, *, revoked_at: datetime) -> None:
        """End a key, for ever; servers that run honour it within two seconds.

        Raises:
            NotFound: if there is no such key.
        """
        of_key = ACCESS_KEYS.c.key_id == key_id
        ended = update(ACCESS_KEYS).where(of_key, ACCESS_KEYS.c.revoked_at.is_(None))
        with self._database.transaction() as connection:
            connection.execute(ended.values(revoked_at=naive(revoked_at)))
            if not connection.scalar(select(func.count()).select_from(ACCESS_KEYS).where(of_key)):
                raise NotFound("key", key_id, remedy="`shelfgraph keys list` shows them.")

    def all(self) -> list[AccessKey]:
        """Every key, the oldest first; those revoked or expired too."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(ACCESS_KEYS).order_by(ACCESS_KEYS.c.created_at, ACCESS_KEYS.c.key_id))
            return [_key(row._mapping) for row in rows]  # type: ignore[arg-type]

    def state(self) -> tuple[int, int]:
        """How many keys there are and how many of them were revoked: equal while nothing changed."""
        with self._database.transaction() as connection:
            counts = select(func.count(), func.count(ACCESS_KEYS.c.revoked_at)).select_from(ACCESS_KEYS)
            num_keys, num_revoked = connection.execute(counts).one()
            return num_keys, num_revoked


def _key(row: Mapping[str, Any]) -> AccessKey:
    instants = {name: row[name] and aware(row[name]) for name in ("created_at", "expires_at", "revoked_at")}
    return AccessKey(**{**row, **instants, "role": Role(row["role"])})
