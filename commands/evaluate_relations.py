"""The evaluation commands about pairs of products: relations, planted, ablation and names-only."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.console import bars, out
from commands.context import shop_of
from commands.evaluation_options import (
    Files,
    JsonFile,
    PictureFile,
    PredictionsFile,
    Seed,
    SourceOption,
    Tables,
    read_tables,
    tell,
)


def relations_command(
    ctx: typer.Context,
    tables: Tables,
    labels: Annotated[Path, typer.Option(help="Pairs to predict: sku, other_sku, relation.")],
    train_labels: Annotated[Path | None, typer.Option(help="Pairs to learn from, in the same form.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The cut-off; the day after the last purchase if none."),
    ] = None,
    source: SourceOption = "retail-tables",
    seed: Seed = 0,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
) -> None:
    """Predict what people say of pairs: substitutes, complements or neither."""
    from evaluation import relations  # noqa: PLC0415

    day = as_of.date() if as_of else None
    with read_tables(ctx, source, tables, as_of) as (read, progress):
        report = relations.run(
            read,
            labels,
            train_labels=train_labels,
            as_of=day,
            today=shop_of(ctx).clock().date(),
            seed=seed,
            progress=progress,
        )
    tell(report, Files(json, predictions, picture))


def ablation_command(
    scale: Annotated[str, typer.Option(help="small, medium or large.")] = "small",
    seeds: Annotated[str, typer.Option(help="Seeds of the shops, parted by commas.")] = "0,1,2",
    without: Annotated[
        str, typer.Option(help="Ingredients to leave out in turn, parted by commas; all if empty.")
    ] = "",
    json: JsonFile = None,
) -> None:
    """Leave out each ingredient of the relation model in turn and compare with the whole, on planted truths."""
    from evaluation import ablation  # noqa: PLC0415

    chosen = tuple(without.split(",")) if without else (*ablation.INGREDIENTS, *ablation.TABLES)
    with bars() as progress:
        numbers = [int(seed) for seed in seeds.split(",")]
        report = ablation.run(scale, seeds=numbers, ingredients=chosen, progress=progress)
    tell(report, Files(json, None, None))


def names_only_command(
    into: Annotated[Path, typer.Argument(help="A folder to write to.")],
    scale: Annotated[str, typer.Option(help="small, medium or large.")] = "medium",
    seed: Seed = 0,
    train: Annotated[int, typer.Option(help="Training labels.")] = 3000,
    test: Annotated[int, typer.Option(help="Labels to predict, of other products.")] = 5000,
) -> None:
    """Write a shop of names alone with judged pairs, for evaluate relations: a stand-in for pairs judged by people."""
    from evaluation import names_only  # noqa: PLC0415

    with bars() as progress:
        shop, train_file, test_file = names_only.write_names_only(
            into, scale=scale, seed=seed, num_train=train, num_test=test, progress=progress
        )
    out.print(f"evaluate relations --tables {shop} --labels {test_file} --train-labels {train_file}")


def planted_command(
    scale: Annotated[str, typer.Option(help="small, medium or large.")] = "small",
    seed: Seed = 0,
    params: Annotated[Path | None, typer.Option(help="Other parameters than loaders/synthetic.toml.")] = None,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
) -> None:
    """Make the synthetic shop and compare what is learnt with the truths planted in it."""
    from evaluation import planted  # noqa: PLC0415

    with bars() as progress:
        report = planted.run(scale, seed=seed, params=params, progress=progress)
    tell(report, Files(json, predictions, picture))


def transfer_command(
    scale: Annotated[str, typer.Option(help="small, medium or large.")] = "small",
    seed: Seed = 0,
    params: Annotated[Path | None, typer.Option(help="Other parameters than loaders/synthetic.toml.")] = None,
    json: JsonFile = None,
    picture: PictureFile = None,
) -> None:
    """Make the synthetic shop and compare where demand goes when a product is out with what was planted."""
    from evaluation import transfer  # noqa: PLC0415

    with bars() as progress:
        report = transfer.run(scale, seed=seed, params=params, progress=progress)
    tell(report, Files(json, None, picture))
