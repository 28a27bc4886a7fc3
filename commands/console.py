"""What a person sees in the terminal: bars for long work, tables, and errors that say what to do."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from schema.errors import ShelfgraphError
from schema.progress import Progress

out = Console()
err = Console(stderr=True)


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress drawn as one bar a stage; where nobody watches, one line a finished stage."""
    if not err.is_terminal:
        yield _StageLines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=err, transient=True) as drawn:
        yield _StageBars(drawn)


class _StageBars:
    def __init__(self, drawn: Bars) -> None:
        self._drawn = drawn
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._drawn.add_task(escape(stage), total=total)
        self._drawn.update(self._tasks[stage], completed=done, total=total)


class _StageLines:
    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        if total is not None and done >= total and stage not in self._told:
            self._told.add(stage)
            err.print(f"  {escape(stage)}: {done:,}", highlight=False)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table for `out.print`: numbers right, words left, thousands parted."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    body = [list(row) for row in rows]
    for place, name in enumerate(columns):
        is_number = all(isinstance(row[place], int | float) for row in body) and bool(body)
        drawn.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in body:
        drawn.add_row(*(_cell(value) for value in row))
    return drawn


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def explain(error: ShelfgraphError) -> None:
    """Print what is wrong and what to do about it, on standard error."""
    err.print(f"[bold red]{type(error).__name__}[/]: {escape(error_text(error))}", highlight=False)
    if error.remedy:
        err.print(f"[bold]What to do:[/] {escape(error.remedy)}", highlight=False)


def error_text(error: ShelfgraphError) -> str:
    """The diagnosis with its place (file, line, column), without the remedy."""
    return str(error).removesuffix(error.remedy).strip()
