"""`shelfgraph forecast`: units by product, store and week to come."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.console import bars, out, table
from commands.context import shop_of
from commands.replenish import newest, save_table

MOST_SHOWN = 20
"""Rows that are shown in the terminal; a file holds all."""


def forecast_command(
    ctx: typer.Context,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="Weeks ahead.")] = 4,
    sku: Annotated[str | None, typer.Option(help="Of this product only.")] = None,
    store: Annotated[str | None, typer.Option(help="Of this store only.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Look only at weeks that had ended by this day."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seed and data give equal forecasts.")] = 0,
    file: Annotated[Path | None, typer.Option("--out", help="Write all rows here, as CSV or Parquet.")] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the best sellers' fans here.")] = None,
) -> None:
    """Forecast weekly units with quantiles by product and store, from the newest lake version."""
    from jobs.forecast import forecast_weeks, save_fans  # noqa: PLC0415  # LightGBM and pandas take a second

    day = as_of.date() if as_of else None
    with bars() as progress:
        found = forecast_weeks(
            newest(shop_of(ctx)), weeks=weeks, as_of=day, sku=sku, store_id=store, seed=seed, progress=progress
        )
    told = found.forecast
    first = sorted(range(len(told)), key=lambda row: -told.mean[row])[:MOST_SHOWN]
    rows = [
        (
            *(told.store_id[row], told.sku[row], told.week_starts_on[row]),
            *(round(float(value), 1) for value in (told.mean[row], *told.quantiles[row, [0, 9, 18]])),
        )
        for row in first
    ]
    columns = ("store", "sku", "week from", "expected", "q05", "q50", "q95")
    out.print(table(f"Units a week: {len(told):,} rows, the largest first", columns, rows))
    if file is not None:
        save_table(told.table(), file)
        out.print(f"Written: {file}")
    if picture is not None:
        save_fans(found, picture)
        out.print(f"Written: {picture}")
