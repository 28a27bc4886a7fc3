"""A real PostgreSQL of a test session's own: on loopback, in a temporary folder, gone when the session ends."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Connection, NullPool, TextClause, create_engine, make_url, text
from standstill import standing_still


def programs() -> Path | None:
    """The folder of the newest PostgreSQL installed; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else None


class PostgresServer:
    """A running server.

    Attributes:
        port: where it listens on 127.0.0.1.
    """

    def __init__(self, bin_folder: Path, folder: Path) -> None:
        self._bin, self._folder = bin_folder, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        # PostgreSQL refuses to run as root.
        self._user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        self._num_journals = 0

    def initialise(self) -> None:
        if self._user:
            shutil.chown(self._folder, "nobody", "nogroup")
        options = ["--no-sync", "--auth=trust", "--username=shelfgraph", "--encoding=UTF8", "--locale=C"]
        self._run("initdb", "-D", str(self._folder / "data"), *options)

    def start(self) -> None:
        # What it writes need not outlive the machine, and nobody stays long enough for its housekeeping.
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=60"]
        settings += ["full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off"]
        arguments = [argument for setting in settings for argument in ("-c", setting)]
        self._process = subprocess.Popen(
            [str(self._bin / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port), *arguments],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._user,
        )
        until = time.monotonic() + 20
        is_ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(is_ready, check=False).returncode:
            assert time.monotonic() < until, "PostgreSQL does not start"
            time.sleep(0.05)

    def stop(self) -> None:
        """End at once, as a crash would; `start` recovers what was committed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(20)
            self._process = None

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Inside it the server takes connections, for the kernel does, and answers nobody."""
        assert self._process is not None
        main = psutil.Process(self._process.pid)
        with standing_still([main.pid, *(each.pid for each in main.children())]):
            yield

    def num_sessions(self, journal: str) -> int:
        """How many connections stand open to a journal."""
        name = make_url(journal).query["application_name"]
        count = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name").bindparams(name=name)
        with self._connected() as connection:
            return int(connection.scalar(count) or 0)

    def new_journal(self) -> str:
        """The address of a journal that nobody used: a schema, for a database takes a fifth of a second to make."""
        self._num_journals += 1
        name = f"journal_{self._num_journals}"
        self._execute(text(f"CREATE SCHEMA {name}"))
        return f"{self._address}?options=-csearch_path%3D{name}&application_name={name}"

    def end_sessions(self, journal: str) -> None:
        """Close what still stands open to a journal: Python gives connections back when it looks for garbage."""
        name = make_url(journal).query["application_name"]
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name")
        self._execute(ended.bindparams(name=name))

    @property
    def _address(self) -> str:
        return f"postgresql+psycopg://shelfgraph@127.0.0.1:{self.port}/postgres"

    def _execute(self, statement: TextClause) -> None:
        with self._connected() as connection:
            connection.execute(statement)

    def _connected(self) -> Connection:
        return create_engine(self._address, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(command, check=False, cwd=self._folder, capture_output=True, text=True, **self._user)
        assert done.returncode == 0, done.stderr


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs until the block ends; the test is skipped by name where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL below /usr/lib/postgresql: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="shelfgraph-postgres-"))
    server = PostgresServer(found, folder)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
