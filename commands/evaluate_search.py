"""`shelfgraph evaluate search`: whether products are found by their names, cut and misspelt, and how fast."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from commands.console import out
from commands.context import shop_of
from commands.evaluation_options import Seed, SourceOption, Tables, read_tables
from commands.serve import free_ports
from graph.jars import fetch


def search_command(
    ctx: typer.Context,
    tables: Tables,
    source: SourceOption = "retail-tables",
    number: Annotated[int, typer.Option(min=1, help="Names that queries are made of, seven queries each.")] = 300,
    neo4j: Annotated[bool, typer.Option(help="Also ask a Neo4j of its own, gone afterwards.")] = True,
    seed: Seed = 0,
) -> None:
    """Search for products by their names, cut and misspelt, beside Neo4j's index, tantivy's own ranking and LIKE."""
    from evaluation import search  # noqa: PLC0415
    from graph.server import LocalServer  # noqa: PLC0415

    shop = shop_of(ctx)
    shop.home.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=shop.home) as name,
        read_tables(ctx, source, tables, None) as (read, progress),
    ):
        server = None
        if neo4j:
            bolt, http = free_ports(2)
            jars = fetch(shop.jars, progress=progress)
            home = Path(name).absolute()
            server = LocalServer(home, jars=jars, bolt_port=bolt, http_port=http, **shop.graph_memory)
        found = search.run(read, number=number, seed=seed, server=server, progress=progress)
    out.print(Markdown(search.markdown(found)))
