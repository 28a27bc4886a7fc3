"""Processes and locks of this machine, as the local server needs them."""

import fcntl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, waiting for whoever holds it; the lock of a process that dies goes with it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def command_line(pid: int) -> str:
    """The command that a process was started with; empty where there is none, or only its remains."""
    listing = Path("/proc") / str(pid) / "cmdline"
    if Path("/proc/self").exists():
        try:
            return listing.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return ""
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return listed.stdout


def wait_for(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `is_so` came true in time; asked ten times a second."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
