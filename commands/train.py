"""`shelfgraph train`: learn the relations and publish them."""

from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import bars, err, out
from commands.context import Shop, shop_of

if TYPE_CHECKING:
    from datetime import date

    from jobs.retrain import Retrained
    from schema.progress import Progress

AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="Look only at rows before this day; default: the day after the newest row."
    ),
]


class Device(StrEnum):
    """Where a fit runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def train_command(
    ctx: typer.Context,
    as_of: AsOf = None,
    seed: Annotated[int, typer.Option(help="Equal seed, data and machine give equal vectors.")] = 0,
    device: Annotated[
        Device, typer.Option(help="Where to learn; auto takes a graphics card where there is one.")
    ] = Device.AUTO,
) -> None:
    """Learn which products substitute for and complement each other; promote the version and publish its edges.

    The same data, settings, seed and code are not trained twice: the version there is is promoted again. Under
    `torchrun --nproc-per-node N -m shelfgraph train` N processes share the work and learn the same model.
    """
    from gnn.heads import assist  # noqa: PLC0415  # torch takes seconds to import
    from gnn.parallel import crew  # noqa: PLC0415
    from gnn.steady import best_device  # noqa: PLC0415

    place = best_device(device)
    with crew(place) as is_first:
        if not is_first:
            assist()
            return
        retrained = train_shop(shop_of(ctx), as_of=as_of.date() if as_of else None, seed=seed, device=place)
    print_training(retrained)


def train_shop(  # keywords only: what a training may be told
    shop: Shop,
    *,
    as_of: "date | None",
    seed: int,
    device: str = "cpu",
    is_promoted: bool = True,
    progress: "Progress | None" = None,
) -> "Retrained":
    """Train on the newest lake version and publish, or promote what was trained on the same before.

    Args:
        is_promoted: whether it becomes the champion; else it waits in the registry.
        progress: told how far it is; None draws bars.
    """
    from gnn.settings import TrainSettings  # noqa: PLC0415
    from jobs.project import catch_up  # noqa: PLC0415
    from jobs.retrain import retrain  # noqa: PLC0415

    with bars() if progress is None else nullcontext(progress) as told, shop.writing():
        retrained = retrain(
            lake=shop.lake(),
            registry=shop.registry(),
            graph=shop.graph(),
            settings=TrainSettings(seed=seed, device=device),
            code_commit=shop.code_commit,
            as_of=as_of,
            verdicts=shop.journal().verdicts(),
            promote=partial(shop.models().trained, at=shop.clock()) if is_promoted else None,
            memory_mib=shop.memory_mib,
            progress=told,
        )
        # People's words stand on the relations that were just published.
        catch_up(journal=shop.journal(), lake=shop.lake(), graph=shop.graph(), clock=shop.clock, progress=told)
        return retrained


def print_training(retrained: "Retrained") -> None:
    """Print the version, what it was trained on, how long each part of that took and the most memory that it held."""
    manifest = retrained.artefact.manifest
    how = f"trained in {manifest['fit_seconds']:,.1f} s" if retrained.is_new else "trained before, reused"
    out.print(
        f"Model {retrained.artefact.model_version} is champion ({how}; lake version {manifest['lake_version']}, "
        f"as of {manifest['as_of']}, {retrained.artefact.relations.table.num_rows:,} relations)."
    )
    if retrained.is_new:
        costs = manifest["costs"]
        parts = ", ".join(f"{cost['part']} {cost['seconds']:,.0f} s" for cost in costs)
        out.print(f"Of the clock: {parts}; at most {max(cost['peak_mib'] for cost in costs):,} MiB of memory.")
    if retrained.artefact.ranker is None:
        err.print(f"[yellow]Note[/] No order for baskets: {manifest['ranker']}.", highlight=False)
    for told in manifest.get("forecast_simple", ()):
        err.print(f"[yellow]Note[/] In the forecast {told}.", highlight=False)
