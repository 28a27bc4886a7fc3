"""The role table: which roles may ask each field and name a customer, and which answers last, as `roles.toml` says."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from schema.access import Role

ADMINS: Final = frozenset({Role.ADMIN})
Field = tuple[str, str]
"""A type's name and a field's."""


@cache
def role_table() -> Mapping[Field, frozenset[Role]]:
    """The roles that may ask each field."""
    told = _told()
    return {
        (kind, name): _roles(told, audience)
        for kind, audiences in told["fields"].items()
        for audience, names in audiences.items()
        for name in names
    }


@cache
def personal_arguments() -> Mapping[str, frozenset[Role]]:
    """The roles that may give each argument, or field of an input, that names a customer."""
    told = _told()
    return {name: _roles(told, audience) for audience, names in told["arguments"].items() for name in names}


@cache
def lasting_fields() -> frozenset[Field]:
    """The fields that change by loads alone: no stock, price, verdict or customer is in them."""
    return frozenset((kind, name) for kind, names in _told()["lasting"].items() for name in names)


def roles_of(field: Field) -> frozenset[Role]:
    """The roles that may ask a field; admins alone where the table has no entry."""
    return role_table().get(field, ADMINS)


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(files("api").joinpath("roles.toml").read_text(encoding="utf-8"))


def _roles(told: Mapping[str, Any], audience: str) -> frozenset[Role]:
    return frozenset(map(Role, told["audiences"][audience]))
