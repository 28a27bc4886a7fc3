"""The graph's edges that stand in the tables: categories, brands, offers, promotions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lake.cut import Cut
from lake.sources import load_places
from schema.edges import EDGES
from schema.graph_columns import edge_schema
from schema.nodes import NODES, Label


@dataclass(frozen=True)
class Ends:
    """The node tables that edges point into."""

    nodes: Mapping[Label, pa.Table]

    def rows_of(self, label: Label, keys: pa.ChunkedArray) -> pa.ChunkedArray:
        """The node row of each key `[num_rows]` int64; null where there is no such node."""
        values = self.nodes[label].column(NODES[label].key).combine_chunks()
        return pc.cast(pc.index_in(keys, value_set=values), pa.int64())


def no_edges(name: str) -> pa.Table:
    """No edges of a type, in the snapshot's columns and types."""
    return edge_table(name, dict.fromkeys(("source", "target", "load_id"), pa.nulls(0)))


def edge_table(name: str, columns: Mapping[str, pa.ChunkedArray | pa.Array]) -> pa.Table:
    """Edges with both ends known, in the snapshot's columns, types and order; absent properties are null.

    Args:
        columns: `source`, `target` (rows of the node tables), `load_id` and any of the properties.
    """
    num_rows, schema = len(columns["source"]), edge_schema(name)
    arrays = [
        pc.cast(columns[field.name], field.type) if field.name in columns else pa.nulls(num_rows, field.type)
        for field in schema
    ]
    table = pa.table(arrays, schema=schema)
    known = pc.and_(pc.is_valid(table.column("source")), pc.is_valid(table.column("target")))
    begins = ["valid_from"] if EDGES[name].is_window else []
    order = [(one, "ascending") for one in ["source", "target", *begins]]
    return table.filter(known).sort_by(order).combine_chunks()


def catalogue_edges(cut: Cut, ends: Ends) -> dict[str, pa.Table]:
    """The edges of every type that needs no counting."""
    make: dict[str, Callable[[Cut, Ends], pa.Table]] = {
        "PART_OF": part_of,
        "IN_CATEGORY": in_category,
        "OF_BRAND": of_brand,
        "SUPPLIES": supplies,
        "PROMOTES": promotes,
        "RUNS_AT": runs_at,
        "SENT_TO": sent_to,
    }
    return {name: edges(cut, ends) for name, edges in make.items()}


def part_of(cut: Cut, ends: Ends) -> pa.Table:
    """Each category and its parent."""
    rows = cut.source.rows("categories", ["category_id", "parent_id", "load_id"])
    return edge_table(
        "PART_OF",
        {
            "source": ends.rows_of("Category", rows.column("category_id")),
            "target": ends.rows_of("Category", rows.column("parent_id")),
            "load_id": rows.column("load_id"),
        },
    )


def in_category(cut: Cut, ends: Ends) -> pa.Table:
    """Each product and its category."""
    return _of_product(cut, ends, "IN_CATEGORY", "Category", "category_id")


def of_brand(cut: Cut, ends: Ends) -> pa.Table:
    """Each product and its brand."""
    return _of_product(cut, ends, "OF_BRAND", "Brand", "brand")


def _of_product(cut: Cut, ends: Ends, name: str, label: Label, column: str) -> pa.Table:
    rows = cut.source.rows("products", ["sku", column, "load_id"])
    source, target = ends.rows_of("Product", rows.column("sku")), ends.rows_of(label, rows.column(column))
    return edge_table(name, {"source": source, "target": target, "load_id": rows.column("load_id")})


def supplies(cut: Cut, ends: Ends) -> pa.Table:
    """Each offer; where a product names a supplier of whom the table of offers knows none, an edge without terms."""
    offers = cut.source.rows("supplies", ["supplier_id", "sku", *EDGES["SUPPLIES"].properties, "load_id"])
    named = cut.source.rows("products", ["supplier_id", "sku", "load_id"])
    listed = cut.source.rows("supplies", ["supplier_id", "sku"])
    pair = ["supplier_id", "sku"]
    named = named.join(listed, keys=pair, join_type="left anti").select([*pair, "load_id"])
    rows = pa.concat_tables([offers, named], promote_options="default")
    ends_of = {
        "source": ends.rows_of("Supplier", rows.column("supplier_id")),
        "target": ends.rows_of("Product", rows.column("sku")),
    }
    return edge_table("SUPPLIES", {**ends_of, **_columns(rows.drop_columns(pair))})


def promotes(cut: Cut, ends: Ends) -> pa.Table:
    """Each promotion and what it covers: lowest price, deepest cut, in how many stores (0 = everywhere)."""
    rows = _promoted(cut)
    is_everywhere = pc.cast(pc.is_null(rows.column("store_id")), pa.int8())
    totals = (
        rows.append_column("is_everywhere", is_everywhere)
        .group_by(["promotion_id", "sku"])
        .aggregate(
            [
                ("promo_price", "min"),
                ("discount_share", "max"),
                ("store_id", "count_distinct"),
                ("is_everywhere", "max"),
                ("place", "max"),
            ]
        )
    )
    everywhere = pc.equal(totals.column("is_everywhere_max"), 1)
    return edge_table(
        "PROMOTES",
        {
            "source": ends.rows_of("Promotion", totals.column("promotion_id")),
            "target": ends.rows_of("Product", totals.column("sku")),
            "promo_price": totals.column("promo_price_min"),
            "discount_share": totals.column("discount_share_max"),
            "num_stores": pc.if_else(everywhere, 0, totals.column("store_id_count_distinct")),
            "load_id": newest_load(cut, totals),
        },
    )


def runs_at(cut: Cut, ends: Ends) -> pa.Table:
    """Each promotion and the stores it is bound to, with how many products it covers there."""
    rows = _promoted(cut)
    rows = rows.filter(pc.is_valid(rows.column("store_id")))
    totals = rows.group_by(["promotion_id", "store_id"]).aggregate([("sku", "count_distinct"), ("place", "max")])
    return edge_table(
        "RUNS_AT",
        {
            "source": ends.rows_of("Promotion", totals.column("promotion_id")),
            "target": ends.rows_of("Store", totals.column("store_id")),
            "num_products": totals.column("sku_count_distinct"),
            "load_id": newest_load(cut, totals),
        },
    )


def sent_to(cut: Cut, ends: Ends) -> pa.Table:
    """Each promotion and the customers it was sent to."""
    rows = cut.source.rows("promotion_customers", ["promotion_id", "customer_id", "sent_on", "load_id"])
    return edge_table(
        "SENT_TO",
        {
            "source": ends.rows_of("Promotion", rows.column("promotion_id")),
            "target": ends.rows_of("Customer", rows.column("customer_id")),
            "sent_on": rows.column("sent_on"),
            "load_id": rows.column("load_id"),
        },
    )


def newest_load(cut: Cut, totals: pa.Table) -> pa.Array:
    """The newest load among the rows that each total was made of, from their `place_max`."""
    return cut.source.load_ids.take(totals.column("place_max").combine_chunks())


def _promoted(cut: Cut) -> pa.Table:
    names = ["promotion_id", "sku", "store_id", "promo_price", "discount_share", "load_id"]
    rows = cut.source.rows("promotion_products", names)
    return rows.append_column("place", load_places(cut.source, rows.column("load_id"))).drop_columns("load_id")


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
