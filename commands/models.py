"""`shelfgraph models`: which versions there are, which is served, and since when; another one, or the one before."""

from typing import Annotated

import typer
from rich.markup import escape

from commands.console import bars, out, table
from commands.context import Shop, shop_of
from schema.approvals import Approval

application = typer.Typer(help="Model versions: list, approve, roll back.", no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Why; kept with the approval.")]
WHO = "command line"


@application.command("list")
def list_command(
    ctx: typer.Context,
    history: Annotated[bool, typer.Option("--history", help="Show changes of the champion instead.")] = False,
) -> None:
    """Show versions, the newest first."""
    models = shop_of(ctx).models()
    if history:
        columns = ("at (UTC)", "how", "from", "to", "by", "why")
        out.print(table("Champions", columns, (_told(each) for each in models.approvals(limit=100))))
        return
    rows = []
    for name in models.versions():
        model = models.version(name)
        manifest, mark = model.manifest, "champion" if model.is_champion else ""
        at = f"{model.trained_at:%Y-%m-%d %H:%M}"
        rows.append((name, mark, at, manifest.get("lake_version", ""), manifest.get("as_of", "")))
    out.print(table("Models", ("version", "", "saved at (UTC)", "lake version", "as of"), rows))


@application.command("approve")
def approve_command(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(help="As `list` shows it.")],
    reason: Reason = "",
) -> None:
    """Make a version the champion and write its relations to the graph; servers that run follow by themselves."""
    shop = shop_of(ctx)
    _publish(shop, shop.models().approve(version, approved_by=WHO, reason=reason, at=shop.clock()))


@application.command("roll-back")
def roll_back_command(ctx: typer.Context, reason: Reason = "") -> None:
    """Return to the champion before this one; twice goes back two versions."""
    shop = shop_of(ctx)
    _publish(shop, shop.models().roll_back(approved_by=WHO, reason=reason, at=shop.clock()))


def _publish(shop: Shop, approval: Approval) -> None:
    out.print(f"Model {approval.to_version} is champion (before: {approval.from_version or 'none'}).")
    with bars() as progress, shop.writing():
        shop.models().publish(shop.graph(), progress=progress)
    out.print("The graph holds its relations.")


def _told(approval: Approval) -> tuple[str, ...]:
    at, before = f"{approval.approved_at:%Y-%m-%d %H:%M:%S}", approval.from_version or ""
    return at, approval.action.value, before, approval.to_version, approval.approved_by, escape(approval.reason)
