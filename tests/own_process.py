"""Processes of their own that start at once: forked from one that has imported what takes seconds, and killed for real.

Forked from that one rather than from pytest, whose threads (of drivers, DuckDB and the services) a fork would leave
half-done.
"""

import contextlib
import gc
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Not the commands: their console looks at the environment when it is imported.
IMPORTED = ["gnn.training", "gnn.parallel", "jobs.retrain", "jobs.load", "jobs.check", "jobs.project"]
IMPORTED += ["ibis.backends.duckdb", "pandera.backends.pandas.register", "typer", "rich.markdown", "pydantic_settings"]
IMPORTED += ["alembic.context", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql", "pytest"]
STARTER = multiprocessing.get_context("forkserver")
STARTER.set_forkserver_preload(IMPORTED)


def die_at(victim: str, call: int, moment: str) -> None:
    """From now on this process is killed before, or after, the so-manieth call of what has this dotted name."""
    parts = victim.split(".")
    depth = next(depth for depth in range(len(parts) - 1, 0, -1) if _is_module(".".join(parts[:depth])))
    owner: Any = importlib.import_module(".".join(parts[:depth]))
    for part in parts[depth:-1]:
        owner = getattr(owner, part)
    real, calls = getattr(owner, parts[-1]), [0]

    def doomed(*args: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == call and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **named)
        if calls[0] == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, parts[-1], doomed)


def _is_module(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True


def _begin(work: Callable[..., None], *arguments: Any) -> None:
    gc.freeze()  # what was imported is there to stay: looking through it would take longer than most work
    work(*arguments)


def ended(work: Callable[..., None], *arguments: Any) -> int:
    """The exit code of a process that did this; minus the signal where one killed it."""
    process = STARTER.Process(target=_begin, args=(work, *arguments))
    process.start()
    process.join(240)
    if process.exitcode is None:
        process.kill()
    assert process.exitcode is not None, "it does not end"
    return process.exitcode


def sent_until_killed(work: Callable[..., None], *arguments: Any, after: int) -> list[Any]:
    """All that a process had sent through its last argument when it was killed, some time after so many."""
    here, there = STARTER.Pipe(duplex=False)
    process = STARTER.Process(target=_begin, args=(work, *arguments, there))
    process.start()
    there.close()
    sent = [here.recv() for _ in range(after)]
    process.kill()
    with contextlib.suppress(EOFError, OSError):  # the end, or a word that was cut off
        while True:
            sent.append(here.recv())
    process.join()
    return sent


def shelfgraph(
    environment: Mapping[str, str],
    *words: object,
    death: tuple[str, int, str] | None = None,
    before: Callable[[], None] | None = None,
) -> tuple[int, str]:
    """The exit code of a command, and all that it printed.

    Args:
        death: what it is killed at, as `die_at` takes it.
        before: what the process does first.
    """
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed"
        code = ended(_command, dict(environment), [*map(str, words)], printed, death, before)
        return code, printed.read_text()


def _command(
    environment: dict[str, str],
    words: list[str],
    printed: Path,
    death: tuple[str, int, str] | None,
    before: Callable[[], None] | None,
) -> None:
    with printed.open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    import shelfgraph as root

    if before:
        before()
    if death:
        die_at(*death)
    sys.argv = ["shelfgraph", *words]
    root.main()
