"""`shelfgraph replenish` and `shelfgraph simulate`: what to order today, and what policies would have led to."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, err, out, table
from commands.context import Shop, shop_of
from schema.order_policy import Target

if TYPE_CHECKING:
    import pyarrow as pa

    from evaluation.report import Report
    from jobs.replenish import Replenishment
    from lake.version import LakeVersion
    from schema.relations import Relations
    from schema.supply import OrderProposal

MOST_SHOWN = 20
"""Orders that are shown in the terminal; a file holds all."""


Level = Annotated[float, typer.Option(help="The fill rate, or the service level, that is asked for: 0 to 1.")]


def replenish_command(
    ctx: typer.Context,
    target: Annotated[Target, typer.Option(help="What orders are sized for.")] = Target.FILL_RATE,
    level: Level = 0.95,
    store: Annotated[str | None, typer.Option(help="Of this store only.")] = None,
    supplier: Annotated[str | None, typer.Option(help="From this supplier only.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the orders; default: after the last week of sales."),
    ] = None,
    review_days: Annotated[int, typer.Option(help="Days until the next order can be placed.")] = 7,
    budget: Annotated[float | None, typer.Option(help="Money that all orders may cost.")] = None,
    capacity: Annotated[float | None, typer.Option(help="Units that all orders may bring.")] = None,
    waste: Annotated[float | None, typer.Option(help="Most of an order that may pass its shelf life, 0 to 1.")] = None,
    pool: Annotated[bool, typer.Option(help="Count as met what substitutes on the shelf would take over.")] = False,
    file: Annotated[Path | None, typer.Option("--out", help="Write all orders here, as CSV or Parquet.")] = None,
) -> None:
    """Say what to order from whom today, with reasons, so that the fill rate asked for is met at the least stock."""
    from jobs.replenish import Wish, replenish, table_of  # noqa: PLC0415
    from schema.order_policy import OrderPolicy  # noqa: PLC0415

    shop = shop_of(ctx)
    policy = OrderPolicy(target, level, review_days, 0.25, pool, waste, budget, capacity)
    with bars() as progress:
        found = replenish(
            newest(shop),
            policy,
            as_of=as_of.date() if as_of else None,
            wish=Wish(store, supplier),
            relations=_relations(shop) if pool else None,
            progress=progress,
        )
    _tell_orders(found)
    if file is not None:
        save_table(table_of(found.proposals), file)
        out.print(f"Written: {file}")


def simulate_command(
    ctx: typer.Context,
    weeks: Annotated[int, typer.Option(min=2, help="Last weeks that are played again.")] = 24,
    skip: Annotated[int, typer.Option(min=0, help="First of them, which no figure counts.")] = 6,
    level: Level = 0.95,
    demand: Annotated[float, typer.Option(min=0, help="What if: times as much is wanted.")] = 1.0,
    late_supplier: Annotated[str, typer.Option(help="What if: this supplier comes late.")] = "",
    late_days: Annotated[int, typer.Option(min=0, help="By so many days.")] = 0,
    moved_promotion: Annotated[str, typer.Option(help="What if: this promotion had run at another time.")] = "",
    moved_weeks: Annotated[int, typer.Option(help="So many weeks later; below 0: earlier.")] = 0,
    perishables: Annotated[bool, typer.Option(help="Play what keeps 60 days or less, too.")] = False,
    seed: Annotated[int, typer.Option(help="Equal seed and data give equal figures.")] = 0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON here.")] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the figures as PNG or SVG here.")] = None,
) -> None:
    """Play the shop's last weeks again under our orders, the textbook's and its own, or under what might have been."""
    from evaluation import replenishment  # noqa: PLC0415
    from evaluation.what_if import WhatIf  # noqa: PLC0415

    shop = shop_of(ctx)
    with bars() as progress:
        report = replenishment.run(
            newest(shop),
            weeks=weeks,
            skip_weeks=skip,
            level=level,
            relations=_relations(shop),
            what_if=WhatIf(demand, late_supplier, late_days, moved_promotion, moved_weeks),
            plays_perishables=perishables,
            seed=seed,
            progress=progress,
        )
    tell_report(report, json, picture)


def _tell_orders(found: "Replenishment") -> None:
    """Print the orders that are most needed, the reason of the first, and who is late."""
    first = sorted(found.proposals, key=lambda one: -one.expected_demand)[:MOST_SHOWN]
    columns = ("store", "sku", "supplier", "units", "comes on", "on hand", "on order", "order point", "fill", "cost")
    rows = [_row(one) for one in first]
    out.print(table(f"Orders on {found.as_of}: {len(found.proposals):,} of {found.num_lines:,} lines", columns, rows))
    if first:
        out.print(f"{first[0].sku} in {first[0].store_id}: {first[0].reason}", highlight=False)
    for late in found.late:
        usual = "" if late.usual_days_late is None else f", usually {late.usual_days_late:.1f} days late"
        out.print(
            f"[bold]Late:[/] {late.supplier_id}, {late.num_orders} order lines ({late.units:g} units), the oldest "
            f"{late.most_days_late} days{usual}.",
            highlight=False,
        )
    if found.num_uncounted:
        err.print(f"{found.num_uncounted:,} lines were never counted; their shelves are taken for empty.")


def _row(one: "OrderProposal") -> tuple[object, ...]:
    cost = "unknown" if one.cost is None else f"{one.cost:,.2f}"
    keys = (one.store_id, one.sku, one.supplier_id, one.units, one.expected_on)
    return *keys, one.on_hand_units, one.on_order_units, one.reorder_point, one.fill_rate, cost


def tell_report(report: "Report", json: Path | None, picture: Path | None) -> None:
    """Print a report and write what was asked for."""
    from evaluation.report import markdown, save_json, save_picture  # noqa: PLC0415

    out.print(Markdown(markdown(report)))
    for path, save in ((json, save_json), (picture, save_picture)):
        if path is not None:
            save(report, path)
            out.print(f"Written: {path}")


def newest(shop: Shop) -> "LakeVersion":
    """The newest lake version; raises NotFound where nothing was loaded."""
    from schema.errors import NotFound  # noqa: PLC0415

    version = shop.lake().latest()
    if version is None:
        raise NotFound("lake version", "to plan by", remedy="Run `shelfgraph load SOURCE PATH` first.")
    return shop.lake().at(version)


def save_table(rows: "pa.Table", path: Path) -> None:
    """Write a table as CSV or, by its suffix, as Parquet; it appears whole or not at all."""
    import pyarrow.parquet as pq  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    part = path.with_name(f"{path.name}.part")
    (pq.write_table if path.suffix == ".parquet" else csv.write_csv)(rows, part)
    part.replace(path)


def _relations(shop: Shop) -> "Relations | None":
    return shop.registry().load().relations if shop.registry().champion() else None
