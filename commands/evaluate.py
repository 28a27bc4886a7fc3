"""`shelfgraph evaluate`: every figure that README states, beside its baselines from the same run."""

import tempfile
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, out
from commands.context import shop_of
from commands.evaluate_forecast import backtest_command, forecast_command
from commands.evaluate_forecast_growth import forecast_growth_command
from commands.evaluate_freshness import freshness_command
from commands.evaluate_growth import growth_command
from commands.evaluate_ledger import ledger_command
from commands.evaluate_overrides import overrides_command
from commands.evaluate_relations import (
    ablation_command,
    names_only_command,
    planted_command,
    relations_command,
    transfer_command,
)
from commands.evaluate_search import search_command
from commands.evaluate_service import service_command
from commands.evaluation_options import (
    AsOf,
    Files,
    JsonFile,
    MaybeAsOf,
    PictureFile,
    PredictionsFile,
    Seed,
    SourceOption,
    Tables,
    TestFile,
    read_tables,
    tell,
)
from commands.load import loader_of, source_folder
from commands.serve import free_ports
from graph.jars import fetch

application = typer.Typer(
    help="Run an evaluation protocol on a folder of tables, never on a running server (`freshness` alone asks some). "
    "Everything is learnt, counted and tuned on rows before the cut-off, the baselines too.",
    no_args_is_help=True,
)
application.command("forecast")(forecast_command)
application.command("backtest")(backtest_command)
application.command("relations")(relations_command)
application.command("planted")(planted_command)
application.command("transfer")(transfer_command)
application.command("ablation")(ablation_command)
application.command("names-only")(names_only_command)
application.command("growth")(growth_command)
application.command("forecast-growth")(forecast_growth_command)
application.command("service")(service_command)
application.command("freshness")(freshness_command)
application.command("overrides")(overrides_command)
application.command("ledger")(ledger_command)
application.command("search")(search_command)


class CustomerProtocol(StrEnum):
    """The protocols that a split can be made for."""

    NEXT_BASKET = "next-basket"
    RECOMMENDATION = "recommendation"


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
    most_bought: Annotated[
        int | None,
        typer.Option(min=1, help="Products of each customer that our model sees; recommend sees 10. All if none."),
    ] = None,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
) -> None:
    """Hide one product of each later basket and rank the full catalogue for it, with and without the customer."""
    from evaluation import basket_completion  # noqa: PLC0415  # torch takes seconds to import

    with read_tables(ctx, source, tables, as_of) as (read, progress):
        bounds = basket_completion.Bounds(until.date() if until else None, max_items, most_bought)
        report = basket_completion.run(read, as_of=as_of.date(), seed=seed, bounds=bounds, progress=progress)
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

    day = as_of.date() if as_of else None
    with read_tables(ctx, source, tables, as_of) as (read, progress):
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

    day = as_of.date() if as_of else None
    with read_tables(ctx, source, tables, as_of) as (read, progress):
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

    day = as_of.date() if as_of else None
    with read_tables(ctx, source, tables, as_of) as (read, _):
        test = write_split(read, into, protocol=protocol.value, as_of=day, share=share, seed=seed)
    out.print(f"Written: {into} and {test}")


@application.command("purchases-only")
def purchases_only_command(
    into: Annotated[Path, typer.Argument(help="A folder to write to.")],
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 29_858,
    products: Annotated[int, typer.Option(min=1, help="Products.")] = 40_981,
    draws: Annotated[int, typer.Option(min=1, help="Purchases drawn, repeats included.")] = 1_900_000,
    seed: Seed = 0,
) -> None:
    """Write customers and what they bought, without names or prices, for evaluate recommendation."""
    from evaluation.purchases_only import write_purchases_only  # noqa: PLC0415

    with bars() as progress:
        shop, test = write_purchases_only(
            into, num_customers=customers, num_products=products, num_draws=draws, seed=seed, progress=progress
        )
    out.print(f"evaluate recommendation --tables {shop} --test {test}")


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

    with read_tables(ctx, source, tables, as_of) as (read, progress):
        found = suite.run(read, as_of=as_of.date(), seed=seed, progress=progress)
    out.print(Markdown(suite.table(found)))
    for path in suite.save(found, folder):
        out.print(f"Written: {path}")


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
