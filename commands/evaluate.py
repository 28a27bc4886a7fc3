"""`shelfgraph evaluate`: every figure that README states, beside its baselines from the same run."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, out
from commands.context import shop_of
from commands.load import loader_of, source_folder
from commands.serve import free_ports
from graph.jars import fetch

if TYPE_CHECKING:
    from evaluation.report import Report
    from schema.progress import Progress
    from schema.tables import RetailTables

application = typer.Typer(
    help="Run an evaluation protocol on a folder of tables, never on a running server. Everything is learnt, counted "
    "and tuned on rows before the cut-off, the baselines too.",
    no_args_is_help=True,
)

Tables = Annotated[Path, typer.Option(help="A retail-tables folder, or the raw files of --source.")]
SourceOption = Annotated[str, typer.Option(help="What --tables holds: retail-tables, online-retail, …")]
AsOf = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], help="The cut-off: rows on or after this day are the future.")
]
MaybeAsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The cut-off; may be left out where --test follows all rows."),
]
TestFile = Annotated[Path | None, typer.Option("--test", help="CSV or Parquet rows customer_id,sku to be predicted.")]
Seed = Annotated[int, typer.Option(help="Equal seed, data and machine give equal figures.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON here.")]
PredictionsFile = Annotated[Path | None, typer.Option("--predictions", help="Write every ranking as Parquet here.")]
PictureFile = Annotated[Path | None, typer.Option("--picture", help="Draw the figures as PNG or SVG here.")]


class CustomerProtocol(StrEnum):
    """The protocols that a split can be made for."""

    NEXT_BASKET = "next-basket"
    RECOMMENDATION = "recommendation"


@dataclass(frozen=True)
class Files:
    """Where a report is written besides the terminal."""

    json: Path | None
    predictions: Path | None
    picture: Path | None


@application.command("basket-completion")
def basket_completion_command(
    ctx: typer.Context,
    tables: Tables,
    as_of: AsOf,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Leave baskets from this day on out: to choose without having seen them."
        ),
    ] = None,
    source: SourceOption = "retail-tables",
    seed: Seed = 0,
    max_items: Annotated[int, typer.Option(help="Baskets with more products are reported apart.")] = 60,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
) -> None:
    """Hide one product of each later basket and rank the full catalogue for it, with and without the customer."""
    from evaluation import basket_completion  # noqa: PLC0415  # torch takes seconds to import

    shop = shop_of(ctx)
    with bars() as progress, read_tables(source, tables, as_of=as_of, home=shop.home, progress=progress) as read:
        last = None if until is None else until.date()
        report = basket_completion.run(
            read, as_of=as_of.date(), until=last, seed=seed, max_items=max_items, progress=progress
        )
    tell(report, Files(json, predictions, picture))


@application.command("next-basket")
def next_basket_command(
    ctx: typer.Context,
    tables: Tables,
    test: TestFile = None,
    as_of: MaybeAsOf = None,
    source: SourceOption = "retail-tables",
    seed: Seed = 0,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
) -> None:
    """Rank the full catalogue for each customer's next basket: --test FILE, or the first one on --as-of or later."""
    from evaluation import next_basket  # noqa: PLC0415

    shop, day = shop_of(ctx), as_of.date() if as_of else None
    with bars() as progress, read_tables(source, tables, as_of=as_of, home=shop.home, progress=progress) as read:
        report = next_basket.run(read, test=test, as_of=day, seed=seed, progress=progress)
    tell(report, Files(json, predictions, picture))


@application.command("recommendation")
def recommendation_command(
    ctx: typer.Context,
    tables: Tables,
    test: TestFile = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Places of the lists.")] = 20,
    as_of: MaybeAsOf = None,
    source: SourceOption = "retail-tables",
    seed: Seed = 0,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
) -> None:
    """Rank what each customer never bought: --test FILE says what they did buy, else what they bought from --as-of."""
    from evaluation import recommendation  # noqa: PLC0415

    shop, day = shop_of(ctx), as_of.date() if as_of else None
    with bars() as progress, read_tables(source, tables, as_of=as_of, home=shop.home, progress=progress) as read:
        report = recommendation.run(read, test=test, k=k, as_of=day, seed=seed, progress=progress)
    tell(report, Files(json, predictions, picture))


@application.command("split")
def split_command(
    ctx: typer.Context,
    protocol: Annotated[CustomerProtocol, typer.Argument(help="What the test file is for.")],
    tables: Tables,
    into: Annotated[Path, typer.Option(help="A folder for the tables; INTO-test.csv is put beside it.")],
    as_of: MaybeAsOf = None,
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Of each customer's products, for the test.")] = 0.2,
    source: SourceOption = "retail-tables",
    seed: Seed = 0,
) -> None:
    """Part customers and baskets (before --as-of) into bare tables and a test file, the form of public benchmarks."""
    from evaluation.customer_split import write_split  # noqa: PLC0415

    shop, day = shop_of(ctx), as_of.date() if as_of else None
    with bars() as progress, read_tables(source, tables, as_of=as_of, home=shop.home, progress=progress) as read:
        test = write_split(read, into, protocol=protocol.value, as_of=day, share=share, seed=seed)
    out.print(f"Written: {into} and {test}")


@application.command("all")
def all_command(
    ctx: typer.Context,
    tables: Tables,
    as_of: AsOf,
    folder: Annotated[Path, typer.Option("--out", help="Write one table and a picture a protocol here.")],
    source: SourceOption = "retail-tables",
    seed: Seed = 0,
) -> None:
    """Run every protocol that the tables allow, one after another; one that they do not allow says why."""
    from evaluation import suite  # noqa: PLC0415

    shop = shop_of(ctx)
    with bars() as progress, read_tables(source, tables, as_of=as_of, home=shop.home, progress=progress) as read:
        found = suite.run(read, as_of=as_of.date(), seed=seed, progress=progress)
    out.print(Markdown(suite.table(found)))
    for path in suite.save(found, folder):
        out.print(f"Written: {path}")


@application.command("planted")
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


@application.command("loading")
def loading_command(
    ctx: typer.Context,
    tables: Tables,
    source: SourceOption = "retail-tables",
) -> None:
    """Time a load from raw files to the graph, step by step, on a lake and a Neo4j of its own, both gone afterwards."""
    from evaluation import loading  # noqa: PLC0415
    from graph.server import LocalServer  # noqa: PLC0415

    shop = shop_of(ctx)
    shop.home.mkdir(parents=True, exist_ok=True)
    with bars() as progress, tempfile.TemporaryDirectory(dir=shop.home) as name:
        folder = Path(name).absolute()
        bolt, http = free_ports(2)
        jars = fetch(shop.jars, progress=progress)
        server = LocalServer(folder / "neo4j", jars=jars, bolt_port=bolt, http_port=http, **shop.graph_memory)
        raw = source_folder(shop, source, tables, seed=0, progress=progress)
        measured = loading.run(
            loader_of(source), raw, folder=folder, server=server, now=shop.clock(), progress=progress
        )
    out.print(Markdown(loading.markdown(measured)))


@application.command("relations")
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

    shop = shop_of(ctx)
    day = as_of.date() if as_of else None
    with bars() as progress, read_tables(source, tables, as_of=as_of, home=shop.home, progress=progress) as read:
        report = relations.run(
            read,
            labels,
            train_labels=train_labels,
            as_of=day,
            today=shop.clock().date(),
            seed=seed,
            progress=progress,
        )
    tell(report, Files(json, predictions, picture))


@application.command("ablation")
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

    chosen = tuple(without.split(",")) if without else ablation.INGREDIENTS
    with bars() as progress:
        numbers = [int(seed) for seed in seeds.split(",")]
        report = ablation.run(scale, seeds=numbers, ingredients=chosen, progress=progress)
    tell(report, Files(json, None, None))


@application.command("names-only")
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


@contextmanager
def read_tables(
    source: str, path: Path, *, as_of: datetime | None, home: Path, progress: "Progress"
) -> Iterator["RetailTables"]:
    """The checked tables of a source, for evaluation only."""
    from jobs.load import staged  # noqa: PLC0415
    from loaders.staging import LoadOptions  # noqa: PLC0415

    options = LoadOptions(as_of=as_of.date() if as_of else None)
    with staged(source, path, home=home, options=options, progress=progress) as tables:
        yield tables


def tell(report: "Report", files: Files) -> None:
    """Print a report and write what was asked for."""
    from evaluation.report import markdown, save_json, save_picture, save_predictions  # noqa: PLC0415

    out.print(Markdown(markdown(report)))
    writers = ((files.json, save_json), (files.predictions, save_predictions), (files.picture, save_picture))
    for path, save in writers:
        if path is not None:
            save(report, path)
            out.print(f"Written: {path}")
