"""`shelfgraph project`: what mutations told, brought to the graph."""

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from commands.console import bars, err, out
from commands.context import Shop, shop_of
from schema.errors import Unavailable
from schema.projection import ProjectionState

if TYPE_CHECKING:
    from jobs.carry import Carried
    from jobs.project import Projector

LOOK_SECONDS = 0.5


def project_command(
    ctx: typer.Context,
    lake: Annotated[
        bool,
        typer.Option("--lake", help="Bring counts, prices and events into the lake too, as one new version, and end."),
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End when the graph holds all that was told by now.")] = False,
) -> None:
    """Bring stock, prices, delistings and verdicts told by mutation to the graph until Ctrl-C.

    `serve` does the same beside its answers. One process does it at a time; another waits and takes over when the
    first one is gone. Killed at any point, it loses and doubles nothing.
    """
    if lake:
        print_carried(carry_into_lake(shop_of(ctx)))
        return
    projector = shop_of(ctx).projector()
    try:
        if once:
            state = carry_what_stands(projector)
            out.print(f"The graph holds all {state.projected:,} changes.", highlight=False)
        else:
            follow(projector)
    except KeyboardInterrupt:
        out.print("Ended; what was carried stays.")
    finally:
        projector.close()


def carry_what_stands(projector: "Projector") -> ProjectionState:
    """How the graph stands once it holds what was told before; whoever projects already is waited for.

    Raises:
        ShelfgraphError: where graph, journal or lake do not answer, or the graph holds no whole load.
    """
    from jobs.project import STAGE  # noqa: PLC0415

    with bars() as progress:
        state = projector.advance()
        wanted = state.told
        while state.projected is None or state.projected < wanted:
            raise_problem(state)
            progress(STAGE if state.is_ours else f"waiting for {state.holder}", state.projected or 0, wanted)
            time.sleep(0 if state.is_ours else LOOK_SECONDS)
            state = projector.advance()
        progress(STAGE, wanted, wanted)
    return state


def carry_into_lake(shop: Shop) -> "Carried":
    """What was told brought into the lake, and the graph brought up to it."""
    from jobs.load import load_told  # noqa: PLC0415

    with bars() as progress, shop.writing():
        return load_told(
            home=shop.home,
            lake=shop.lake(),
            journal=shop.journal(),
            graph=shop.graph(),
            now=shop.clock(),
            progress=progress,
        )


def print_carried(carried: "Carried") -> None:
    """Print which version holds how many rows of what was told."""
    if carried.published is None:
        out.print("Nothing was told that the lake lacks.")
        return
    brought = ", ".join(
        f"{name} {change.added + change.corrected:,}" for name, change in carried.published.changes.items()
    )
    out.print(f"Lake version {carried.published.version} holds what was told since: {brought}.", highlight=False)


def follow(projector: "Projector") -> None:
    """Project until interrupted, with one living line about it."""
    with err.status("Looking at graph and journal …") as line:
        while True:
            state = projector.advance()
            line.update(escape(told(state)))
            time.sleep(0 if state.is_ours and not state.is_level and not state.problem else LOOK_SECONDS)


def told(state: ProjectionState) -> str:
    """How far the graph is, in a line."""
    if state.problem:
        return f"Waiting: {state.diagnosis or state.problem}"
    if state.projected is None:
        return "Laying live facts over the newest load …"
    waited = f", waiting for {state.lag_seconds:,.1f} s" if state.lag_seconds else ""
    far = "the graph is level" if state.is_level else f"{state.lag_changes:,} to go{waited}"
    who = "" if state.is_ours else f"; {state.holder} projects"
    return f"{state.projected:,} of {state.told:,} changes: {far}{who}"


def raise_problem(state: ProjectionState) -> None:
    """Return if nothing is in the way.

    Raises:
        ShelfgraphError: what is.
    """
    if state.diagnosis is not None:
        raise state.diagnosis
    if state.problem is not None:
        raise Unavailable(state.problem, remedy="Run `shelfgraph load SOURCE PATH`, or let the one that runs end.")
