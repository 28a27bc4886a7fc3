"""Bringing the forecast to the graph, by difference: what each store expects to sell of each product next."""

from typing import Final

import numpy as np
import pyarrow as pa

from graph.bolt_rows import read_table, to_rows
from graph.connection import Graph
from graph.difference import difference
from graph.publishing import BATCH, Published
from schema.progress import Progress, silent

EXPECTS_SCHEMA: Final = pa.schema(
    [
        ("store_id", pa.string()),
        ("sku", pa.string()),
        ("units", pa.float64()),
        ("low_units", pa.float64()),
        ("high_units", pa.float64()),
        ("num_weeks", pa.int64()),
        ("starts_on", pa.date32()),
        ("model_version", pa.string()),
    ]
)
"""An EXPECTS relationship: units of the next weeks in all, expected and with a chance of .05 and .95 no more."""


def publish_expectations(graph: Graph, wanted: pa.Table, *, progress: Progress = silent) -> Published:
    """Make the graph hold these expectations and no others; killed at any point, the next call completes it.

    Args:
        graph: whose only writer this is; stores and products that it does not have are left out.
        wanted: rows of EXPECTS_SCHEMA, one a store and product.

    Raises:
        Unavailable: if the server is lost and does not come back.
    """
    return graph.retry(lambda: _renew(graph, wanted.combine_chunks(), progress))


def _renew(graph: Graph, wanted: pa.Table, progress: Progress) -> Published:
    actual = read_table(graph, "read_expects", EXPECTS_SCHEMA)
    found = difference(wanted, actual, ["store_id", "sku"])
    links = wanted.take(pa.array(np.concatenate([found.added, found.same[found.changed]])))
    stale = actual.take(pa.array(np.concatenate([found.gone, found.same_actual[found.changed]]))).column("id")
    for start in range(0, max(links.num_rows, len(stale)), BATCH):
        ids = stale.slice(start, BATCH).to_pylist()
        graph.write_all([("close_edges", {"ids": ids}), ("link_expects", {"rows": to_rows(links.slice(start, BATCH))})])
        progress("publishing EXPECTS to the graph", min(start + BATCH, links.num_rows), links.num_rows)
    return Published(len(found.added), len(found.changed), len(found.gone))
