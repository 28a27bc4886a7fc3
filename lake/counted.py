"""The graph's counted edges: who bought what and where, what was bought together, what was switched to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake import counts, switches
from lake.association import Counts, strongest
from lake.catalogue import edge_table, no_edges
from lake.likeness import alike_pairs
from lake.receipts import Receipts
from lake.together import bought_with, goes_with
from schema.edges import BOUGHT_CAP, SWITCHED_TO_CAP
from schema.progress import Progress

LINES_AT_ONCE: Final = 4_000_000
SWITCH_TABLES: Final = ("purchases", "stocks", "events")
"""What switches are counted in."""


def counted_edges(receipts: Receipts, progress: Progress) -> dict[str, pa.Table]:
    """SHOPS_AT, BOUGHT, BOUGHT_WITH, GOES_WITH and SWITCHED_TO."""
    make: dict[str, Callable[[Receipts, Progress], pa.Table]] = {
        "SHOPS_AT": lambda each, _: each.room.rows(counts.shops_at(each.baskets)),
        "BOUGHT": lambda each, _: each.room.rows(
            counts.bought(each.lines, each.baskets, cut_off=each.cut.instant, cap=BOUGHT_CAP)
        ),
        "BOUGHT_WITH": bought_with,
        "GOES_WITH": goes_with,
        "SWITCHED_TO": switched_to,
    }
    if "purchases" not in receipts.cut.source:
        return {name: no_edges(name) for name in make}
    edges = {}
    for place, (name, rows) in enumerate(make.items()):
        progress("counting receipts", place, len(make))
        table = rows(receipts, progress)
        tables = SWITCH_TABLES if name == "SWITCHED_TO" else ("purchases",)
        load_id = pa.repeat(_newest_load(receipts, tables), table.num_rows)
        edges[name] = edge_table(name, {**_columns(table), "load_id": load_id})
    progress("counting receipts", len(make), len(make))
    return edges


def switched_to(receipts: Receipts, progress: Progress) -> pa.Table:
    """Directed pairs of products of one need of which the second was taken in place of the first."""
    room, needs = receipts.room, receipts.needs
    turns = room.keep(switches.occasions(receipts.light, receipts.baskets, receipts.product_needs))
    alike, empty = room.over(_alike(receipts, needs)), _empty_shelves(receipts)
    looked_at = _sessions(receipts)
    num_parts = room.number(turns.count()) // LINES_AT_ONCE + 1
    flows, found = SwitchFlows(needs), []
    for part in range(num_parts):
        progress("counting switches", part, num_parts)
        rows = switches.alternations(turns, alike, part=part, num_parts=num_parts)
        if empty is not None:
            rows = rows.union(switches.replacements(turns, empty, part=part, num_parts=num_parts))
        if looked_at is not None:
            rows = rows.union(switches.looked_past(looked_at, alike, part=part, num_parts=num_parts))
        counted = room.rows(switches.switch_counts(rows))
        flows.add(counted)
        found.append(counted.filter(pc.greater_equal(counted.column("num_switches"), switches.MIN_SWITCHES)))
    progress("counting switches", num_parts, num_parts)
    return _strongest_switches(pa.concat_tables(found), flows)


class SwitchFlows:
    """How many switches leave and reach each product, and happen within each need.

    Args:
        needs: `[num_products]` number of each product's need.
    """

    def __init__(self, needs: Counts) -> None:
        self._needs = needs - switches.NO_NEED
        self.leaving = np.zeros(len(needs), np.int64)
        self.reaching = np.zeros(len(needs), np.int64)

    def add(self, counted: pa.Table) -> None:
        """Add some pairs' switches."""
        number = _numbers(counted, "num_switches")
        np.add.at(self.leaving, _numbers(counted, "source"), number)
        np.add.at(self.reaching, _numbers(counted, "target"), number)

    def lift(self, counted: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Switches over those expected if whoever leaves took what others of the need take; 1.0 means no preference."""
        source, target = _numbers(counted, "source"), _numbers(counted, "target")
        within = np.zeros(int(self._needs.max(initial=0)) + 1, np.int64)
        np.add.at(within, self._needs, self.leaving)
        expected = self.leaving[source].astype(np.float64) * self.reaching[target]
        return _numbers(counted, "num_switches") * within[self._needs[source]] / expected


def _strongest_switches(counted: pa.Table, flows: SwitchFlows) -> pa.Table:
    lift = flows.lift(counted)
    order = [-_numbers(counted, "num_switches"), -lift, _numbers(counted, "target")]
    kept = strongest(_numbers(counted, "source"), order, SWITCHED_TO_CAP)
    return counted.append_column("lift", pa.array(lift)).take(pa.array(kept))


def _newest_load(receipts: Receipts, tables: Sequence[str]) -> str:
    """The load that last changed any of these tables."""
    source = receipts.cut.source
    loads = source.load_ids.to_pylist()
    return max((source.last_load(table) for table in tables if table in source), key=loads.index)


def _alike(receipts: Receipts, needs: Counts) -> pa.Table:
    places = np.flatnonzero(needs == switches.NO_NEED)
    names = receipts.ends.nodes["Product"].column("name").take(pa.array(places)).to_pylist()
    source, target = alike_pairs([name or "" for name in names])
    return pa.table({"source": places[source], "target": places[target]})


def _empty_shelves(receipts: Receipts) -> ir.Table | None:
    if "stocks" not in receipts.cut.source:
        return None
    room, stocks = receipts.room, receipts.room.read(receipts.cut.source, "stocks")
    return room.keep(switches.empty_shelves(stocks, receipts.cut.instant, receipts.products, receipts.stores))


def _sessions(receipts: Receipts) -> ir.Table | None:
    if "events" not in receipts.cut.source:
        return None
    room, events = receipts.room, receipts.room.read(receipts.cut.source, "events")
    customers = receipts.keys("Customer", "customer_id", "customer")
    return room.keep(
        switches.sessions(events, receipts.cut.instant, receipts.products, receipts.product_needs, customers)
    )


def _numbers(rows: pa.Table, column: str) -> Counts:
    return rows.column(column).to_numpy().astype(np.int64)


def _columns(table: pa.Table) -> Mapping[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
