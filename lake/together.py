"""What is bought together more often than chance explains: products, and the categories they are in."""

from typing import Final

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from lake import counts
from lake.association import Counts, PairCounts, discoveries, strongest_of_either_end
from lake.receipts import Receipts
from lake.switches import NO_NEED
from schema.edges import BOUGHT_WITH_CAP, GOES_WITH_CAP
from schema.progress import Progress

PAIRS_AT_ONCE: Final = 20_000_000


def bought_with(receipts: Receipts, progress: Progress) -> pa.Table:
    """Pairs of products in more common baskets than chance explains, the strongest of either end."""
    num_products = receipts.ends.nodes["Product"].num_rows
    return _pairs(receipts, receipts.light, num_products, BOUGHT_WITH_CAP, progress)


def goes_with(receipts: Receipts, progress: Progress) -> pa.Table:
    """Pairs of categories likewise, by the baskets that hold a product of each.

    Where a shop has too few baskets to tell which products go together, these may still be many enough.
    """
    with_need = receipts.light.inner_join(receipts.product_needs, "product").filter(_.need != NO_NEED)
    lines = receipts.room.keep(with_need.select("basket", product=_.need).distinct())
    num_categories = receipts.ends.nodes["Category"].num_rows
    return _pairs(receipts, lines, num_categories, GOES_WITH_CAP, progress)


def _pairs(receipts: Receipts, lines: ir.Table, size: int, cap: int, progress: Progress) -> pa.Table:
    """Columns of BOUGHT_WITH over `lines`: `basket` and `product`, a row below `size`."""
    room = receipts.room
    baskets = _by_row(room.rows(counts.product_baskets(lines)), "num_baskets", size)
    frequent = room.over(pa.table({"product": np.flatnonzero(baskets >= counts.MIN_PAIR_BASKETS)}))
    often = room.keep(lines.semi_join(frequent, "product"))
    num_parts = room.number(counts.num_pairs(often)) // PAIRS_AT_ONCE + 1
    found = []
    for part in range(num_parts):
        progress("counting pairs", part, num_parts)
        found.append(room.rows(counts.pair_counts(often, part=part, num_parts=num_parts)))
    progress("counting pairs", num_parts, num_parts)
    pairs = pa.concat_tables(found)
    total = room.number(receipts.light.basket.nunique())
    source, target, num_baskets = (_numbers(pairs, one) for one in ("source", "target", "num_baskets"))
    return _associated(PairCounts(source, target, num_baskets, baskets, total), cap)


def _associated(pairs: PairCounts, cap: int) -> pa.Table:
    # The family is every pair that could have been kept: two ends that both reach the least number of baskets.
    eligible = int((pairs.product_baskets >= counts.MIN_PAIR_BASKETS).sum())
    ppmi = pairs.ppmi()
    kept = np.flatnonzero(discoveries(pairs.p_values(), num_tests=eligible * (eligible - 1) // 2) & (ppmi > 0))
    strong = strongest_of_either_end(pairs.source[kept], pairs.target[kept], ppmi[kept], cap)
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


def _by_row(rows: pa.Table, column: str, size: int) -> Counts:
    values = np.zeros(size, np.int64)
    values[_numbers(rows, "product")] = _numbers(rows, column)
    return values


def _numbers(rows: pa.Table, column: str) -> Counts:
    return rows.column(column).to_numpy().astype(np.int64)
