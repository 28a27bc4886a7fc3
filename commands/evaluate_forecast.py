"""The evaluation commands about demand: forecast and backtest."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import out
from commands.context import shop_of
from commands.evaluation_options import (
    Files,
    JsonFile,
    MaybeAsOf,
    PictureFile,
    PredictionsFile,
    Seed,
    SourceOption,
    Tables,
    read_tables,
    tell,
)
from schema.errors import BadInput
from schema.grouping import Grain

if TYPE_CHECKING:
    from evaluation.forecast_rounds import Round
    from evaluation.report import Report
    from forecast.settings import ForecastSettings
    from schema.artefact import Artefact
    from schema.progress import Progress
    from schema.tables import RetailTables


class ObjectiveName(StrEnum):
    """What the point forecast serves."""

    WAPE = "wape"
    MAPE = "mape"


ObjectiveOption = Annotated[ObjectiveName, typer.Option("--objective", help="What the point forecast minimises.")]
Without = Annotated[
    str,
    typer.Option(help="Feature families to leave out in turn, parted by commas, of weeks; `relations` is the graph."),
]
Families = Annotated[
    str | None,
    typer.Option(help="Look at these feature families, parted by commas; default: at those that pass their ablation."),
]
PageFile = Annotated[Path | None, typer.Option("--report", help="Write all of it as one page of HTML here.")]
RefitEvery = Annotated[
    int, typer.Option(min=1, help="Cut-offs that share a fit of the models; what is known goes on between them.")
]
GrainOption = Annotated[Grain, typer.Option(help="Rows are of a week, or of a day: days sum to their week.")]
VectorsOf = Annotated[
    str | None,
    typer.Option(help="Look at the vectors of this model version, trained up to the first cut-off; weeks only."),
]
RelationsOf = Annotated[
    str | None,
    typer.Option(help="Look at the relations of this model version, trained up to the first cut-off; weeks only."),
]
Threads = Annotated[int, typer.Option(min=1, help="Threads of the trees; on a busy machine one is the fastest.")]


def forecast_command(
    ctx: typer.Context,
    tables: Tables,
    rounds: Annotated[Path | None, typer.Option(help="CSV rows round,train_before,from,to.")] = None,
    as_of: MaybeAsOf = None,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="Weeks to predict from --as-of on.")] = 4,
    objective: ObjectiveOption = ObjectiveName.WAPE,
    families: Families = None,
    without: Without = "relations",
    source: SourceOption = "retail-tables",
    threads: Threads = 1,
    seed: Seed = 0,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
    page: PageFile = None,
) -> None:
    """Forecast weekly units by product and store: the weeks of --rounds FILE, or --weeks of them from --as-of on."""
    from evaluation.forecast_rounds import read_rounds, single_round  # noqa: PLC0415

    wanted = None if rounds is None else read_rounds(rounds)
    if wanted is None and as_of is not None:
        wanted = single_round(as_of.date(), weeks)
    with read_tables(ctx, source, tables, None) as (read, progress):
        report = _found(read, wanted, _settings(objective, threads, families, seed), without, 1, progress)
    tell(report, Files(json, predictions, picture))
    _save_page(report, page)


def backtest_command(
    ctx: typer.Context,
    tables: Tables,
    origins: Annotated[int, typer.Option(min=1, help="Cut-offs, the last one predicting the last week.")] = 12,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="Weeks that each cut-off predicts.")] = 4,
    gap: Annotated[int, typer.Option(min=0, help="Weeks between a cut-off and the first predicted one.")] = 0,
    step: Annotated[int, typer.Option(min=1, help="Weeks between two cut-offs.")] = 1,
    skip: Annotated[int, typer.Option(min=0, help="Last weeks to leave out: to choose without having seen them.")] = 0,
    objective: ObjectiveOption = ObjectiveName.WAPE,
    families: Families = None,
    without: Without = "relations",
    refit_every: RefitEvery = 4,
    grain: GrainOption = Grain.WEEK,
    vectors_of: VectorsOf = None,
    relations_of: RelationsOf = None,
    source: SourceOption = "retail-tables",
    threads: Threads = 1,
    seed: Seed = 0,
    json: JsonFile = None,
    predictions: PredictionsFile = None,
    picture: PictureFile = None,
    page: PageFile = None,
) -> None:
    """Forecast from cut-offs that roll on week by week up to the last week there is."""
    from evaluation.forecast_days import run_days  # noqa: PLC0415
    from evaluation.forecast_rounds import rolling_rounds  # noqa: PLC0415
    from forecast.reading import read_history  # noqa: PLC0415

    with read_tables(ctx, source, tables, None) as (read, progress):
        history = read_history(read)
        rounds = rolling_rounds(
            history.first_week, history.num_weeks - skip, origins=origins, weeks=weeks, gap=gap, step=step
        )
        chosen = _settings(objective, threads, families, seed)
        seen, related = (_model(ctx, version, rounds, grain) for version in (vectors_of, relations_of))
        if grain is Grain.DAY:
            report = run_days(read, rounds=rounds, settings=chosen, refit_every=refit_every, progress=progress)
        else:
            report = _found(read, rounds, chosen, without, refit_every, progress, seen=seen, related=related)
    tell(report, Files(json, predictions, picture))
    _save_page(report, page)


def _save_page(report: "Report", path: Path | None) -> None:
    if path is not None:
        from evaluation.forecast_page import save_page  # noqa: PLC0415

        save_page(report, path)
        out.print(f"Written: {path}")


def chosen_settings(families: str | None, *, seed: int) -> "ForecastSettings":
    """Settings that look at the named feature families, or at those that pass on the shop where none is named.

    Raises:
        BadInput: if a family has another name.
    """
    from forecast.settings import ForecastSettings  # noqa: PLC0415

    settings = ForecastSettings(seed=seed)
    return settings if families is None else settings.only(name for name in families.split(",") if name)


def _settings(objective: ObjectiveName, threads: int, families: str | None, seed: int) -> "ForecastSettings":
    return replace(chosen_settings(families, seed=seed), objective=objective.value, num_threads=threads)


def _model(ctx: typer.Context, model_version: str | None, rounds: "list[Round]", grain: Grain) -> "Artefact | None":
    from evaluation.forecast_rounds import known_model  # noqa: PLC0415

    if model_version is None:
        return None
    if grain is Grain.DAY:
        raise BadInput(
            "A week's days are told without a model version.",
            remedy="Leave out --vectors-of and --relations-of, or --grain day.",
        )
    return known_model(shop_of(ctx).registry().load(model_version), rounds[0])


def _found(
    tables: "RetailTables",
    rounds: "list[Round] | None",
    settings: "ForecastSettings",
    without: str,
    refit_every: int,
    progress: "Progress",
    *,
    seen: "Artefact | None" = None,
    related: "Artefact | None" = None,
) -> "Report":
    from evaluation import forecast  # noqa: PLC0415  # LightGBM and pandas take a second to import

    families = [name for name in without.split(",") if name]
    return forecast.run(
        tables,
        rounds=rounds,
        settings=settings,
        without=families,
        refit_every=refit_every,
        vectors=None if seen is None else seen.embeddings,
        relations=None if related is None else related.relations,
        seed=settings.seed,
        progress=progress,
    )
