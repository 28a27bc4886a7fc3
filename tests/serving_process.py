"""One serving process of the service shop: `python serving_process.py JOURNAL BOLT_URI PASSWORD PORT EVERY_SECONDS`."""

import sys
from types import SimpleNamespace

import service_shop as shop
import uvicorn
from service_client import application, open_to_everybody

from journal.store import Journal


def main(address: str, uri: str, password: str, port: str, every: str) -> None:
    """Serve until killed."""
    server = SimpleNamespace(uri=uri, password=lambda: password)
    wiring = {"model": shop.artefact(), "access": open_to_everybody(), "refresh_seconds": float(every)}
    app, _ = application(server, Journal(address), **wiring)
    uvicorn.run(app, port=int(port), log_level="critical", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
