"""Carry: what mutations recorded since the last lake version → one more lake version, each row once."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from decisions.standing import not_carried
from jobs.project import carried_by
from jobs.tombstones import without_erased
from journal.store import Journal
from lake.store import Lake
from lake.version import JOURNAL, LakeVersion, Published
from schema.changes import PriceChange, RecordedChange, StockChange
from schema.events import Event
from schema.progress import Progress, silent
from schema.table_specs import SPECS
from schema.tables import RetailTables, Tally


@dataclass(frozen=True)
class Carried:
    """What came into the lake.

    Attributes:
        reached: the journal's last change and event that the lake's newest version holds from now on, or would, were
            there anything of theirs for it.
        published: the new version; None where nothing was told that its tables hold.
    """

    reached: Mapping[str, int]
    published: Published | None = None


def carry(*, lake: Lake, journal: Journal, home: Path, now: datetime, progress: Progress = silent) -> Carried:
    """Bring stock counts, prices and events that mutations recorded into the lake, as one version or none.

    Delistings, rules and verdicts stay the journal's: they outlive loads and may be withdrawn, which no row of a file
    says. The version says up to which numbers it carries them, in the row whose appending is the commit: killed at any
    point, the next run carries the same rows once. A lake without a load carries nothing.

    Raises:
        Busy: if a load is being published.
        Unavailable: if lake or journal do not answer.
    """
    newest = lake.latest()
    if newest is None:
        return Carried({"changes": 0, "events": 0})
    source = lake.at(newest)
    since = {"events": 0, **(source.carried or {}), "changes": carried_by(journal, source)}
    changes = not_carried(journal, carried=since["changes"], until=(told := journal.last_sequence()))
    events = journal.numbered_events(after=since["events"])
    reached = {"changes": told, "events": events[-1][0] if events else since["events"]}
    rows = {**_rows(changes), "events": [_event(event) for _, event in events]}
    rows = {name: table for name, table in rows.items() if table}
    if not rows:
        return Carried(reached)
    (home / "staging").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="journal-", dir=home / "staging") as folder:
        tables = without_erased(_staged(Path(folder), rows, source, reached), journal.tombstones())
        return Carried(reached, lake.publish(tables, published_at=now, carried=reached, progress=progress))


def _rows(changes: Sequence[RecordedChange]) -> dict[str, list[dict[str, Any]]]:
    """The lake's rows of stocks and prices, one a key: what was told last."""
    stocks: dict[tuple[Any, ...], dict[str, Any]] = {}
    prices: dict[tuple[Any, ...], dict[str, Any]] = {}
    for recorded in changes:
        told = recorded.change
        if isinstance(told, StockChange):
            key = {"store_id": told.store_id, "sku": told.sku, "counted_at": told.counted_at}
            stocks[tuple(key.values())] = {**key, "on_hand_units": told.on_hand_units}
        elif isinstance(told, PriceChange):
            shelf = {"sku": told.sku, "store_id": told.store_id, "valid_from": told.first_day(recorded.recorded_at)}
            prices[tuple(shelf.values())] = {**shelf, "valid_to": told.valid_to, "price": told.price}
    return {"stocks": list(stocks.values()), "prices": list(prices.values())}


def _event(event: Event) -> dict[str, Any]:
    return {**asdict(event), "kind": event.kind.value}


def _staged(
    folder: Path, rows: Mapping[str, Sequence[dict[str, Any]]], source: LakeVersion, reached: Mapping[str, int]
) -> RetailTables:
    for name, table in rows.items():
        pq.write_table(pa.Table.from_pylist(list(table), schema=SPECS[name].arrow_schema), folder / f"{name}.parquet")
    # What is not told stays: a told price is no list of all prices, whatever the shop's files are.
    info = replace(source.info, modes={**source.info.modes, **dict.fromkeys(rows, "append")})
    tallies = {name: Tally(read=len(table), kept=len(table)) for name, table in rows.items()}
    return RetailTables(folder, info, f"{JOURNAL}{reached['changes']}-{reached['events']}", tallies)
