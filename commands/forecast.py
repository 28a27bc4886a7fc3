"""`shelfgraph forecast`: units by product, store and week or day to come."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import bars, err, out, table
from commands.context import shop_of
from commands.evaluate_forecast import Families, GrainOption, chosen_settings
from commands.replenish import newest, save_table
from schema.errors import BadInput
from schema.grouping import Grain, Grouping

if TYPE_CHECKING:
    from forecast.hierarchy import GroupForecast
    from jobs.forecast import WeeksAhead
    from lake.version import LakeVersion
    from schema.demand import DemandForecast

MOST_SHOWN = 20
"""Rows that are shown in the terminal; a file holds all."""
_FROM = {Grain.WEEK: "week from", Grain.DAY: "day"}


def forecast_command(
    ctx: typer.Context,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="Weeks ahead.")] = 4,
    sku: Annotated[str | None, typer.Option(help="Of this product only.")] = None,
    store: Annotated[str | None, typer.Option(help="Of this store only.")] = None,
    by: Annotated[Grouping | None, typer.Option(help="Sum by this; sums of different kinds agree.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Look only at weeks that had ended by this day."),
    ] = None,
    grain: GrainOption = Grain.WEEK,
    families: Families = None,
    seed: Annotated[int, typer.Option(help="Equal seed and data give equal forecasts.")] = 0,
    file: Annotated[Path | None, typer.Option("--out", help="Write all rows here, as CSV or Parquet.")] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the best sellers' fans here.")] = None,
) -> None:
    """Forecast units a week or day with quantiles by product and store, from the newest lake version."""
    if grain is Grain.DAY and by is not None:
        raise BadInput("Sums are told by week.", remedy="Leave out --by, or --grain day.")
    from jobs.forecast import forecast_weeks, save_fans  # noqa: PLC0415  # LightGBM and pandas take a second

    settings = chosen_settings(families, seed=seed)
    day, source = as_of.date() if as_of else None, newest(shop_of(ctx))
    with bars() as progress:
        found = forecast_weeks(
            source, weeks=weeks, grain=grain, as_of=day, sku=sku, store_id=store, settings=settings, progress=progress
        )
    _tell(source, found, by, file)
    if found.history.is_counted:
        out.print(
            f"Weeks are counted from receipts; {found.history.num_left_out:,} series sold too seldom are left out"
        )
    for simple in found.forecast.simple:
        err.print(f"[yellow]Note[/] In the forecast {simple}.", highlight=False)
    for verdict in found.verdicts:
        out.print(f"Feature family {verdict}")
    if picture is not None:
        save_fans(found, picture)
        out.print(f"Written: {picture}")


def _tell(source: "LakeVersion", found: "WeeksAhead", by: Grouping | None, file: Path | None) -> None:
    """Print what sells most, of products in stores or of sums; write all rows where a file is given."""
    import pandas as pd  # noqa: PLC0415  # heavy, and here already

    from jobs.forecast import summed_by  # noqa: PLC0415

    names: tuple[str, ...] = ("store", "sku") if by is None else (by.value,)
    if by is None:
        told: DemandForecast | GroupForecast = found.forecast
        keys: tuple[Any, ...] = (found.forecast.store_id, found.forecast.sku)
        kept = found.forecast.table()
    else:
        told = summed_by(source, found, by)
        keys, kept = (told.group,), told.table(by.value)
    series = pd.DataFrame(dict(zip(names, keys, strict=True))).assign(day=told.starts_on, units=told.mean)
    series["total"] = series.groupby(list(names))["units"].transform("sum")
    order = [False, *[True] * len(names), True]
    first = series.sort_values(["total", *names, "day"], ascending=order).index[:MOST_SHOWN]
    rows = [
        (
            *(key[row] for key in keys),
            told.starts_on[row],
            *(round(float(value), 1) for value in (told.mean[row], *told.quantiles[row, [0, 9, 18]])),
        )
        for row in first
    ]
    columns = (*names, _FROM[found.grain], "expected", "q05", "q50", "q95")
    out.print(table(f"Units a {found.grain.value}: {len(told):,} rows, best sellers first", columns, rows))
    if file is not None:
        save_table(kept, file)
        out.print(f"Written: {file}")
