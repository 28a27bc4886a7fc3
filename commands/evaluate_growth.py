"""`shelfgraph evaluate growth`: what counting and a fit cost as the shop grows."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, out
from commands.evaluation_options import JsonFile, PictureFile, Seed


def growth_command(
    products: Annotated[int, typer.Option(min=500, help="Products of the synthetic shop that is 1×.")] = 2_000,
    times: Annotated[str, typer.Option(help="Sizes to measure, parted by commas.")] = "1,4,16",
    seed: Seed = 0,
    json: JsonFile = None,
    picture: PictureFile = None,
) -> None:
    """Count and fit the synthetic shop at several sizes, each in a process of its own, and say where the limit lies."""
    from evaluation import growth, growth_report  # noqa: PLC0415

    with bars() as progress:
        costs = growth.run(products, times=[float(each) for each in times.split(",")], seed=seed, progress=progress)
    out.print(Markdown(growth_report.markdown(costs)))
    for path, save in ((json, growth_report.save_json), (picture, growth_report.save_picture)):
        if path is not None:
            save(costs, path)
            out.print(f"Written: {path}")
