"""Who gets in where nobody settled it: this machine alone, by a development key that lies in the home folder."""

import os
import secrets
from pathlib import Path
from typing import Final

from commands.context import Shop
from schema.access import KEY_MARK
from schema.errors import BadInput

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def key_to_serve(shop: Shop) -> str | None:
    """The development key where nobody made a key and no token issuer is named; None where somebody did.

    Raises:
        BadInput: if there is none and other machines could ask.
    """
    if shop.access_policy.tokens is not None or any(key.is_valid(shop.clock()) for key in shop.keys().all()):
        return None
    refuse_others(shop)
    return development_key(shop.home)


def refuse_others(shop: Shop) -> None:
    """Return if only this machine can reach the service.

    Raises:
        BadInput: if others can.
    """
    if shop.api_host not in LOOPBACK:
        raise BadInput(
            f"Whoever reaches {shop.api_host} could ask everything: this shop has no keys yet.",
            remedy="Run `shelfgraph keys create --role frontend` first, or set SHELFGRAPH_OIDC_ISSUER, "
            "or leave SHELFGRAPH_API_HOST at 127.0.0.1.",
        )


def development_key(home: Path) -> str:
    """An admin's key for this machine, made once and kept in a file that only its owner may read."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "development.key"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        file.chmod(0o600)
        return file.read_text().strip()
    with os.fdopen(handle, "w") as opened:
        key = f"{KEY_MARK}development_{secrets.token_urlsafe(32)}"
        opened.write(key + "\n")
    return key
