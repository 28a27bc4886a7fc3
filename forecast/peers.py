"""Who stands beside each product in its store: its category's products, its substitutes and complements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import scipy.sparse as sp

from forecast.history import Rows, SalesHistory
from schema.edges import RelationName
from schema.relations import Relations


@dataclass(frozen=True)
class Peers:
    """Who stands beside each series in its store.

    Attributes:
        group: `[num_series]` code of (store, category): the fallback where no relations are known.
        substitutes, complements: those of the history.
    """

    group: Rows
    substitutes: sp.csr_matrix | None = None
    complements: sp.csr_matrix | None = None


def with_relations(history: SalesHistory, relations: Relations) -> SalesHistory:
    """The history with the substitutes and complements that features look at.

    Args:
        relations: learnt before the first week that is forecast or held out.
    """
    substitutes, complements = (_weights(history, relations, name) for name in ("SUBSTITUTES_FOR", "COMPLEMENTS"))
    return replace(with_lenders(history, relations), substitutes=substitutes, complements=complements)


def with_lenders(history: SalesHistory, relations: Relations) -> SalesHistory:
    """The history with the substitutes that products not sold yet borrow from; nothing else looks at them."""
    # By how alike they are: where demand goes when one is out says more of who sells much.
    return replace(history, lenders=_weights(history, relations, "SUBSTITUTES_FOR", ("probability",)))


def peers_of(history: SalesHistory) -> Peers:
    """Peers by category, and by relations if the history has any."""
    group = history.store * (int(history.category.max()) + 1) + history.category
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    return Peers(group, history.substitutes, history.complements)


def _weights(
    history: SalesHistory,
    relations: Relations,
    relation: RelationName,
    by: Sequence[str] = ("transfer_share", "probability"),
) -> sp.csr_matrix:
    """Each anchor's candidates in its own store, each row summing to 1 or 0.

    Args:
        by: columns of the relations, the first that is known weighs.
    """
    kind = relations.table.filter(pc.equal(relations.table.column("relation"), relation))
    table, weight = kind.select(["sku", "other_sku"]).to_pandas(), pc.coalesce(*(kind.column(name) for name in by))
    pairs = pd.DataFrame({"peer": table["sku"], "sku": table["other_sku"], "weight": weight})
    own = history.keys.assign(row=np.arange(history.num_series))
    pairs = pairs.merge(own, on="sku").merge(
        own.rename(columns={"sku": "peer", "row": "peer_row"}), on=["peer", "store_id"]
    )
    shape = (history.num_series, history.num_series)
    found = sp.csr_matrix((pairs["weight"], (pairs["row"], pairs["peer_row"])), shape=shape)
    total = np.asarray(found.sum(axis=1)).ravel()
    return sp.csr_matrix(sp.diags(1 / np.where(total > 0, total, 1)) @ found)
