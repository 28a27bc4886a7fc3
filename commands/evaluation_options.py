"""What the evaluation commands have in common: their options, the tables they read, the reports they tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, out
from commands.context import shop_of

if TYPE_CHECKING:
    from evaluation.report import Report
    from schema.progress import Progress
    from schema.tables import RetailTables

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


@dataclass(frozen=True)
class Files:
    """Where a report is written besides the terminal."""

    json: Path | None
    predictions: Path | None
    picture: Path | None


@contextmanager
def read_tables(
    ctx: typer.Context, source: str, path: Path, as_of: datetime | None
) -> Iterator[tuple["RetailTables", "Progress"]]:
    """The checked tables of a source, for evaluation only, and bars to tell progress to."""
    from jobs.load import staged  # noqa: PLC0415
    from loaders.staging import LoadOptions  # noqa: PLC0415

    options = LoadOptions(as_of=as_of.date() if as_of else None)
    with bars() as progress, staged(source, path, home=shop_of(ctx).home, options=options, progress=progress) as tables:
        yield tables, progress


def tell(report: "Report", files: Files) -> None:
    """Print a report and write what was asked for."""
    from evaluation.report import markdown, save_json, save_picture, save_predictions  # noqa: PLC0415

    out.print(Markdown(markdown(report)))
    writers = ((files.json, save_json), (files.predictions, save_predictions), (files.picture, save_picture))
    for path, save in writers:
        if path is not None:
            save(report, path)
            out.print(f"Written: {path}")
