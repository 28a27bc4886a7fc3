"""GraphSnapshot as PyG's HeteroData."""

import numpy as np
import torch
from torch_geometric.data import HeteroData

from schema.edges import EDGES
from schema.nodes import NODES
from schema.snapshot import GraphSnapshot

WEIGHTS = {"BOUGHT_WITH": "ppmi", "SWITCHED_TO": "num_switches", "BOUGHT": "strength", "SENT_TO": None}
"""The property that weighs an edge type's edges; 1 where there is none."""


def hetero_data(snapshot: GraphSnapshot) -> HeteroData:
    """Every label and relationship of a snapshot, with `num_nodes`, `edge_index` and `edge_weight`.

    `edge_index` is `[2, num_edges]` int64 rows of the two labels' node tables, `edge_weight` `[num_edges]` float32.
    BOUGHT_WITH, stored once, stands in both directions here.
    """
    data = HeteroData()
    for label in NODES:
        data[label].num_nodes = snapshot.nodes[label].num_rows
    for name, edge in EDGES.items():
        ends, weights = snapshot.edge_index(name), _weights(snapshot, name)
        if name == "BOUGHT_WITH":
            ends, weights = np.concatenate([ends, ends[::-1]], axis=1), np.concatenate([weights, weights])
        store = data[edge.source, name, edge.target]
        store.edge_index = torch.from_numpy(np.ascontiguousarray(ends))
        store.edge_weight = torch.from_numpy(weights)
    return data


def _weights(snapshot: GraphSnapshot, name: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    column = WEIGHTS.get(name)
    if column is None:
        return np.ones(snapshot.edges[name].num_rows, np.float32)
    return np.array(snapshot.edge_values(name, column), np.float32)
