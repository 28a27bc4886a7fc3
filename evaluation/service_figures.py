"""What a benchmark of the service found: figures beside promises, and what the server held and took meanwhile."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evaluation.open_loop import Measured, Seconds
from evaluation.service_scenarios import Limit


@dataclass(frozen=True)
class Row:
    """One scenario under one load, beside what is promised.

    Attributes:
        cpu: seconds of processor that the server took for all of it.
    """

    name: str
    load: str
    limit: Limit
    measured: Measured
    cpu: float

    @property
    def is_kept(self) -> bool | None:
        """Whether what is promised was seen, with nothing refused; None where nothing is."""
        if self.limit == Limit():
            return None
        is_fast = self.limit.p99 is None or self.measured.percentiles()["p99"] <= self.limit.p99
        # A run that ends with its last answer is a little longer than its arrivals were.
        is_enough = self.limit.per_second is None or self.measured.per_second >= 0.98 * self.limit.per_second
        return is_fast and is_enough and not self.measured.refused.any()


@dataclass
class ServiceFigures:
    """A run's figures.

    Attributes:
        looked, mebibytes: when the server's memory was looked at, seconds from the start, and what it held.
        violations: what answers said against changes, and how many facts were checked.
        busy: the machine's load average (1 minute) before and after.
    """

    products: int
    rows: list[Row] = field(default_factory=list)
    looked: list[float] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    num_checked: int = 0
    soaked: tuple[float, float] | None = None
    busy: tuple[float, float] = (0.0, 0.0)

    def memory(self, *, between: tuple[float, float] | None = None) -> tuple[Seconds, Seconds]:
        """Instants and MiB, all of them or those of a span."""
        instants, held = np.array(self.looked), np.array(self.mebibytes)
        begin, end = between or (-np.inf, np.inf)
        within = (instants >= begin) & (instants <= end)
        return instants[within], held[within]


def held_mib(pid: int) -> float:
    """MiB of memory that a process and its workers hold now; what they share counts for each."""
    lines = [line for each in _family(pid) for line in _said(each, "status").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def cpu_seconds(pid: int) -> float:
    """Seconds of processor that a process and its workers have taken so far, all their threads together."""
    fields = [said.rpartition(") ")[2].split() for each in _family(pid) if (said := _said(each, "stat"))]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def _said(pid: int, name: str) -> str:
    """What the system says of a process; nothing of a worker that has just ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *map(int, children.split())]
