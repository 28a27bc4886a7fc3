"""Receipts before a cut-off, counted down to distinct products a basket."""

from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake import counts, switches
from lake.association import Counts
from lake.catalogue import Ends
from lake.cut import Cut
from lake.ports import Counting
from schema.nodes import NODES, Label


@dataclass(frozen=True)
class Receipts:
    """Receipts before the cut-off; each step is computed once.

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
        return counts.receipt_lines(self.room.read(self.cut.source, "purchases"), self.cut.instant)

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

    @cached_property
    def needs(self) -> Counts:
        """The need of each product `[num_products]`: its category's node row, or NO_NEED."""
        rows = self.cut.source.rows("products", ["sku", "category_id"]).sort_by("sku")
        need = self.ends.rows_of("Category", rows.column("category_id"))
        return pc.fill_null(need, switches.NO_NEED).to_numpy().astype(np.int64)

    @cached_property
    def product_needs(self) -> ir.Table:
        """`product` and its `need`."""
        return self.room.over(pa.table({"product": np.arange(len(self.needs)), "need": self.needs}))
