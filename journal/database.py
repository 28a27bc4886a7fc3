"""Database: the operational store's SQL database at an address, its tables brought up to date when it is opened."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, NoSuchModuleError, SQLAlchemyError

from journal.patience import CONNECT_SECONDS, take_time
from journal.upgrading import upgrade
from schema.errors import BadInput, Unavailable

POSTGRES: Final[Mapping[str, Any]] = {
    "pool_timeout": CONNECT_SECONDS,
    # A machine that is gone is noticed by work that may take its time, too.
    "connect_args": {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    },
}
"""How PostgreSQL is connected to."""


class Database:
    """A database; safe to share between threads and processes.

    Args:
        address: an SQLAlchemy URL, or the path of an SQLite file, which is made if absent.

    Raises:
        Unavailable: if the database cannot be reached.
        BadInput: if the address is not one, or a newer program has upgraded the database.
    """

    def __init__(self, address: str) -> None:
        self._engine = _engine(address)
        with self._diagnosed():
            upgrade(self._engine)

    @contextmanager
    def transaction(self, *, takes_time: bool = False) -> Iterator[Connection]:
        """A connection whose work is kept whole when the block ends, or not at all.

        Args:
            takes_time: whether a statement of it may take longer than somebody waits who asks the service.

        Raises:
            Unavailable: if the database cannot be used, or does not answer in time.
            BadInput: if a value is none that this database can keep.
        """
        with self._diagnosed(), self._engine.begin() as connection:
            if takes_time:
                take_time(connection)
            yield connection

    def compact(self) -> None:
        """Let go of what deleted rows left in SQLite's log; other databases do so in their own time."""
        if self._engine.dialect.name == "sqlite":
            with self._diagnosed(), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give back every connection; the next use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _diagnosed(self) -> Iterator[None]:
        try:
            yield
        except DataError as error:
            raise BadInput(
                f"The journal cannot keep this: {_cause(error)}.", remedy="Leave out what no text or number may hold."
            ) from error
        except SQLAlchemyError as error:
            raise Unavailable(
                f"The journal at {self._engine.url.render_as_string()} cannot be used: {_cause(error)}.",
                remedy="Check that its database runs, its folder can be written and its disk is not full.",
            ) from error


class Kept:
    """Something that is kept at a journal's address.

    Args:
        address: the journal's.

    Raises:
        Unavailable: if the database cannot be reached.
        BadInput: if the address is not one.
    """

    def __init__(self, address: str) -> None:
        self._database = Database(address)

    def close(self) -> None:
        """Give back every connection; the next use opens new ones."""
        self._database.close()


def _engine(address: str) -> Engine:
    try:
        url = make_url(address if "://" in address else f"sqlite:///{address}")
        is_postgres = url.get_backend_name() == "postgresql"
        engine = create_engine(
            url, pool_pre_ping=not url.drivername.startswith("sqlite"), **(POSTGRES if is_postgres else {})
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise BadInput(
            f"{address.rsplit('@', maxsplit=1)[-1]!r} is not the address of a database: {error}.",
            remedy="Name a file, sqlite:///FILE, or another address SQLAlchemy knows, and install its driver.",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    elif engine.dialect.driver == "psycopg":
        from journal.postgres import give_up_in_time  # noqa: PLC0415 - needs the driver, which not everybody has

        give_up_in_time(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # FULL: what was acknowledged survives a power cut too, not only a killed process.
    # What is deleted is overwritten: nobody reads an erased customer off the file.
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
