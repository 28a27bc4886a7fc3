"""The service on a port of this machine, for tests whose callers are programs of their own."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import service_shop as shop
import uvicorn
from conftest import free_port
from service_client import open_to_everybody

from api.app import create_app
from decisions.advisor import Advisor
from decisions.live import LiveFacts
from graph.connection_async import connect_async
from graph.paths import CustomerHistory, EvidencePaths
from graph.server import USER, LocalServer
from journal.store import Journal


@contextmanager
def listening(server: LocalServer, journal: Journal, **settings: Any) -> Iterator[str]:
    """The address of a running service of the service shop."""
    port = free_port()
    listeners: list[uvicorn.Server] = []

    async def serve() -> None:
        graph = connect_async(server.uri, user=USER, password=server.password(), deadline_seconds=20)
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
            "clock": lambda: shop.NOON,
            "deadline_seconds": 20.0,
            "refresh_seconds": 0.05,
            **settings,
        }
        app = create_app(advisor=advisor, graph=graph, journal=journal, **wiring)
        listeners.append(uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False)))
        await listeners[0].serve()
        await graph.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="service", daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not (listeners and listeners[0].started):
        assert thread.is_alive(), "the service ended"
        assert time.monotonic() < until, "the service did not start"
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        listeners[0].should_exit = True
        thread.join(30)
