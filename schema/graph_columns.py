"""The Arrow schemas of a snapshot's tables: what lake and graph both hold to."""

from typing import Final

import pyarrow as pa

from schema.edges import EDGES
from schema.nodes import NODES, Label
from schema.table_specs import ARROW, SPECS

_SPECIFIED: Final = {"SUPPLIES": "supplies", "STOCKS": "stocks", "PROMOTES": "promotion_products"}
"""Relationship types whose properties are columns of a retail table."""


def node_schema(label: Label) -> pa.Schema:
    """Key, properties and `load_id` of a label's table, in order."""
    node = NODES[label]
    columns = {column.name: column.arrow_type for column in SPECS[node.table].columns}
    names = (node.key, *node.properties)
    return pa.schema([*((name, columns.get(name, pa.string())) for name in names), ("load_id", pa.string())])


def edge_schema(name: str) -> pa.Schema:
    """`source`, `target`, properties and `load_id` of a relationship type's table, in order."""
    columns = (
        {column.name: column.arrow_type for column in SPECS[_SPECIFIED[name]].columns} if name in _SPECIFIED else {}
    )
    properties = [(each, columns.get(each, _by_name(each))) for each in EDGES[name].properties]
    return pa.schema([("source", pa.int64()), ("target", pa.int64()), *properties, ("load_id", pa.string())])


def _by_name(column: str) -> pa.DataType:
    # The house's naming says the type: `…_at` instants, `…_on` and window ends days, `num_…` counts.
    if column.endswith("_at"):
        return ARROW["instant"]
    if column.endswith("_on") or column in ("valid_from", "valid_to"):
        return ARROW["day"]
    return ARROW["count"] if column.startswith("num_") else ARROW["amount"]
