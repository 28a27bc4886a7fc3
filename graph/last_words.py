"""What a server that does not start says of the reason, and in which of its logs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

JAVA_LOG: Final = "server.log"
LOGS: Final = ("neo4j.log", JAVA_LOG)
"""Neo4j's own, and what its Java says where there is no Neo4j yet."""
REASON: Final = re.compile(r"\bERROR\b|^Caused by:")


def lengths(folder: Path) -> dict[str, int]:
    """How long each log of a folder is by now, bytes: what follows is of the next start."""
    logs = {name: folder / name for name in LOGS}
    return {name: log.stat().st_size if log.exists() else 0 for name, log in logs.items()}


def last_words(folder: Path, *, before: Mapping[str, int]) -> tuple[str, Path]:
    """Why a start failed and the log that says so: its last error or cause, else the last line, else `nothing`.

    Args:
        folder: where the logs are.
        before: their `lengths` before that start.
    """
    said = {folder / name: _lines(folder / name, before[name]) for name in LOGS}
    reasons = {log: [line for line in lines if REASON.search(line)] for log, lines in said.items()}
    for found in (reasons, said):
        for log, lines in found.items():
            if lines:
                return lines[-1], log
    return "nothing", folder / JAVA_LOG


def _lines(log: Path, start: int) -> list[str]:
    if not log.exists():
        return []
    # A log that is shorter than it was has been begun anew.
    said = log.read_bytes()[start if start <= log.stat().st_size else 0 :]
    return [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
