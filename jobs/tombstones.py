"""Tombstones: loads leave out customers who were erased."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from lake.erasure import PERSON, PERSONAL_TABLES
from schema.erasure import Tombstones
from schema.tables import RetailTables


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
