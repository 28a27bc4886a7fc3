"""Who may use the service: roles, callers, keys, and the policy that says what each may ask."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

KEY_MARK: Final = "sg_"
"""How every key of ours begins, so that a leaked one is found by scanners and told from a bearer token."""


class Role(StrEnum):
    """What a caller does for the shop; what that lets them ask is one table, `api/roles.toml`."""

    VIEWER = "viewer"
    FRONTEND = "frontend"
    MERCHANDISER = "merchandiser"
    PLANNER = "planner"
    OPERATOR = "operator"
    ADMIN = "admin"


BOUND: Final = (Role.VIEWER, Role.FRONTEND)
"""Roles whose callers can be bound to one customer; what the others read names customers unasked."""
NO_CUSTOMER: Final = ""
"""Is no customer's key: who is bound to it sees no customer."""


@dataclass(frozen=True)
class Caller:
    """Somebody who asks.

    Attributes:
        name: unique among callers; budgets are kept and audit rows written by it.
        role: None for somebody who is nobody in particular and may ask nothing.
        customer_id: the only customer this caller may see, `NO_CUSTOMER` for none at all; None where the role alone
            decides.
        is_known: whether they showed a key or token.
    """

    name: str
    role: Role | None
    customer_id: str | None = None
    is_known: bool = True


@dataclass(frozen=True)
class AccessKey:
    """A key as it is kept: everything but its secret.

    Attributes:
        key_id: part of the key that is no secret; unique.
        secret_hash: SHA-256 of the secret, hexadecimal.
        customer_id: the only customer its caller may see; None for no such bound.
        expires_at: when it ends to count, aware; None for never.
        revoked_at: when it was revoked, aware; None if it was not.
    """

    key_id: str
    name: str
    role: Role
    secret_hash: str
    created_at: datetime
    customer_id: str | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def secret_hash(secret: str) -> str:
    """SHA-256 of a key's secret, hexadecimal.

    A slow, salted hash protects what people choose, because it can be guessed. A secret here is 256 random bits: nobody
    guesses it, however fast the hash, and a fast one lets every request be checked.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class TokenIssuer:
    """Whose OIDC bearer tokens are believed.

    Attributes:
        issuer: its address, which `iss` must equal; the signing keys are found from it.
        audience: what `aud` must hold.
        role_claim: where a token names roles: a claim, or a path of claims with dots.
        customer_claim: where a token names the only customer its bearer may see; a token of a role that can be bound to
            one sees none without it. Empty: tokens name none, and roles alone decide.
    """

    issuer: str
    audience: str
    role_claim: str = "roles"
    customer_claim: str = ""


DEFAULT_POINTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "anonymous": 60_000,
        Role.VIEWER: 2_000_000,
        Role.MERCHANDISER: 2_000_000,
        Role.PLANNER: 2_000_000,
        Role.FRONTEND: 20_000_000,
        Role.OPERATOR: 20_000_000,
        Role.ADMIN: 20_000_000,
    }
)
"""Points that each caller may spend a minute; a point is a field answered."""


@dataclass(frozen=True)
class AccessPolicy:
    """What the shop's operator settled about access.

    Attributes:
        anonymous_role: what somebody without a key or token may do; None for nothing.
        introspection: who may read the contract from the service.
        points_per_minute: by role and `anonymous`, for each caller.
        cors_origins: pages' origins that browsers may let ask; `*` for all.
        tokens: whose bearer tokens are believed; None for nobody's.
    """

    anonymous_role: Role | None = None
    introspection: Literal["everyone", "callers", "nobody"] = "callers"
    points_per_minute: Mapping[str, int] = field(default_factory=lambda: DEFAULT_POINTS)
    cors_origins: tuple[str, ...] = ()
    tokens: TokenIssuer | None = None

    def points(self, caller: Caller) -> int:
        """How many points a caller may spend a minute."""
        group = caller.role if caller.is_known and caller.role else "anonymous"
        return self.points_per_minute.get(group, DEFAULT_POINTS[group])
