"""`shelfgraph keys`: who may use the service."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from commands.console import out
from commands.context import shop_of
from schema.access import Role

application = typer.Typer(help="Keys of the service: make, list and revoke.", no_args_is_help=True)


@application.command("create")
def create_command(
    ctx: typer.Context,
    role: Annotated[Role, typer.Option(help="What its caller does; docs/operating.md says what each role may.")],
    name: Annotated[str, typer.Option(help="Whose it is, for the list; by default the role.")] = "",
    customer: Annotated[str | None, typer.Option(help="The only customer its caller may see.")] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(help="When it ends to count, UTC; by default never.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    ] = None,
) -> None:
    """Make a key and print it, once: it is kept as a hash and cannot be told again."""
    shop = shop_of(ctx)
    until = None if expires is None else expires.replace(tzinfo=UTC)
    key, token = shop.keys().create(role, created_at=shop.clock(), name=name, customer_id=customer, expires_at=until)
    out.print(f"Key {key.key_id} for {escape(key.name)}, role {role.value}. Its caller sends:", highlight=False)
    out.print(f"Authorization: Bearer {token}", highlight=False, soft_wrap=True)


@application.command("list")
def list_command(ctx: typer.Context) -> None:
    """Show every key without its secret, the oldest first."""
    shop = shop_of(ctx)
    table = Table("key", "name", "role", "customer", "created", "state")
    for key in shop.keys().all():
        state = "counts" if key.is_valid(shop.clock()) else "revoked" if key.revoked_at else "expired"
        until = f" until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at and state == "counts" else ""
        cells = (key.key_id, key.name, key.role.value, key.customer_id or "", f"{key.created_at:%Y-%m-%d %H:%M}")
        table.add_row(*map(escape, cells), state + until)
    out.print(table)


@application.command("revoke")
def revoke_command(ctx: typer.Context, key: Annotated[str, typer.Argument(help="As `list` shows it.")]) -> None:
    """End a key for ever; servers that run honour it within two seconds."""
    shop = shop_of(ctx)
    shop.keys().revoke(key, revoked_at=shop.clock())
    out.print(f"Key {escape(key)} is revoked.", highlight=False)
