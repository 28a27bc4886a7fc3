"""`shelfgraph evaluate freshness`: how old a fact the answers of running services rest on while facts change."""

from dataclasses import asdict
from json import dumps
from typing import Annotated

import typer

from commands.console import out, table
from commands.evaluation_options import JsonFile


def freshness_command(
    urls: Annotated[list[str], typer.Argument(help="Services of one shop, such as http://127.0.0.1:8000.")],
    store: Annotated[str, typer.Option(help="The store whose stock and prices are changed.")],
    seconds: Annotated[float, typer.Option(min=1, help="How long to write and ask.")] = 20.0,
    rate: Annotated[float, typer.Option(min=1, help="Changes a second, all writers together.")] = 200.0,
    key: Annotated[str, typer.Option(help="An access key, where the services ask for one.")] = "",
    seed: Annotated[int, typer.Option(help="Of what is changed and asked.")] = 0,
    json: JsonFile = None,
) -> None:
    """Change facts of a RUNNING shop made for it (stocks, prices, delistings, verdicts), and count outdated answers.

    Exit code 1 if any answer missed a change that was acknowledged two seconds before it began.
    """
    from evaluation.freshness import measure  # noqa: PLC0415

    found = measure(urls, store_id=store, seconds=seconds, changes_per_second=rate, key=key, seed=seed)
    rows = [(name.replace("_", " "), value) for name, value in asdict(found).items() if name != "examples"]
    out.print(table("Freshness", ("what", "figure"), rows))
    for example in found.examples:
        out.print(example, highlight=False)
    if json is not None:
        json.write_text(dumps(asdict(found), indent=1) + "\n")
        out.print(f"Written: {json}")
    if found.num_violations:
        raise typer.Exit(1)
