"""Who stands beside each product in its store: its category's products, its substitutes and complements."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from forecast.history import Rows, SalesHistory
from schema.edges import RelationName
from schema.relations import Relations


@dataclass(frozen=True)
class Peers:
    """Who stands beside each series in its store.

    Attributes:
        group: `[num_series]` code of (store, category): the fallback where no relations are known.
        substitutes, complements: `[num_series, num_series]` shares of each series' peers, rows summing to 1 or 0;
            None where no relations were given.
    """

    group: Rows
    substitutes: sp.csr_matrix | None = None
    complements: sp.csr_matrix | None = None


def peers_of(history: SalesHistory, relations: Relations | None = None) -> Peers:
    """Peers by category, and by relations if there are any."""
    group = history.store * (int(history.category.max()) + 1) + history.category
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    if relations is None or not relations.table.num_rows:
        return Peers(group)
    return Peers(group, _weights(history, relations, "SUBSTITUTES_FOR"), _weights(history, relations, "COMPLEMENTS"))


def _weights(history: SalesHistory, relations: Relations, relation: RelationName) -> sp.csr_matrix:
    """Each anchor's candidates in its own store by probability (or transfer share), each row summing to 1 or 0."""
    table = relations.table.select(["relation", "sku", "other_sku", "probability", "transfer_share"]).to_pandas()
    table = table[table["relation"] == relation]
    weight = table["transfer_share"].fillna(table["probability"]).to_numpy(np.float64)
    pairs = pd.DataFrame({"peer": table["sku"], "sku": table["other_sku"], "weight": weight})
    own = history.keys.assign(row=np.arange(history.num_series))
    pairs = pairs.merge(own, on="sku").merge(
        own.rename(columns={"sku": "peer", "row": "peer_row"}), on=["peer", "store_id"]
    )
    shape = (history.num_series, history.num_series)
    found = sp.csr_matrix((pairs["weight"], (pairs["row"], pairs["peer_row"])), shape=shape)
    total = np.asarray(found.sum(axis=1)).ravel()
    return sp.csr_matrix(sp.diags(1 / np.where(total > 0, total, 1)) @ found)
