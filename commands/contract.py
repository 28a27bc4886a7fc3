"""`shelfgraph contract`: what front-end teams are told about the GraphQL contract."""

from typing import Annotated

import typer

from commands.console import out
from commands.context import shop_of

application = typer.Typer(
    help="The GraphQL contract: what it is, what changed since it was last released, and releasing it.",
    no_args_is_help=True,
)


@application.command("print")
def print_command() -> None:
    """Print the contract as this version answers it, in GraphQL's own language."""
    from api.contract import printed  # noqa: PLC0415

    typer.echo(printed(), nl=False)


@application.command("changes")
def changes_command(
    ctx: typer.Context,
    since: Annotated[str | None, typer.Option(help="The day of a released contract; the newest if none.")] = None,
) -> None:
    """Tell as Markdown what changed since a released contract; exit code 1 if something of it breaks."""
    from api.compatibility import changes, released  # noqa: PLC0415
    from api.contract import printed  # noqa: PLC0415

    day, older = released(since)
    found = changes(older, printed(), as_of=shop_of(ctx).clock().date())
    gone = tuple(f"`{each.place}` until {each.stays_until}: {each.reason}" for each in found.deprecations)
    parts = {
        "Breaks": found.breaking,
        "Deprecated": gone,
        "Be ready for": found.dangerous,
        "New": found.additions,
    }
    typer.echo(f"## The contract since {day}")
    for heading, lines in parts.items():
        if lines:
            typer.echo("\n".join((f"\n### {heading}", *(f"- {line}" for line in lines))))
    if not any(parts.values()):
        typer.echo("\nNothing changed.")
    if found.breaking:
        raise typer.Exit(1)


@application.command("release")
def release_command(ctx: typer.Context) -> None:
    """Keep the contract as today's released one, which later ones are compared with; refused if it breaks the last."""
    from api.compatibility import release  # noqa: PLC0415
    from api.contract import printed  # noqa: PLC0415

    out.print(f"Released: {release(printed(), on=shop_of(ctx).clock().date())}", soft_wrap=True)
