"""Connections to PostgreSQL that give up on a server which accepts them and never answers."""

import threading
import time
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

from journal.patience import ANSWER_SECONDS, CONNECT_SECONDS, PING_SECONDS

T = TypeVar("T")
GRACE_SECONDS: Final = 2.0
"""A server that answers ends a statement itself, and says so; one that does not is waited for so much longer."""
AGAIN_SECONDS: Final = 1.0
"""For how long nobody else is made to wait for a server that was found silent."""


class PatientConnection(Connection[Any]):
    """A connection that is closed where its server leaves it without an answer for too long.

    The server cannot end such a wait, for it stands still, and neither can the kernel, which takes what is sent for
    delivered: only who waits can.

    Attributes:
        patience_seconds: how long an answer may take; None waits for ever.
    """

    patience_seconds: float | None = PING_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """What the server answers.

        Raises:
            OperationalError: if it does not in time; the connection is then closed.
        """
        try:
            return super().wait(gen, interval, self.patience_seconds if timeout is None else timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


class Connector:
    """Connects; while a server was silent a moment ago, one caller asks it again and the others are told at once.

    Otherwise everybody who needs the database would hold a thread until they were refused, and work that does without
    it would find none free.
    """

    def __init__(self) -> None:
        self._lock, self._silent_until = threading.Lock(), 0.0

    def connect(self, _dialect: object, _record: object, arguments: Any, parameters: Any) -> PatientConnection:
        """A new connection.

        Raises:
            OperationalError: if there is none to be had.
        """
        self._refuse_at_once()
        silent_until = 0.0
        try:
            return PatientConnection.connect(*arguments, **parameters)
        except ConnectionTimeout:
            silent_until = time.monotonic() + AGAIN_SECONDS
            raise
        finally:
            self._silent_until = silent_until

    def _refuse_at_once(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._silent_until:
                raise OperationalError("it did not answer a moment ago")
            if self._silent_until:
                self._silent_until = now + CONNECT_SECONDS + AGAIN_SECONDS


def give_up_in_time(engine: Engine) -> None:
    """Let no use of an engine wait for ever: neither for a connection nor for an answer."""
    event.listen(engine, "do_connect", Connector().connect)
    event.listen(engine, "connect", _bound_statements)
    # A connection that rests is asked for a sign of life before it is used, which takes no time where there is any.
    event.listen(engine, "checkout", lambda connection, *_: _wait_for(connection, ANSWER_SECONDS + GRACE_SECONDS))
    event.listen(engine, "checkin", lambda connection, *_: _wait_for(connection, PING_SECONDS))


def _bound_statements(connection: PatientConnection, _record: object) -> None:
    connection.execute(f"SET statement_timeout = {1000 * ANSWER_SECONDS:.0f}")
    connection.commit()


def _wait_for(connection: PatientConnection | None, seconds: float) -> None:
    if connection is not None:  # none is left where its server was lost meanwhile
        connection.patience_seconds = seconds
