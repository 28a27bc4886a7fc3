"""`shelfgraph serve`: GraphQL with GraphiQL until Ctrl-C."""

import gc
import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Final

import typer

from commands.console import out
from commands.context import Shop, shop_of
from commands.door import key_to_serve
from measures.memory import keep_freed
from schema.errors import Busy

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from commands.neighbours import Place

GARBAGE: Final = (1_000, 20, 50)
"""Allocations, and collections of younger ones, between two looks for cycles: an answer leaves some eighty objects."""
SWITCH_SECONDS: Final = 0.0005
"""How long the thread that answers waits for one that computes beside it: the ledger, the search's building."""


NumWorkers = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="Processes that answer; one per core that is free for them.")
]
Handed = Annotated[
    str | None, typer.Option("--place", hidden=True, help="A worker's: where it stands among the others.")
]


def serve_command(ctx: typer.Context, workers: NumWorkers = 1, place: Handed = None) -> None:
    """Serve the champion's relations and the graph's catalogue over GraphQL; GraphiQL is at the same address."""
    shop = shop_of(ctx)
    if place is not None:
        _work(shop, place)
        return
    refuse_used_port(shop.api_host, shop.api_port)
    key = key_to_serve(shop)
    if key is not None:
        out.print("No keys yet: this machine alone may ask. GraphiQL knows the development key; other clients send")
        out.print(f"Authorization: Bearer {key}", highlight=False, soft_wrap=True)
    if workers > 1:
        raise typer.Exit(_shared(shop, workers))
    listen(shop, shop.app(key))


def listen(shop: Shop, app: "Starlette") -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from commands.job_work import jobs_beside  # noqa: PLC0415

    _tell_address(shop)
    with jobs_beside(shop):
        _answer(shop, app)


def _shared(shop: Shop, count: int) -> int:
    """Have several processes serve until Ctrl-C or SIGTERM; the exit code."""
    from commands.job_work import jobs_beside  # noqa: PLC0415
    from commands.workers import Workers, bound  # noqa: PLC0415

    # Bound here too, so that the port stays this service's while a worker is replaced.
    with bound(shop.api_host, shop.api_port), jobs_beside(shop):
        _tell_address(shop)
        command = [sys.executable, "-m", "shelfgraph", "serve", "--place"]
        return Workers(command, shop.api_host, shop.api_port, count).run()


def _work(shop: Shop, words: str) -> None:
    """Serve as one of several processes."""
    from commands.neighbours import Place  # noqa: PLC0415
    from commands.workers import end_with_parent  # noqa: PLC0415

    end_with_parent()
    _answer(shop, shop.app(key_to_serve(shop)), place=Place.read(words))


def _answer(shop: Shop, app: "Starlette", *, place: "Place | None" = None) -> None:
    from commands.listening import Server, listening  # noqa: PLC0415
    from commands.log_lines import plain_log_lines  # noqa: PLC0415

    plain_log_lines()
    # What stands by now stands for good: looking it through for cycles again and again showed in the slowest answers.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()
    keep_freed()
    sys.setswitchinterval(SWITCH_SECONDS)
    config = listening(app, host=shop.api_host, port=shop.api_port, place=place)
    Server(config).run(sockets=None if place is None else [socket.socket(fileno=place.listener)])


def _tell_address(shop: Shop) -> None:
    out.print(f"GraphQL and GraphiQL: [link]{shop.graphiql_url}[/link]   (Ctrl-C ends)")


def refuse_used_port(host: str, port: int) -> None:
    """Tell at once that a port is taken.

    Raises:
        Busy: if something listens there already.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Busy(
                f"Port {port} on {host} is in use.",
                remedy="End what listens there, or set SHELFGRAPH_API_PORT to a free port.",
            ) from error


def free_ports(number: int) -> list[int]:
    """Ports of this machine that nobody listens on now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
