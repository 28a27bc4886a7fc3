"""What a piece of work costs: seconds of the clock and of the processor by part, and the most memory held."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def clocks() -> tuple[float, float]:
    """Wall clock and the process's CPU clock, seconds."""
    return time.perf_counter(), time.process_time()


def held_mib() -> float:
    """Most memory this process has held; what the operating system counts would begin with its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


class Costs:
    """What the parts of one work have taken so far."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """The work inside counts as this part's."""
        began = clocks()
        yield
        wall, cpu = (after - before for before, after in zip(began, clocks(), strict=True))
        spent = {"seconds": round(wall, 1), "cpu_seconds": round(cpu, 1)}
        self._parts.append({"part": part, **spent, "peak_mib": round(held_mib())})

    def told(self) -> list[dict[str, Any]]:
        """By `part`, as they came: `seconds`, `cpu_seconds` of all cores, `peak_mib` that had been held by its end."""
        return list(self._parts)
