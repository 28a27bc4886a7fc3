"""`shelfgraph evaluate overrides`: planners' words against what was sold, beside the model."""

from dataclasses import asdict
from json import dumps

import typer

from commands.console import out, table
from commands.context import shop_of
from commands.evaluation_options import JsonFile
from commands.replenish import newest


def overrides_command(ctx: typer.Context, json: JsonFile = None) -> None:
    """Score the overrides of this shop's journal on weeks since sold, beside the model that was saved by then."""
    from evaluation.overrides import said_by, score  # noqa: PLC0415

    shop = shop_of(ctx)
    names = ["sku", "store_id", "week_starts_on", "units"]
    rows = newest(shop).rows("weekly_sales", names).to_pydict()
    weeks = zip(rows["sku"], rows["store_id"], rows["week_starts_on"], strict=True)
    registry = shop.registry()
    saved = [registry.load(version).forecast for version in registry.versions()]
    found = score(
        shop.journal().changes_after(0, kind="override", limit=1_000_000),
        dict(zip(weeks, rows["units"], strict=True)),
        said_by([forecast for forecast in saved if forecast is not None]),
    )
    told = {name.replace("_", " "): value for name, value in asdict(found).items()}
    lines = [(name, "unknown" if value is None else round(value, 4)) for name, value in told.items()]
    out.print(table("Overrides against what was sold", ("what", "figure"), lines))
    if json is not None:
        json.write_text(dumps(asdict(found), indent=1) + "\n")
        out.print(f"Written: {json}")
