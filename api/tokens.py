"""Bearer tokens of an OIDC issuer, checked with the keys that it publishes."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from schema.access import BOUND, NO_CUSTOMER, Caller, Role, TokenIssuer
from schema.errors import BadInput, Unauthenticated, Unavailable

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones alone: with HMAC a published key would be the secret, and `none` is no signature."""
FRESH_SECONDS: Final = 300.0
RETRY_SECONDS: Final = 10.0
WAIT_SECONDS: Final = 3.0
LEEWAY_SECONDS: Final = 30
MAX_BYTES: Final = 1_000_000
MAX_TOKEN: Final = 16_000
REMEDY: Final = "Ask the issuer for a new one."


class Tokens:
    """Tells who a token's bearer is.

    The issuer's keys are read when first needed, again after five minutes (those known go on meanwhile) or when a token
    names a key that is not among them, but never twice within ten seconds, so that forged tokens cannot make this
    service a load on the issuer.

    Args:
        issuer: whose tokens are believed.
        retry_seconds: how long after one reading of keys the next may begin.

    Raises:
        BadInput: if the issuer's address is not one that keys can be safely read from.
    """

    def __init__(self, issuer: TokenIssuer, *, retry_seconds: float = RETRY_SECONDS) -> None:
        _refuse_unsafe(issuer.issuer)
        self._issuer, self._retry = issuer, retry_seconds
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()
        self._beside: asyncio.Task[None] | None = None

    async def caller(self, token: str) -> Caller:
        """A token's bearer.

        Raises:
            Unauthenticated: if the token does not count.
            Unavailable: if the issuer's keys were never read and it does not answer.
        """
        try:
            if len(token) > MAX_TOKEN:
                raise Unauthenticated("This token is too long.", remedy=REMEDY)
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._issuer.audience,
                issuer=self._issuer.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"This token does not count: {error}.", remedy=REMEDY) from error
        return self._named(claims)

    def _named(self, claims: Mapping[str, Any]) -> Caller:
        roles = _at(claims, self._issuer.role_claim)
        held = {str(each) for each in (roles if isinstance(roles, list) else [roles])}
        role = next((role for role in reversed(Role) if role.value in held), None)
        customer = _at(claims, self._issuer.customer_claim) if self._issuer.customer_claim else None
        if role is None:
            raise Unauthenticated(f"This token names no role of this service in `{self._issuer.role_claim}`.")
        if customer is not None and not isinstance(customer, str):
            raise Unauthenticated(f"The claim `{self._issuer.customer_claim}` of this token is no customer's key.")
        if customer is None and self._issuer.customer_claim and role in BOUND:
            customer = NO_CUSTOMER
        return Caller(f"token:{claims['sub']}", role, customer)

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id in self._keys:
            if time.monotonic() - self._read_at >= FRESH_SECONDS and self._may_read():
                self._beside = asyncio.create_task(self._read())
            return self._keys[key_id]
        async with self._reading:
            if key_id not in self._keys and self._may_read():
                await self._read()
        if not self._keys:
            raise Unavailable(f"The token issuer {self._issuer.issuer} does not answer.", remedy="Try again later.")
        if key_id not in self._keys:
            raise Unauthenticated("This token is signed by a key that its issuer does not publish.", remedy=REMEDY)
        return self._keys[key_id]

    def _may_read(self) -> bool:
        return time.monotonic() - self._tried_at >= self._retry

    async def _read(self) -> None:
        self._tried_at = time.monotonic()
        try:
            self._keys = await asyncio.to_thread(_published, self._issuer.issuer)
            self._read_at = time.monotonic()
        except (OSError, ValueError, jwt.PyJWTError):
            return  # keys read before go on; the next try is RETRY_SECONDS away


def _published(issuer: str) -> dict[str, jwt.PyJWK]:
    """The issuer's signing keys by their ids."""
    told = _read_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if told.get("issuer") != issuer:
        raise ValueError("The issuer calls itself by another name.")
    address = str(told["jwks_uri"])
    _refuse_unsafe(address)
    published = jwt.PyJWKSet.from_dict(_read_json(address)).keys
    # A symmetric key that is published is no secret: what it signs is worth nothing.
    return {key.key_id or "": key for key in published if key.public_key_use in (None, "sig") and key.key_type != "oct"}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a redirect could lead to where keys are not safe."""

    def redirect_request(self, *_: Any) -> None:
        """Nowhere."""


def _read_json(address: str) -> dict[str, Any]:
    with urllib.request.build_opener(_NoRedirect).open(address, timeout=WAIT_SECONDS) as response:
        told = json.loads(response.read(MAX_BYTES))
    if not isinstance(told, dict):
        raise ValueError("This is no JSON object.")
    return told


def _refuse_unsafe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise BadInput(
            f"The token issuer's address {address!r} is not safe: whoever is between could forge its keys.",
            remedy="Name an https:// address.",
        )


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, which nobody else can reach."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _at(claims: Mapping[str, Any], path: str) -> Any:
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    return value
