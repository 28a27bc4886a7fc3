"""`shelfgraph demo`: the whole main job, from files to an answered query, in one command."""

import logging
import threading
from pathlib import Path
from typing import Annotated

import typer

from commands.console import out
from commands.context import Shop, shop_of
from commands.door import development_key, refuse_others
from commands.ending import ended_by_sigterm
from commands.graph import start_graph
from commands.load import load_source, print_load
from commands.serve import refuse_used_port
from commands.showcase import show_answers
from commands.train import print_training, train_shop


def demo_command(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="As for `load`.")] = "synthetic",
    path: Annotated[Path, typer.Argument(help="As for `load`.")] = Path("small"),
    serve: Annotated[
        bool, typer.Option(envvar="DEMO_SERVE", help="Serve until Ctrl-C afterwards; DEMO_SERVE=0 ends instead.")
    ] = True,
) -> None:
    """Start Neo4j, load, train, write the relations back, answer three questions and serve GraphQL until Ctrl-C.

    A second run reuses what is there: an unchanged source changes nothing and an unchanged lake is not trained again.
    """
    from loaders.staging import LoadOptions  # noqa: PLC0415

    shop = shop_of(ctx)
    refuse_others(shop)
    refuse_used_port(shop.api_host, shop.api_port)
    with ended_by_sigterm():
        was_started = start_graph(shop)
        try:
            print_load(load_source(shop, source, path, options=LoadOptions(), seed=0))
            print_training(train_shop(shop, as_of=None, seed=0))
            _answer(shop, serve=serve)
        finally:
            server = shop.server()
            if was_started and server is not None:
                server.stop()


def _answer(shop: Shop, *, serve: bool) -> None:
    import uvicorn  # noqa: PLC0415

    from commands.job_work import jobs_beside  # noqa: PLC0415
    from commands.listening import listening  # noqa: PLC0415
    from commands.log_lines import plain_log_lines  # noqa: PLC0415

    # A line a request would drown the answers; `serve` shows them.
    plain_log_lines(least=logging.WARNING)
    key = development_key(shop.home)
    server = uvicorn.Server(listening(shop.app(key), host=shop.api_host, port=shop.api_port))
    failures: list[Exception] = []

    def ask() -> None:
        try:
            show_answers(shop.graphiql_url, key, shop.registry().load())
            _tell_where(shop, key)
        except Exception as error:  # noqa: BLE001  # told by the main thread, which ends the server
            failures.append(error)
        if failures or not serve:
            server.should_exit = True

    asking = threading.Thread(target=ask, name="demo questions")
    asking.start()
    with jobs_beside(shop):
        server.run()
    asking.join()
    if failures:
        raise failures[0]


def _tell_where(shop: Shop, key: str) -> None:
    server = shop.server()
    out.print(f"GraphQL and GraphiQL  {shop.graphiql_url}")
    out.print(f"Other clients send    Authorization: Bearer {key}", highlight=False, soft_wrap=True)
    if server is not None:
        out.print(f"Neo4j Browser         {server.browser}   user neo4j, password {server.password()}")
    if shop.home != Path(".shelfgraph"):
        out.print(f"More commands on this shop: export SHELFGRAPH_HOME={shop.home}")
