"""Workers: several processes that answer on one port, watched by the one that was started."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from commands.console import out
from commands.listening import GRACE_SECONDS
from commands.neighbours import Places

LOOK_SECONDS: Final = 0.2
FIRST_SECONDS: Final = 30.0
"""While a service is so young, a worker that says why it cannot serve, or one death after the other, ends it."""
MOST_DEATHS: Final = 3
PAUSE_SECONDS: Final = 1.0
"""Between a death and the next start, once a service has been up for longer."""


@dataclass
class Workers:
    """Processes that listen on one port, each on a socket of its own; one that dies is replaced.

    The system shares connections out among the sockets that listen; of one socket for all, the process that happens to
    wake first would take nearly every connection. Whoever is busier then hands requests on.

    Each holds a pipe of its parent as standard input: when that is gone, however the parent ended, they end too.

    Attributes:
        command: what a worker runs, told its place as its last argument.
        host, port: where.
        count: how many.
    """

    command: Sequence[str]
    host: str
    port: int
    count: int
    _running: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _places: Places = field(init=False)

    def __post_init__(self) -> None:
        """Make room for each."""
        self._places = Places(self.count)

    def run(self) -> int:
        """Keep them up until SIGINT or SIGTERM, then end them; the exit code, not 0 if they would not come up."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: self._over.set())
        began, num_deaths = time.monotonic(), 0
        try:
            self._running = [self._started(number) for number in range(self.count)]
            while not self._over.wait(LOOK_SECONDS):
                for number, worker in enumerate(self._running):
                    if worker.poll() is None:
                        continue
                    num_deaths += 1
                    if time.monotonic() - began > FIRST_SECONDS:
                        self._over.wait(PAUSE_SECONDS)
                    elif worker.returncode > 0 or num_deaths >= MOST_DEATHS:
                        return abs(worker.returncode) or 1
                    out.print(f"Worker {worker.pid} ended ({worker.returncode}); another takes its place.")
                    self._running[number] = self._started(number)
        finally:
            self._end()
        return 0

    def _started(self, number: int) -> "subprocess.Popen[bytes]":
        with bound(self.host, self.port) as own:
            place = self._places.place(number, own.fileno())
            command = [*self.command, str(place)]
            return subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=place.descriptors)  # noqa: S603

    def _end(self) -> None:
        for worker in self._running:
            worker.terminate()
        until = time.monotonic() + GRACE_SECONDS + 1
        for worker in self._running:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(max(0.0, until - time.monotonic()))
            worker.kill()
            worker.wait()


def bound(host: str, port: int) -> socket.socket:
    """A socket on a port that further sockets of this user may be bound to; it takes connections once it listens."""
    own = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        own.setsockopt(socket.SOL_SOCKET, option, 1)
    own.bind((host, port))
    return own


def end_with_parent() -> None:
    """Have this process told to end when the pipe it has for standard input closes."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent's watch", daemon=True).start()
