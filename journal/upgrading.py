"""Bringing a journal's tables up to the newest revision, by whoever opens it first."""

import threading
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from journal.patience import take_time
from schema.errors import BadInput

REVISIONS: Final = Path(__file__).with_name("migrations")
QUEUE: Final = 7_435_306_352_811
"""The number of PostgreSQL's advisory lock behind which processes that upgrade stand in line."""
_alone: Final = threading.Lock()


def upgrade(engine: Engine) -> None:
    """Apply, in one transaction, every revision that the database lacks; nothing where it is up to date.

    A journal from before there were revisions is adopted: the first one creates only what is absent.

    Raises:
        BadInput: if a newer program has upgraded the database.
    """
    newest = revisions()[-1]
    with engine.connect() as connection:
        found = revision_of(connection)
    if found == newest:
        return
    if found is not None and found not in revisions():
        raise BadInput(
            f"The journal's tables are at revision {found}; this installation knows up to {newest}.",
            remedy="Upgrade this installation.",
        )
    # Alembic keeps the running migration in module state: threads of one process take turns here.
    with _alone, engine.begin() as connection:
        _wait_for_turn(connection)
        _apply(connection)


def revisions() -> list[str]:
    """Every revision's number, oldest first, read off the files' names."""
    return sorted(path.stem[1:5] for path in (REVISIONS / "versions").glob("r[0-9]*.py"))


def revision_of(connection: Connection) -> str | None:
    """The revision that the database is at; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        take_time(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:queue)"), {"queue": QUEUE})


def _apply(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # a fifth of a second, and most openings need none of it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(REVISIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
