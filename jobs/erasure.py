"""Erase: a customer leaves journal, graph, lake, audit and the home's files; loads to come leave them out."""

import csv
import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from graph.connection import Graph
from graph.erasure import erase_customer
from journal.audit import AuditLog
from journal.erasure_log import ErasureLog
from lake.erasure import PERSON, PERSONAL_TABLES
from lake.store import Lake
from schema.erasure import Erasure, Tombstones
from schema.progress import Progress, silent
from schema.tables import RetailTables


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
    counts["reject lines"] = _forget_rejects(home, customer_id)
    shutil.rmtree(home / "staging", ignore_errors=True)  # nobody loads meanwhile: what is there, a killed load left
    progress("erasing from the audit", 0)
    counts["audit rows"] = audit.forget(customer_id)
    return erasures.end(number, counts, at=now)


def without_erased(tables: RetailTables, tombstones: Tombstones) -> RetailTables:
    """The staged tables less the rows of customers who were erased, and a note of how many there were."""
    num_rows = sum(_dropped(tables.path(name), tombstones) for name in PERSONAL_TABLES if name in tables)
    if not num_rows:
        return tables
    return replace(tables, notes=(*tables.notes, f"Left out {num_rows:,} rows of customers who were erased."))


def _dropped(path: Path, tombstones: Tombstones) -> int:
    if not tombstones.hashes:
        return 0
    known = ds.dataset(path).to_table(columns=[PERSON]).column(PERSON).unique().to_pylist()
    gone = pa.array([each for each in known if tombstones.names(each)], pa.string())
    if not len(gone):
        return 0
    rows, part, num_left = pq.ParquetFile(path), path.with_suffix(".part"), 0
    with pq.ParquetWriter(part, rows.schema_arrow) as file:
        for batch in rows.iter_batches():
            kept = batch.filter(pc.invert(pc.is_in(batch.column(PERSON), value_set=gone)))
            file.write_batch(kept)
            num_left += kept.num_rows
    part.replace(path)
    return int(rows.metadata.num_rows) - num_left


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
