"""`shelfgraph load`: a retailer's files into lake and graph."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from commands.console import bars, out, table
from commands.context import Shop, shop_of

if TYPE_CHECKING:
    from jobs.load import Loaded
    from loaders.staging import LoadOptions
    from schema.progress import Progress
    from schema.tables import RetailTables

Source = Annotated[
    str,
    typer.Argument(
        help="retail-tables (your own files), complete-journey, online-retail, breakfast-at-the-frat, synthetic."
    ),
]
Folder = Annotated[Path, typer.Argument(help="The source's folder or file; for synthetic: small, medium or large.")]


def load_command(
    ctx: typer.Context,
    source: Source,
    path: Folder,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, publish nothing.")] = False,
    max_rejects: Annotated[
        float, typer.Option(help="The share of any table's rows that may break its contract.", min=0, max=1)
    ] = 0.05,
    create_missing: Annotated[
        list[str] | None, typer.Option(help="Admit bare ids that no row describes, for this table (repeatable).")
    ] = None,
    pseudonymise: Annotated[
        bool,
        typer.Option("--pseudonymise", help="Hash customers' columns that look personal instead of refusing them."),
    ] = False,
    seed: Annotated[int, typer.Option(help="The synthetic shop's seed.")] = 0,
) -> None:
    """Check a source against its contracts, publish it as one lake version and bring the graph up to it.

    What breaks a contract is told in `rejects/TABLE.csv` by line, column, value and rule. When more than
    `--max-rejects` of any table fails, nothing is published and what was published before stays.
    """
    from loaders.staging import LoadOptions  # noqa: PLC0415  # pandera and duckdb take seconds to import

    shop = shop_of(ctx)
    options = LoadOptions(
        max_rejects=max_rejects, create_missing=frozenset(create_missing or ()), pseudonymise=pseudonymise
    )
    if dry_run:
        print_tallies(check_source(shop, source, path, options=options, seed=seed))
        out.print("Dry run: nothing was published.")
        return
    print_load(load_source(shop, source, path, options=options, seed=seed))


def check_source(shop: Shop, source: str, path: Path, *, options: "LoadOptions", seed: int) -> "RetailTables":
    """The tallies of a source that is checked and then forgotten."""
    from jobs.load import staged  # noqa: PLC0415

    with bars() as progress:
        folder = source_folder(shop, source, path, seed=seed, progress=progress)
        with staged(loader_of(source), folder, home=shop.home, options=options, progress=progress) as tables:
            return tables


def load_source(
    shop: Shop, source: str, path: Path, *, options: "LoadOptions", seed: int, progress: "Progress | None" = None
) -> "Loaded":
    """Stage, publish and project one source; what is done already is skipped.

    Args:
        progress: told how far it is; None draws bars.
    """
    from jobs.load import load, staged  # noqa: PLC0415

    with bars() if progress is None else nullcontext(progress) as told, shop.writing():
        graph, newest = shop.graph(), shop.lake().latest()
        if newest is not None:
            options = replace(options, previous_rows=shop.lake().at(newest).load_counts)
        folder = source_folder(shop, source, path, seed=seed, progress=told)
        with staged(loader_of(source), folder, home=shop.home, options=options, progress=told) as tables:
            return load(
                tables,
                home=shop.home,
                lake=shop.lake(),
                journal=shop.journal(),
                graph=graph,
                now=shop.clock(),
                progress=told,
            )


def source_folder(shop: Shop, source: str, path: Path, *, seed: int, progress: "Progress") -> Path:
    """The folder to load: the given one, or the synthetic shop of that scale, made where it is not there yet."""
    if source != "synthetic":
        return path
    from loaders.synthetic import make_shop  # noqa: PLC0415

    folder = shop.home / "synthetic" / f"{path.name}-{seed}"
    return folder if folder.exists() else make_shop(path.name, seed=seed, into=folder, progress=progress)


def loader_of(source: str) -> str:
    """The loader that reads a source's folder: the synthetic shop writes retail-tables as any retailer would."""
    return "retail-tables" if source == "synthetic" else source


def print_tallies(tables: "RetailTables") -> None:
    """Print where each raw row went, and what a person should know besides."""
    for note in tables.notes:
        out.print(f"[yellow]Note[/] {escape(note)}", highlight=False)
    rows = (
        (name, tally.read, tally.kept, tally.duplicates, tally.rejected, _rules(tally.rules))
        for name, tally in tables.tallies.items()
    )
    out.print(table(f"Checked: {tables.info.name}", ("table", "read", "kept", "duplicates", "rejected", "why"), rows))


def print_load(loaded: "Loaded") -> None:
    """Print what was checked, what changed in the lake and in the graph, and where rejects are told."""
    print_tallies(loaded.tables)
    published = loaded.published
    changes = (
        (name, change.added, change.corrected, change.closed, change.unchanged, change.total)
        for name, change in published.changes.items()
    )
    title = (
        f"Lake version {published.version} ({'new' if published.is_new else 'nothing new'}, load {published.load_id})"
    )
    out.print(table(title, ("table", "added", "corrected", "closed", "unchanged", "rows"), changes))
    projection = loaded.projection
    out.print(
        f"Graph at lake version {published.version}: {projection.num_written:,} nodes and relationships written "
        f"in {projection.seconds:,.1f} s."
    )
    if loaded.rejects:
        out.print(f"Rejected and dropped rows: {loaded.rejects}")


def _rules(rules: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count:,}" for rule, count in sorted(rules.items()))
