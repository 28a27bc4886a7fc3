"""Processes that stand still for a while."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def standing_still(processes: Iterable[int]) -> Iterator[None]:
    """Inside it no thread of these processes runs.

    A signal to stop is obeyed thread by thread, each when it next runs: on a busy machine some would still answer.
    """
    stopped = []
    try:
        for each in processes:
            os.kill(each, signal.SIGSTOP)
            stopped.append(each)
        ends = time.monotonic() + 20
        while not all(_stands(each) for each in stopped):
            assert time.monotonic() < ends, "they do not stop"
            time.sleep(0.001)
        yield
    finally:
        for each in stopped:
            os.kill(each, signal.SIGCONT)


def _stands(process: int) -> bool:
    """Whether each thread is stopped, which the kernel tells after the name in brackets."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return all((each / "stat").read_text().rpartition(")")[2].split()[0] == "T" for each in threads)
