"""GraphSnapshot: the graph as it stood at a cut-off, as columns in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schema.nodes import NODES, Label
from schema.tables import DatasetInfo

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class GraphSnapshot:
    """The graph's labels, relationships and caps as of a day, less the two learnt relations.

    A pure function of (lake version, as_of): rows whose event time is at or after `as_of` change nothing in it.

    Attributes:
        as_of: midnight at its start, in the shop's timezone, is the cut-off.
        lake_version: the lake version it was read from; -1 when built from a tables folder.
        nodes: by label, key column first, then `NodeType.properties`, then `load_id`; sorted by key, keys unique.
            Every label is present, perhaps with no rows.
        edges: by relationship name, `source` and `target` (int64 rows of the two labels' node tables), then
            `EdgeType.properties`, then `load_id`; sorted by (source, target). Every name is present. BOUGHT_WITH and
            GOES_WITH are symmetric and stored once with source < target.
    """

    as_of: date
    lake_version: int
    info: DatasetInfo
    nodes: Mapping[Label, pa.Table]
    edges: Mapping[str, pa.Table]

    def keys(self, label: Label) -> pa.Array:
        """The key of each node of a label `[num_nodes]` string, ascending."""
        return self.nodes[label].column(NODES[label].key).combine_chunks()

    def index_of(self, label: Label, keys: pa.Array) -> pa.Array:
        """Row of each key `[len(keys)]` int32; null where the snapshot has no such node."""
        return pc.index_in(keys, value_set=self.keys(label))

    def edge_index(self, name: str) -> Indices:
        """Both ends of each edge `[2, num_edges]` int64, rows of the two labels' node tables."""
        table = self.edges[name]
        return np.stack([table.column("source").to_numpy(), table.column("target").to_numpy()]).astype(np.int64)

    def edge_values(self, name: str, column: str) -> npt.NDArray[np.float32]:
        """One edge property as float32 `[num_edges]`, null as 0."""
        values = pc.fill_null(pc.cast(self.edges[name].column(column), pa.float32()), 0.0)
        return values.to_numpy()

    @cached_property
    def num_products(self) -> int:
        """How many products the snapshot holds."""
        return int(self.nodes["Product"].num_rows)
