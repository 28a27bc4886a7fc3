"""`shelfgraph evaluate forecast-growth`: what a fit and a forecast of everything cost as the shop grows."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, out
from commands.evaluation_options import Seed


def forecast_growth_command(
    series: Annotated[int, typer.Option(min=100, help="Products in stores of the size that is 1×.")] = 6_250,
    times: Annotated[str, typer.Option(help="Sizes to measure, parted by commas.")] = "1,4",
    weeks: Annotated[int, typer.Option(min=20, help="Weeks of sales of each.")] = 104,
    ahead: Annotated[int, typer.Option(min=1, max=26, help="Weeks to forecast.")] = 4,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the trees.")] = 2,
    seed: Seed = 0,
) -> None:
    """Fit and forecast made-up weekly sales of several sizes, each in a process of its own."""
    from evaluation import forecast_growth  # noqa: PLC0415

    sizes = [int(series * float(each)) for each in times.split(",")]
    with bars() as progress:
        costs = forecast_growth.run(sizes, num_weeks=weeks, ahead=ahead, threads=threads, seed=seed, progress=progress)
    out.print(Markdown(forecast_growth.markdown(costs)))
