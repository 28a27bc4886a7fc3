"""Patience: how long a database may leave its callers without an answer, and which work may take longer."""

from typing import Final

from sqlalchemy import Connection, text

CONNECT_SECONDS: Final = 3
PING_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 10.0
"""How long one statement may take."""


def take_time(connection: Connection) -> None:
    """Let the statements of this transaction take as long as they need."""
    if (connection.dialect.name, connection.dialect.driver) == ("postgresql", "psycopg"):
        connection.connection.driver_connection.patience_seconds = None  # type: ignore[union-attr]
        connection.execute(text("SET LOCAL statement_timeout = 0"))
