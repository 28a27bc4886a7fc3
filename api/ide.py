"""GraphiQL's page as one browser gets it: what it may load, and the development key where only this machine can ask."""

import json
import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.tokens import is_loopback

POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def shown(page: str, request: Request, *, key: str | None) -> HTMLResponse:
    """The page with a nonce of its own; the key is in it only where this machine asks for itself by its own name.

    A page of elsewhere whose name was bent to this machine asks by that name, and gets no key.
    """
    nonce = secrets.token_urlsafe(16)
    is_own = request.client is not None and is_loopback(request.client.host)
    is_named = is_loopback(request.url.hostname or "")
    headers = {"authorization": f"Bearer {key}"} if key and is_own and is_named else {}
    body = page.replace("PAGE_NONCE", nonce).replace("CALLER_HEADERS", json.dumps(headers))
    return HTMLResponse(body, headers={"content-security-policy": POLICY.format(nonce=nonce)})
