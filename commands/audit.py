"""`shelfgraph audit`: who changed what, and letting go of it when its time is up."""

import json
from datetime import timedelta
from typing import Annotated, Any

import typer

from commands.console import out, table
from commands.context import shop_of
from schema.audit import AuditEntry

SHOWN = 120
application = typer.Typer(help="The audit of mutations.", no_args_is_help=True)


@application.command("list")
def list_command(
    ctx: typer.Context,
    most: Annotated[int, typer.Option(help="How many.", min=1, max=1_000)] = 20,
    caller: Annotated[str, typer.Option(help="Only this caller's, such as key:1f2e3d4c5b6a.")] = "",
    mutation: Annotated[str, typer.Option(help="Only of this mutation.")] = "",
) -> None:
    """Show what callers tried, the newest first; `auditEntries` of the contract shows it in full."""
    equal: dict[str, Any] = {name: value for name, value in (("caller", caller), ("mutation", mutation)) if value}
    rows = map(_told, shop_of(ctx).audit().entries(limit=most, **equal))
    out.print(table("Audit", ("number", "asked at (UTC)", "caller", "role", "mutation", "done", "with what"), rows))


@application.command("prune")
def prune_command(
    ctx: typer.Context,
    days: Annotated[int | None, typer.Option(min=0, help="Keep this many days instead of the setting's.")] = None,
) -> None:
    """Delete audit rows older than SHELFGRAPH_AUDIT_DAYS."""
    shop = shop_of(ctx)
    kept_days = shop.audit_days if days is None else days
    number = shop.audit().prune(shop.clock() - timedelta(days=kept_days))
    out.print(f"Deleted {number:,} audit rows older than {kept_days:,} days.")


def _told(entry: AuditEntry) -> tuple[str, ...]:
    attempt, outcome = entry.attempt, entry.outcome
    done = "cut off" if outcome is None else "yes" if outcome.is_done else "no"
    arguments = json.dumps(attempt.arguments, ensure_ascii=False)
    shown = arguments if len(arguments) <= SHOWN else arguments[: SHOWN - 1] + "…"
    at = f"{attempt.asked_at:%Y-%m-%d %H:%M:%S}"
    return str(entry.number), at, attempt.caller, attempt.role, attempt.mutation, done, shown
