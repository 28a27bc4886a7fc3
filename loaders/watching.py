"""What a person should hear of a load that is within its contract: tables that lag behind, volumes unlike the last."""

from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loaders.intake import Intake
from schema.table_specs import SPECS
from schema.tables import RetailTables

VOLUME_BAND: Final = (0.5, 2.0)
"""Kept rows over those of the load before; outside it a person is told."""


def note_staleness(tables: RetailTables, intake: Intake) -> None:
    """Note each table whose newest row lies further behind the load's newest than `fresh_within_days` says."""
    limits = intake.dataset.fresh_within_days
    if not limits:
        return
    newest = {name: found for name in tables.tallies if (found := _newest(tables, name)) is not None}
    for name, days in limits.items():
        if name in newest and max(newest.values()) - newest[name] > timedelta(days=days):
            intake.note(f"{name}: its newest row is of {newest[name]:%Y-%m-%d}, more than {days} days behind the rest.")


def _newest(tables: RetailTables, name: str) -> datetime | None:
    event_time = SPECS[name].event_time
    if event_time is None:
        return None
    newest = None
    for batch in pq.ParquetFile(tables.path(name)).iter_batches(columns=[event_time]):
        found = pc.max(batch.column(0).cast(pa.timestamp("us", tz="UTC"))).as_py()
        newest = max(filter(None, (newest, found)), default=None)
    return newest


def note_volumes(tables: RetailTables, intake: Intake) -> None:
    """Note each table with less than half or more than twice the rows of the source's load before."""
    least, most = VOLUME_BAND
    for name, before in intake.options.previous_rows.items():
        kept = tables.tallies[name].kept if name in tables else 0
        if before and not least <= kept / before <= most:
            intake.note(f"{name}: {kept:,} rows, where the load before had {before:,}.")
