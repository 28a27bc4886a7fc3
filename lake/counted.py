"""The graph's counted edges: who bought what and where, what was bought together, what was switched to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake import counts, switches
from lake.association import Counts, PairCounts, discoveries, strongest, strongest_of_either_end
from lake.catalogue import Ends, edge_table, no_edges
from lake.counting import Counting
from lake.cut import Cut
from lake.likeness import alike_pairs
from schema.edges import BOUGHT_CAP, BOUGHT_WITH_CAP, SWITCHED_TO_CAP
from schema.nodes import NODES, Label
from schema.progress import Progress

PAIRS_AT_ONCE: Final = 20_000_000
LINES_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True)
class Receipts:
    """Receipts before the cut-off, counted down to distinct products a basket; each step is computed once.

    Attributes:
        ends: the node tables whose rows `product`, `customer` and `store` mean.
    """

    cut: Cut
    ends: Ends
    room: Counting

    def keys(self, label: Label, column: str, row: str) -> ir.Table:
        """The keys of a label as `column` with their node rows as `row`."""
        keys = self.ends.nodes[label].column(NODES[label].key)
        return self.room.over(pa.table({column: keys, row: pa.array(np.arange(len(keys), dtype=np.int64))}))

    @cached_property
    def products(self) -> ir.Table:
        """`sku` and `product`."""
        return self.keys("Product", "sku", "product")

    @cached_property
    def stores(self) -> ir.Table:
        """`store_id` and `store`."""
        return self.keys("Store", "store_id", "store")

    @cached_property
    def _raw(self) -> ir.Table:
        return counts.receipt_lines(self.room.over(self.cut.source.dataset("purchases")), self.cut.instant)

    @cached_property
    def baskets(self) -> ir.Table:
        """One row a basket."""
        customers = self.keys("Customer", "customer_id", "customer")
        return self.room.keep(counts.baskets(self._raw, customers, self.stores))

    @cached_property
    def lines(self) -> ir.Table:
        """One row a basket and product."""
        return self.room.keep(counts.basket_lines(self._raw, self.baskets, self.products))

    @cached_property
    def light(self) -> ir.Table:
        """Lines of baskets that are not heavy."""
        return self.room.keep(counts.without_heavy(self.lines))


def counted_edges(receipts: Receipts, progress: Progress) -> dict[str, pa.Table]:
    """SHOPS_AT, BOUGHT, BOUGHT_WITH and SWITCHED_TO."""
    make: dict[str, Callable[[Receipts, Progress], pa.Table]] = {
        "SHOPS_AT": lambda each, _: each.room.rows(counts.shops_at(each.baskets)),
        "BOUGHT": lambda each, _: each.room.rows(
            counts.bought(each.lines, each.baskets, cut_off=each.cut.instant, cap=BOUGHT_CAP)
        ),
        "BOUGHT_WITH": bought_with,
        "SWITCHED_TO": switched_to,
    }
    if "purchases" not in receipts.cut.source:
        return {name: no_edges(name) for name in make}
    load_id = receipts.cut.source.last_load("purchases")
    edges = {}
    for place, (name, rows) in enumerate(make.items()):
        progress("counting receipts", place, len(make))
        table = rows(receipts, progress)
        edges[name] = edge_table(name, {**_columns(table), "load_id": pa.repeat(load_id, table.num_rows)})
    progress("counting receipts", len(make), len(make))
    return edges


def bought_with(receipts: Receipts, progress: Progress) -> pa.Table:
    """Pairs of products in more common baskets than chance explains, the strongest of either end."""
    room, num_products = receipts.room, receipts.ends.nodes["Product"].num_rows
    product_baskets = _by_row(room.rows(counts.product_baskets(receipts.light)), "num_baskets", num_products)
    frequent = room.over(pa.table({"product": np.flatnonzero(product_baskets >= counts.MIN_PAIR_BASKETS)}))
    lines = room.keep(receipts.light.semi_join(frequent, "product"))
    num_parts = room.number(counts.num_pairs(lines)) // PAIRS_AT_ONCE + 1
    found = []
    for part in range(num_parts):
        progress("counting pairs", part, num_parts)
        found.append(room.rows(counts.pair_counts(lines, part=part, num_parts=num_parts)))
    progress("counting pairs", num_parts, num_parts)
    pairs = pa.concat_tables(found)
    total = room.number(receipts.light.basket.nunique())
    source, target, num_baskets = (_numbers(pairs, one) for one in ("source", "target", "num_baskets"))
    return _associated(PairCounts(source, target, num_baskets, product_baskets, total))


def _associated(pairs: PairCounts) -> pa.Table:
    # The family is every pair that could have been kept: two products that both reach the least number of baskets.
    eligible = int((pairs.product_baskets >= counts.MIN_PAIR_BASKETS).sum())
    ppmi = pairs.ppmi()
    kept = np.flatnonzero(discoveries(pairs.p_values(), num_tests=eligible * (eligible - 1) // 2) & (ppmi > 0))
    strong = strongest_of_either_end(pairs.source[kept], pairs.target[kept], ppmi[kept], BOUGHT_WITH_CAP)
    kept = kept[strong]
    return pa.table(
        {
            "source": pairs.source[kept],
            "target": pairs.target[kept],
            "num_baskets": pairs.num_baskets[kept],
            "lift": pairs.lift()[kept],
            "ppmi": ppmi[kept],
        }
    )


def switched_to(receipts: Receipts, progress: Progress) -> pa.Table:
    """Directed pairs of products of one need of which the second was taken in place of the first."""
    room, needs = receipts.room, product_needs(receipts)
    products = room.over(pa.table({"product": np.arange(len(needs)), "need": needs}))
    turns = room.keep(switches.occasions(receipts.light, receipts.baskets, products))
    alike, empty = room.over(_alike(receipts, needs)), _empty_shelves(receipts)
    num_parts = room.number(turns.count()) // LINES_AT_ONCE + 1
    flows, found = SwitchFlows(needs), []
    for part in range(num_parts):
        progress("counting switches", part, num_parts)
        rows = switches.alternations(turns, alike, part=part, num_parts=num_parts)
        if empty is not None:
            rows = rows.union(switches.replacements(turns, empty, part=part, num_parts=num_parts))
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


def product_needs(receipts: Receipts) -> Counts:
    """The need of each product `[num_products]`: its category's node row, or NO_NEED."""
    rows = receipts.cut.source.rows("products", ["sku", "category_id"]).sort_by("sku")
    need = receipts.ends.rows_of("Category", rows.column("category_id"))
    return pc.fill_null(need, switches.NO_NEED).to_numpy().astype(np.int64)


def _alike(receipts: Receipts, needs: Counts) -> pa.Table:
    places = np.flatnonzero(needs == switches.NO_NEED)
    names = receipts.ends.nodes["Product"].column("name").take(pa.array(places)).to_pylist()
    source, target = alike_pairs([name or "" for name in names])
    return pa.table({"source": places[source], "target": places[target]})


def _empty_shelves(receipts: Receipts) -> ir.Table | None:
    if "stocks" not in receipts.cut.source:
        return None
    room, stocks = receipts.room, receipts.room.over(receipts.cut.source.dataset("stocks"))
    return room.keep(switches.empty_shelves(stocks, receipts.cut.instant, receipts.products, receipts.stores))


def _by_row(rows: pa.Table, column: str, num_products: int) -> Counts:
    values = np.zeros(num_products, np.int64)
    values[_numbers(rows, "product")] = _numbers(rows, column)
    return values


def _numbers(rows: pa.Table, column: str) -> Counts:
    return rows.column(column).to_numpy().astype(np.int64)


def _columns(table: pa.Table) -> Mapping[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
