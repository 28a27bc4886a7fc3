"""The graph server behind one border: statements by name go out, rows and our own errors come back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import neo4j
from neo4j import exceptions

from graph.statements import statement
from schema.errors import ShelfgraphError, Unavailable, WrongCredentials

Row = dict[str, Any]
T = TypeVar("T")

CONNECT_SECONDS: Final = 5.0
ATTEMPTS: Final = 6
"""How often work is begun again after the server was lost in the midst of it."""
FIRST_PAUSE_SECONDS: Final = 1.0
FETCH_ROWS: Final = 10_000

REMEDY_UNREACHABLE: Final = "Start it with `shelfgraph graph start`, or correct NEO4J_URI."
REMEDY_BROKEN: Final = "Free its disk if that is full, then restart it: Neo4j goes on by nothing less."
REMEDY_CREDENTIALS: Final = "See `shelfgraph graph password`, or correct NEO4J_USER and NEO4J_PASSWORD."
SCHEMES: Final = ("bolt://", "bolt+s://", "bolt+ssc://", "neo4j://", "neo4j+s://", "neo4j+ssc://")
BROKEN: Final = ("Neo.DatabaseError.Transaction.", "WriteOnReadOnlyAccessDatabase")
"""In the codes of a server that answers and cannot keep what it is told, as one whose disk is full."""
LOST: Final = (exceptions.ServiceUnavailable, exceptions.SessionExpired, exceptions.TransientError, OSError)


class Lost(Unavailable):
    """The server went away in the midst of work; what was not acknowledged may or may not have been written."""


def translate(error: Exception, uri: str) -> ShelfgraphError | None:
    """Our error for one of the driver's; None where it is a fault of ours that no user can mend."""
    code = str(getattr(error, "code", ""))
    where = f"Neo4j at {uri}"
    told: list[tuple[bool, ShelfgraphError]] = [
        (
            isinstance(error, exceptions.AuthError),
            WrongCredentials(f"{where} refused the user name or password.", remedy=REMEDY_CREDENTIALS),
        ),
        ("DatabaseNotFound" in code, Unavailable(f"{where}: {error}", remedy="Correct NEO4J_DATABASE.")),
        (
            "TransactionTimedOut" in code or isinstance(error, TimeoutError),
            Unavailable(f"{where} did not answer in time.", remedy="Try again, or ask for less at once."),
        ),
        (any(part in code for part in BROKEN), Unavailable(f"{where} is broken: {error}", remedy=REMEDY_BROKEN)),
        (isinstance(error, LOST), Lost(f"{where} cannot be reached: {error}.", remedy=REMEDY_UNREACHABLE)),
    ]
    return next((ours for is_so, ours in told if is_so), None)


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """The one border: inside it the driver's errors, outside it ours."""
    try:
        yield
    except (exceptions.Neo4jError, exceptions.DriverError, OSError) as error:
        ours = translate(error, uri)
        if ours is None:
            raise
        raise ours from error


class Graph:
    """A connection for loads and checks, used by one thread; close it, or use it as a context."""

    def __init__(self, driver: neo4j.Driver, *, uri: str, database: str) -> None:
        self._driver, self.uri, self._database = driver, uri, database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._driver.close()

    def read(self, name: str, **params: Any) -> list[Row]:
        """Every row that a reading statement returns, as column → value; tried again where the server is lost."""
        return self.retry(lambda: [dict(zip(columns, row, strict=True)) for columns, row in self._stream(name, params)])

    def rows(self, name: str, **params: Any) -> Iterator[list[Any]]:
        """The rows of a reading statement one by one, as lists in the order of its header; never tried again.

        Raises:
            Lost: if the server goes away before the last row.
        """
        return (row for _, row in self._stream(name, params))

    def write(self, name: str, **params: Any) -> list[Row]:
        """Run a writing statement in a transaction of its own, once, and return its rows.

        Raises:
            Lost: if the server goes away; the transaction may or may not have been committed.
        """
        return self.write_all([(name, params)])

    def write_all(self, work: list[tuple[str, Row]]) -> list[Row]:
        """Run writing statements in one transaction, once, and return the last one's rows."""
        rows: list[Row] = []
        with translated(self.uri), self._session(neo4j.WRITE_ACCESS) as session, session.begin_transaction() as open_:
            for name, params in work:
                rows = open_.run(_writing(name), params).data()
            open_.commit()
        return rows

    def write_if(self, guard: tuple[str, Row], work: list[tuple[str, Row]]) -> bool:
        """Run writing statements in one transaction if the guard, first in it, returns a row; else nothing is written.

        Raises:
            Lost: if the server goes away; the transaction may or may not have been committed.
        """
        with translated(self.uri), self._session(neo4j.WRITE_ACCESS) as session, session.begin_transaction() as open_:
            if not open_.run(_writing(guard[0]), guard[1]).data():
                open_.rollback()
                return False
            for name, params in work:
                open_.run(_writing(name), params).consume()
            open_.commit()
        return True

    def write_alone(self, name: str, **params: Any) -> None:
        """Run a statement that opens its own transactions or changes constraints or indexes."""
        with translated(self.uri), self._session(neo4j.WRITE_ACCESS) as session:
            session.run(_writing(name), params).consume()

    def retry(self, work: Callable[[], T]) -> T:
        """What `work` returns, begun again from its start where the server is lost, ATTEMPTS times at most.

        Raises:
            Unavailable: if it was lost each time.
        """
        for attempt in range(ATTEMPTS):
            try:
                return work()
            except Lost:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
        raise AssertionError("unreachable")

    def verify(self) -> None:
        """Return if the server answers and lets us in, at once and without trying again.

        Raises:
            WrongCredentials: if it refuses us.
            Unavailable: if nobody answers.
        """
        with translated(self.uri):
            self._driver.verify_connectivity()

    def _stream(self, name: str, params: Row) -> Iterator[tuple[list[str], list[Any]]]:
        reading = statement(name)
        if not reading.is_read:
            raise ValueError(f"{name} writes: call write")
        with translated(self.uri), self._session(neo4j.READ_ACCESS) as session:
            result = session.run(reading.text, params)
            columns = list(result.keys())
            for record in result:
                yield columns, record.values()

    def _session(self, access: str) -> neo4j.Session:
        return self._driver.session(database=self._database, default_access_mode=access, fetch_size=FETCH_ROWS)


def _writing(name: str) -> str:
    writing = statement(name)
    if writing.is_read:
        raise ValueError(f"{name} only reads: call read")
    return writing.text


@contextmanager
def checked_address(uri: str) -> Iterator[None]:
    """Inside it a driver is made.

    Raises:
        Unavailable: if `uri` is no address of a graph server.
    """
    wrong = Unavailable(
        f"{uri!r} is no address of a Neo4j server, as bolt://HOST:PORT is.", remedy="Correct NEO4J_URI."
    )
    try:
        # The driver takes an address without a host for this machine's.
        if not uri.startswith(SCHEMES) or not urlsplit(uri).hostname:
            raise wrong
        yield
    except (exceptions.ConfigurationError, ValueError) as error:
        raise wrong from error


def connect(uri: str, *, user: str, password: str, database: str = "neo4j") -> Graph:
    """A verified connection.

    Raises:
        WrongCredentials: if the server refuses the user or the password.
        Unavailable: if no server answers at `uri`; told at once.
    """
    with checked_address(uri):
        driver = neo4j.GraphDatabase.driver(uri, auth=(user, password), **driver_settings())
    graph = Graph(driver, uri=uri, database=database)
    try:
        graph.verify()
    except BaseException:
        graph.close()
        raise
    return graph


def driver_settings(*, connections: int = 4, wait_seconds: float = CONNECT_SECONDS) -> dict[str, Any]:
    """What both drivers are made with: short waits, and no notices (the statements are tested, not watched)."""
    return {
        "connection_timeout": min(CONNECT_SECONDS, wait_seconds),
        "connection_acquisition_timeout": wait_seconds,
        "max_connection_pool_size": connections,
        "max_transaction_retry_time": 0.0,
        "notifications_min_severity": "OFF",
        "telemetry_disabled": True,
    }
