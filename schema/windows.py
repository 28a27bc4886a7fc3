"""Which windows and promotions are open on a day: the one filter that lake and graph share."""

from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schema.edges import EDGES
from schema.snapshot import GraphSnapshot


def is_open(start: pa.ChunkedArray, end: pa.ChunkedArray, as_of: date) -> pa.ChunkedArray:
    """Whether each half-open window of days `[start, end)` holds `as_of` `[len(start)]` bool; null is unbounded."""
    began = pc.fill_null(pc.less_equal(start, as_of), True)
    lasts = pc.fill_null(pc.greater(end, as_of), True)
    return pc.and_(began, lasts)


def open_windows(snapshot: GraphSnapshot) -> GraphSnapshot:
    """The snapshot less the windows and promotions that are not open at its `as_of`.

    Of several windows of one pair that are open at once, the one that starts last stays.
    """
    promotions = snapshot.nodes["Promotion"]
    kept = is_open(promotions.column("starts_on"), promotions.column("ends_on"), snapshot.as_of)
    rows = np.where(kept.to_numpy(), np.cumsum(kept.to_numpy()) - 1, -1)
    edges = {name: _open_edges(name, table, rows, snapshot.as_of) for name, table in snapshot.edges.items()}
    nodes = {**snapshot.nodes, "Promotion": promotions.filter(kept).combine_chunks()}
    return replace(snapshot, nodes=nodes, edges=edges)


def _open_edges(name: str, table: pa.Table, rows: npt.NDArray[np.int64], as_of: date) -> pa.Table:
    """Edges whose window and promotion are open; a promotion at `source` is renumbered by `rows`, -1 being gone."""
    if EDGES[name].is_window:
        table = _last_started(table.filter(is_open(table.column("valid_from"), table.column("valid_to"), as_of)))
    if EDGES[name].source == "Promotion":
        sources = pa.array(rows[table.column("source").to_numpy()], pa.int64())
        table = table.set_column(0, table.schema.field("source"), sources).filter(pc.greater_equal(sources, 0))
    return table.combine_chunks()


def _last_started(table: pa.Table) -> pa.Table:
    starts = pc.fill_null(pc.cast(table.column("valid_from"), pa.int32()), np.iinfo(np.int32).min).to_numpy()
    sources, targets = table.column("source").to_numpy(), table.column("target").to_numpy()
    order = np.lexsort((starts, targets, sources))
    is_last = np.ones(len(order), np.bool_)
    is_last[:-1] = (np.diff(sources[order]) != 0) | (np.diff(targets[order]) != 0)
    return table.take(pa.array(order[is_last]))
