"""The graph's nodes from the tables: one table a label, sorted by key."""

import pyarrow as pa
import pyarrow.compute as pc

from lake.cut import Cut
from lake.sources import load_places
from schema.graph_columns import node_schema
from schema.nodes import NODES, Label


def node_tables(cut: Cut) -> dict[Label, pa.Table]:
    """Every label's nodes: key, properties and `load_id`, sorted by key."""
    return {label: brands(cut) if label == "Brand" else entities(cut, label) for label in NODES}


def entities(cut: Cut, label: Label) -> pa.Table:
    """The rows of the label's own table."""
    node = NODES[label]
    rows = cut.source.rows(node.table, [node.key, *node.properties, "load_id"])
    for day in {"launched_on", "delisted_on"} & set(node.properties):
        rows = rows.set_column(rows.schema.get_field_index(day), day, cut.day_reached(rows.column(day)))
    return rows.sort_by(node.key).combine_chunks()


def brands(cut: Cut) -> pa.Table:
    """Each brand that a product names, with the newest load that wrote one of its products."""
    rows = cut.source.rows("products", ["brand", "load_id"])
    rows = rows.append_column("place", load_places(cut.source, rows.column("load_id")))
    rows = rows.filter(pc.is_valid(rows.column("brand")))
    newest = rows.group_by("brand").aggregate([("place", "max")]).sort_by("brand")
    load_ids = cut.source.load_ids.take(newest.column("place_max").combine_chunks())
    return pa.table([newest.column("brand"), load_ids], schema=node_schema("Brand")).combine_chunks()
