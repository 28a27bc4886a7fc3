"""Processes and locks of this machine, as the local server needs them."""

import fcntl
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MOMENTS = 50


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, waiting for whoever holds it; the lock of a process that dies goes with it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def command_line(pid: int) -> str:
    """The command that a process was started with; empty where there is none, or only its remains."""
    if not Path("/proc/self").exists():
        listing = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listing, capture_output=True, text=True, check=False).stdout  # noqa: S603
    for _ in range(MOMENTS):
        try:
            command = (Path("/proc") / str(pid) / "cmdline").read_bytes()
            state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""
        if command or state in "ZX":
            return command.replace(b"\0", b" ").decode(errors="replace")
        # A process that is just becoming another program, as Java's launcher does, has no command for a moment.
        time.sleep(0.01)
    return ""


def wait_for(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `is_so` came true in time; asked ten times a second."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
