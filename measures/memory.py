"""Memory: what the machine still has for a process, and what a process keeps of what it freed."""

import ctypes
import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy.typing as npt

MEMINFO: Final = Path("/proc/meminfo")
CONTROL_GROUP: Final = Path("/sys/fs/cgroup")
"""Where version 2 of Linux control groups tells the limit of a container; none outside one."""
MIB: Final = 1024 * 1024
KEPT_MIB: Final = 64
WHOLE_MIB: Final = 16
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3


def free_mib(meminfo: Path = MEMINFO, group: Path = CONTROL_GROUP) -> float | None:
    """What can be taken without swapping, by the machine and by the control group, MiB; None where neither says.

    Source: the Linux kernel's documentation, `MemAvailable` of proc(5) and `memory.max` of control groups.
    """
    told = []
    if meminfo.exists():
        rows = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines() if ":" in line)
        if "MemAvailable" in rows:
            told.append(int(rows["MemAvailable"].split()[0]) / 1024)
    most, used = group / "memory.max", group / "memory.current"
    if most.exists() and used.exists() and (limit := most.read_text(encoding="ascii").strip()) != "max":
        told.append((int(limit) - int(used.read_text(encoding="ascii"))) / MIB)
    return min(told, default=None)


def keep_freed() -> bool:
    """Have this process keep up to KEPT_MIB of freed memory, arrays of up to WHOLE_MIB too; whether its C library can.

    Else glibc gives every larger array back to the system at once, and to have its pages anew costs work on arrays of
    a hundred thousand products several times what is done with them.

    Source: the GNU C library's manual, Malloc Tunable Parameters.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, WHOLE_MIB * MIB)) and bool(mallopt(_TRIM_THRESHOLD, KEPT_MIB * MIB))


def give_back_freed() -> None:
    """Give memory that was freed and kept back to the system, after work that took much more than it leaves.

    Source: malloc_trim(3), and pyarrow's `MemoryPool.release_unused`.
    """
    import pyarrow as pa  # noqa: PLC0415 (the command line starts without it)

    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def page_in(arrays: "Iterable[npt.NDArray[Any]]") -> None:
    """Have arrays that are files' pages mapped in now, not page by page by whoever needs one first.

    Args:
        arrays: contiguous; the interpreter is free for others meanwhile.
    """
    import numpy as np  # noqa: PLC0415 (the command line starts without it)

    for array in arrays:
        array.reshape(-1).view(np.uint8)[:: mmap.PAGESIZE].max(initial=0)
