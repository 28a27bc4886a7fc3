"""Global Node ids: opaque outside, `Type:key` inside."""

import base64
from functools import lru_cache
from typing import Final

import strawberry

from schema.errors import BadInput

TYPES: Final = ("Product", "Category", "Brand", "Supplier", "Store", "Promotion")


@lru_cache(maxsize=50_000)
def global_id(kind: str, key: str) -> strawberry.ID:
    """The id of one node among all."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def kind_and_key(text: str) -> tuple[str, str]:
    """What an id stands for.

    Raises:
        BadInput: if this service never gave such an id.
    """
    try:
        kind, _, key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
    except ValueError:
        kind, key = "", ""
    if kind not in TYPES or not key:
        raise BadInput("This is not the id of a node.", remedy="Use an id that an earlier answer held.")
    return kind, key
