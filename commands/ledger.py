"""`shelfgraph replay` and `shelfgraph ledger`: what was decided, whether it comes out again, and letting go of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from commands.console import bars, out
from commands.context import Shop, shop_of
from schema.errors import BadInput
from schema.ledger import ERASED, EntryFilter, LedgerEntry

if TYPE_CHECKING:
    from decisions.replay import Replayer
    from journal.decision_log import DecisionLog

FLUSH_SECONDS = 30.0

application = typer.Typer(help="The ledger of decisions.", no_args_is_help=True)


def replay_command(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(help="Decisions, by the decisionId that their answers held.")
    ] = None,
    last: Annotated[int, typer.Option("--last", min=0, help="The newest N instead.")] = 0,
) -> None:
    """Make decisions again from what the ledger fixes and compare the hashes; exit code 1 if one differs."""
    if bool(ids) == bool(last):
        raise BadInput("Nothing says which decisions.", remedy="Name ids, or --last N.")
    shop = shop_of(ctx)
    with stored(shop) as log:
        entries = log.entries(EntryFilter(), limit=last) if last else [log.entry(each) for each in ids or ()]
        num_different = _replayed(entries, shop.replayer())
    out.print(f"Replayed {len(entries):,} decisions: {len(entries) - num_different:,} the same.")
    if num_different:
        raise typer.Exit(1)


@application.command("prune")
def prune_command(
    ctx: typer.Context,
    days: Annotated[int | None, typer.Option(min=0, help="Keep this many days instead of the setting's.")] = None,
) -> None:
    """Delete decisions older than SHELFGRAPH_LEDGER_DAYS, and their outcomes."""
    shop = shop_of(ctx)
    kept_days = shop.ledger_days if days is None else days
    with stored(shop) as log:
        number = log.prune(shop.clock() - timedelta(days=kept_days))
    out.print(f"Deleted {number:,} decisions older than {kept_days:,} days.")


@contextmanager
def stored(shop: Shop) -> Iterator["DecisionLog"]:
    """The ledger's entries, those among them that a process left in its spool when it died."""
    ledger = shop.ledger()
    try:
        if not ledger.flush(within_seconds=FLUSH_SECONDS):
            out.print("[yellow]Note[/] The journal's database does not take what waits in the spool.")
        yield ledger.log
    finally:
        ledger.close()


def _replayed(entries: list[LedgerEntry], replayer: "Replayer") -> int:
    """How many came out differently; neighbours in time are done one after the other, since they share facts."""
    num_different = 0
    with bars() as progress:
        for done, entry in enumerate(sorted(entries, key=lambda each: each.changes_sequence), 1):
            if entry.inputs == ERASED:
                out.print(f"– {entry.decision_id} {entry.kind}: its customer was erased; it cannot be made again.")
                continue
            replay = replayer.replay(entry)
            progress("Replayed", done, len(entries))
            if replay.is_same:
                continue
            num_different += 1
            out.print(f"[red]✗[/] {entry.decision_id} {entry.kind}: {entry.answer_hash} kept, {replay.answer_hash} now")
            for difference in replay.differences:
                out.print(f"    {escape(difference)}", highlight=False, soft_wrap=True)
    return num_different
