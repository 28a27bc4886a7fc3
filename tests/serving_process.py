"""One serving process of the service shop: `python serving_process.py JOURNAL BOLT_URI PASSWORD PORT EVERY_SECONDS`."""

import sys

import service_shop as shop
import uvicorn
from service_client import open_to_everybody

from api.app import create_app
from api.search_desk import SearchDesk
from decisions.advisor import Advisor
from decisions.live import LiveFacts
from graph.connection_async import connect_async
from graph.paths import CustomerHistory, EvidencePaths
from graph.server import USER
from journal.store import Journal


def main(address: str, uri: str, password: str, port: str, every: str) -> None:
    """Serve until killed."""
    journal = Journal(address)
    graph = connect_async(uri, user=USER, password=password, deadline_seconds=20)
    live = LiveFacts(shop.facts(), journal=journal, read_facts=lambda version: shop.facts(lake_version=version))
    advisor = Advisor(
        live=live,
        artefact=shop.artefact(),
        history=CustomerHistory(graph.read),
        paths=EvidencePaths(graph.read),
        today=lambda: shop.TODAY,
    )
    wiring = {
        "access": open_to_everybody(),
        "search": SearchDesk(shop.listings),
        "clock": lambda: shop.NOON,
        "deadline_seconds": 20.0,
        "refresh_seconds": float(every),
    }
    app = create_app(advisor=advisor, graph=graph, journal=journal, **wiring)
    uvicorn.run(app, port=int(port), log_level="critical", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
