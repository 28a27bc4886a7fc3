"""`shelfgraph graph`: the local Neo4j server."""

import typer

from commands.console import bars, out
from commands.context import Shop, shop_of
from graph.jars import fetch
from graph.server import LocalServer
from schema.errors import ShelfgraphError

application = typer.Typer(
    help="Start, stop and look at the local Neo4j, which Python packages bring. With NEO4J_URI set, that server is "
    "used instead and these commands refuse.",
    no_args_is_help=True,
)


def start_graph(shop: Shop) -> bool:
    """Start the local server unless it runs or `NEO4J_URI` names another; True if this call started it."""
    server = shop.server()
    if server is None or server.is_ready():
        return False
    with bars() as progress:
        fetch(shop.jars, progress=progress)
        server.start(progress=progress)
    return True


@application.command("start")
def start_command(ctx: typer.Context) -> None:
    """Start the server and wait until it answers; the first time also fetches its jars (150 MB) and sets a password."""
    shop = shop_of(ctx)
    server = _local(shop)
    start_graph(shop)
    out.print(f"Neo4j is {server.status()}", soft_wrap=True)
    out.print("User neo4j; `shelfgraph graph password` prints the password.")


@application.command("stop")
def stop_command(ctx: typer.Context) -> None:
    """Stop the server; what it holds stays."""
    out.print("Neo4j stopped." if _local(shop_of(ctx)).stop() else "Neo4j was not running.")


@application.command("status")
def status_command(ctx: typer.Context) -> None:
    """Say whether the server runs and where; exit code 1 if it does not."""
    server = _local(shop_of(ctx))
    out.print(f"Neo4j is {server.status()}", soft_wrap=True)
    if not server.is_ready():
        out.print("Start it: shelfgraph graph start")
        raise typer.Exit(1)


@application.command("password")
def password_command(ctx: typer.Context) -> None:
    """Print the local server's password, for Browser; the user is neo4j."""
    typer.echo(_local(shop_of(ctx)).password())


def _local(shop: Shop) -> LocalServer:
    server = shop.server()
    if server is None:
        raise ShelfgraphError(
            f"NEO4J_URI names the server {shop.graph_uri}, so there is no local one.",
            remedy="Unset NEO4J_URI to use the local server.",
        )
    return server
