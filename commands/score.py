"""`shelfgraph score`: what to offer every customer, for mailings and other systems."""

from pathlib import Path
from typing import Annotated

import typer

from commands.console import bars, out
from commands.context import shop_of


def score_command(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(help="The Parquet file to write: customer_id, rank, sku, score.")],
    first: Annotated[int, typer.Option(min=1, help="Products a customer.")] = 10,
) -> None:
    """Rank products for every customer, as the API would with an empty basket now; the file appears whole or not."""
    from jobs.score import present, score_customers  # noqa: PLC0415

    shop = shop_of(ctx)
    moment = present(shop.live().now(), shop.registry().load(), on=shop.clock().date())
    with bars() as progress:
        number = score_customers(shop.graph(), moment, first=first, target=target, progress=progress)
    out.print(f"Written: {target} ({number:,} customers, at most {first} products each)")
