"""`shelfgraph check`: does the graph hold what the lake says?"""

from typing import Annotated

import typer
from rich.markup import escape

from commands.console import bars, out
from commands.context import shop_of


def check_command(
    ctx: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Bring the graph up to the lake and the champion again.")
    ] = False,
) -> None:
    """Compare graph and lake by counts and samples and name every difference; exit code 1 if there is one."""
    from jobs.check import check, rebuild  # noqa: PLC0415
    from jobs.project import catch_up  # noqa: PLC0415

    shop = shop_of(ctx)
    with bars() as progress:
        lake, graph, registry = shop.lake(), shop.graph(), shop.registry()
        if repair:
            with shop.writing():
                rebuild(lake=lake, graph=graph, registry=registry, progress=progress)
            catch_up(journal=shop.journal(), lake=lake, graph=graph, clock=shop.clock, progress=progress)
        found = check(lake=lake, graph=graph, registry=registry, journal=shop.journal(), progress=progress)
    for difference in found.differences:
        out.print(f"[red]✗[/] {escape(difference)}", highlight=False, soft_wrap=True)
    if found.differences:
        out.print("Mend it: shelfgraph check --repair")
        raise typer.Exit(1)
    out.print(f"Graph and lake agree: {found.num_compared:,} nodes and relationships compared.")
