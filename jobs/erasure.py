"""Erase: a customer leaves journal, graph, lake, audit and the home's files."""

import csv
import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from graph.connection import Graph
from graph.erasure import erase_customer
from jobs.load import roll_forward
from journal.audit import AuditLog
from journal.erasure_log import ErasureLog
from lake.store import Lake
from schema.erasure import Erasure
from schema.errors import EmptyWindow
from schema.progress import Progress, silent


def erase(  # noqa: PLR0913  # keywords only: every store there is
    number: int,
    *,
    erasures: ErasureLog,
    graph: Graph,
    lake: Lake,
    audit: AuditLog,
    home: Path,
    now: datetime,
    progress: Progress = silent,
) -> Erasure:
    """The erasure as ended; each step is whole or undone, and running it again completes what was cut off.

    The customer's name is the last to go: until every store is clean, it says what is still to be done.

    Raises:
        NotFound: if there is no such erasure.
        Unavailable: if a store does not answer.
        Busy: if a load is being published.
    """
    customer_id = erasures.customer_of(number)
    if customer_id is None:
        return erasures.erasure(number)
    progress("erasing from the journal", 0)
    erasures.sweep(number, at=now)
    counts = {f"graph {name}": count for name, count in erase_customer(graph, customer_id).items()}
    rows = lake.erase_customer(customer_id, progress=progress)
    counts |= {f"lake {table}": count for table, count in rows.items()}
    _recount(graph, lake, progress)
    counts["reject lines"] = _forget_rejects(home, customer_id)
    shutil.rmtree(home / "staging", ignore_errors=True)  # nobody loads meanwhile: what is there, a killed load left
    progress("erasing from the audit", 0)
    counts["audit rows"] = audit.forget(customer_id)
    return erasures.end(number, counts, at=now)


def _recount(graph: Graph, lake: Lake, progress: Progress) -> None:
    """Bring what the graph counts over receipts to receipts without the customer."""
    version = lake.latest()
    if version is None:
        return
    # A lake whose only dated rows were theirs has no day to count to; the next load gives it one.
    with suppress(EmptyWindow):
        roll_forward(lake=lake, graph=graph, version=version, is_rebuild=True, progress=progress)


def _forget_rejects(home: Path, customer_id: str) -> int:
    """How many lines of told rejects name the customer; they are gone on return."""
    return sum(_forget_lines(path, customer_id) for path in sorted((home / "rejects").glob("*/*.csv")))


def _forget_lines(path: Path, customer_id: str) -> int:
    named = re.compile(rf"(?<!\w){re.escape(customer_id)}(?!\w)")
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    kept = [line for line in lines if not any(named.search(cell) for cell in line)]
    if len(kept) < len(lines):
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)
        part.replace(path)
    return len(lines) - len(kept)
