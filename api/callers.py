"""Callers: who asks, by the key or token that a request shows."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from api.tokens import Tokens
from schema.access import KEY_MARK, AccessKey, AccessPolicy, Caller, Role, secret_hash
from schema.errors import Unauthenticated

REMEDY = "Send `Authorization: Bearer` with a key that counts, or a token of this shop's issuer."


class KeySource(Protocol):
    """Where keys are kept."""

    def all(self) -> list[AccessKey]:
        """Every key, revoked and expired ones too."""

    def state(self) -> tuple[int, int]:
        """Something that is equal while nothing changed."""


@dataclass(frozen=True)
class Shown:
    """What a request shows of who asks: its `Authorization` header, and the address it comes from."""

    authorization: str | None
    address: str


class Callers:
    """Tells who asks; keys are looked up in memory, which `refresh` brings up to date.

    Args:
        keys: where they are kept; None where there are none.
        development_key: a key that counts though nobody made it, an admin's; None for none.
    """

    def __init__(self, policy: AccessPolicy, *, keys: KeySource | None, development_key: str | None = None) -> None:
        self._policy, self._keys = policy, keys
        self._development = development_key and secret_hash(development_key)
        self._tokens = None if policy.tokens is None else Tokens(policy.tokens)
        self._by_id: Mapping[str, AccessKey] = {}
        self._state: tuple[int, int] | None = None

    def refresh(self) -> None:
        """Read the keys anew if any was made or revoked.

        Raises:
            Unavailable: if they cannot be read; those known go on.
        """
        if self._keys is not None and (state := self._keys.state()) != self._state:
            self._by_id = {key.key_id: key for key in self._keys.all()}
            self._state = state

    async def caller(self, shown: Shown, *, at: datetime) -> Caller:
        """Who asks, at an instant.

        Raises:
            Unauthenticated: if what they show does not count, or they must show something and show nothing.
            Unavailable: if a token's issuer is needed and does not answer.
        """
        if shown.authorization is None:
            if self._policy.anonymous_role is None:
                raise Unauthenticated("This service answers callers it knows.", remedy=REMEDY)
            return Caller(f"anonymous:{shown.address}", self._policy.anonymous_role, is_known=False)
        scheme, _, token = shown.authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("The `Authorization` header is not `Bearer` and a key or token.", remedy=REMEDY)
        if token.startswith(KEY_MARK):
            return self._of_key(token, at)
        if self._tokens is None:
            raise Unauthenticated("This is no key of this service.", remedy=REMEDY)
        return await self._tokens.caller(token)

    def _of_key(self, token: str, at: datetime) -> Caller:
        key_id, _, secret = token.removeprefix(KEY_MARK).partition("_")
        if self._development and hmac.compare_digest(secret_hash(token), self._development):
            return Caller("development", Role.ADMIN)
        key = self._by_id.get(key_id)
        # A hash is compared whether the key exists or not, in time that does not depend on where they differ.
        is_right = hmac.compare_digest(secret_hash(secret), key.secret_hash if key else "0" * 64)
        if key is None or not is_right or not key.is_valid(at):
            raise Unauthenticated("This key does not count: it is wrong, expired or revoked.", remedy=REMEDY)
        return Caller(f"key:{key.key_id}", key.role, key.customer_id)
