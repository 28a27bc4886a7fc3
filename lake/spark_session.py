"""Where Spark counts: a session at an address, started within bounded time and stopped at the end."""

import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlparse

from lake.counting import counting
from lake.ports import Room
from schema.errors import Unavailable

if TYPE_CHECKING:
    from lake.spark import SparkCounting

T = TypeVar("T")

CALL_SECONDS: Final = 5.0
"""How long a master may take to answer a call."""
START_SECONDS: Final = 120.0
"""How long Spark may take from its start to the end of its first job."""
_QUIET: Final = "rootLogger.level = error\nrootLogger.appenderRef.stderr.ref = stderr\n" + "".join(
    f"appender.stderr.{name} = {value}\n"
    for name, value in {
        "type": "Console",
        "name": "stderr",
        "target": "SYSTEM_ERR",
        "layout.type": "PatternLayout",
        "layout.pattern": "%p %c{1}: %m%n",
    }.items()
)
_ALWAYS: Final = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR", "spark.app.name": "shelfgraph"}
_ALONE: Final = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.maxResultSize": "0",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
}
"""Where Spark is a part of this process: nobody else reaches it. A cluster has settings of its own."""


def room_at(address: str) -> Room:
    """Opens a place to count in: at a Spark master (`local[2]`, `spark://host:7077`, `yarn` …), on DuckDB where empty.

    Opening raises Unavailable if pyspark or Java is not installed, or no Spark answers within START_SECONDS.
    """
    if not address:
        return counting

    @contextmanager
    def room() -> "Iterator[SparkCounting]":
        from lake.spark import SparkCounting  # noqa: PLC0415 heavy, and seldom wanted

        with tempfile.TemporaryDirectory(prefix="shelfgraph-") as folder:
            session = _session(address, Path(folder))
            try:
                with _diagnosed(address):
                    yield SparkCounting(session)
            finally:
                session.stop()

    return room


def _session(address: str, folder: Path) -> Any:
    """A session that has done its first job."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 an extra, and heavy
    except ImportError as error:
        raise Unavailable(
            f"Counting at {address} needs pyspark, which is not installed.",
            remedy="Install the extra [spark], or unset SHELFGRAPH_SPARK to count on DuckDB.",
        ) from error
    _call(address)
    builder = SparkSession.builder.master(address)
    for name, value in _settings(address, folder).items():
        builder = builder.config(name, value)

    def start() -> Any:
        session = builder.getOrCreate()
        session.range(1).count()
        return session

    with _diagnosed(address):
        return _within(START_SECONDS, start, address)


def _settings(address: str, folder: Path) -> Mapping[str, str]:
    if not address.startswith("local"):
        return _ALWAYS
    quiet = folder / "log4j2.properties"
    quiet.write_text(_QUIET)
    places = {
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()}",
    }
    return {**_ALWAYS, **_ALONE, **places}


def _call(address: str) -> None:
    """Knock at a master that has a host and a port: Spark itself would wait for minutes."""
    parts = urlparse(address)
    if parts.scheme != "spark":
        return
    hosts = [host.rpartition(":") for host in parts.netloc.split(",")]
    failures = []
    for host, _, port in hosts:
        try:
            socket.create_connection((host, int(port)), timeout=CALL_SECONDS).close()
        except (OSError, ValueError) as error:
            failures.append(f"{host}:{port}: {error}")
    if len(failures) == len(hosts):
        raise _no_answer(address, "; ".join(failures))


def _within(seconds: float, work: Callable[[], T], address: str) -> T:
    """What `work` returns, if it does so in time."""
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 it is raised again where it is waited for
            failed.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise _no_answer(address, f"no job was done within {seconds:.0f} s")
    return done[0]


@contextmanager
def _diagnosed(address: str) -> Iterator[None]:
    """Spark's errors as the house's own."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise _no_answer(address, " ".join(str(error).splitlines()[:2])) from error


def _no_answer(address: str, why: str) -> Unavailable:
    return Unavailable(
        f"Spark at {address} does not count ({why}).",
        remedy="Check SHELFGRAPH_SPARK, that Java 17 or newer is installed (JAVA_HOME), that master and workers run.",
    )
