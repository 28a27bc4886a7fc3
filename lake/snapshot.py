"""The graph as it stood at a cut-off, built from one lake version or a staged folder."""

from datetime import date
from typing import Literal

from lake.catalogue import Ends, catalogue_edges
from lake.counted import counted_edges
from lake.cut import Cut
from lake.nodes import node_tables
from lake.receipts import Receipts
from lake.sources import table_source
from lake.stocking import stocks_edges
from lake.version import LakeVersion
from schema.edges import EDGES
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot
from schema.tables import RetailTables
from schema.windows import open_windows


def build_snapshot(
    source: LakeVersion | RetailTables,
    *,
    as_of: date,
    windows: Literal["open", "all"] = "open",
    progress: Progress = silent,
) -> GraphSnapshot:
    """The graph as of a day: a pure function of (source, as_of, windows).

    Args:
        source: `lake.at(version)`, or a staged folder.
        as_of: midnight at its start in the shop's timezone is the cut-off; later events change nothing.
        windows: `open` takes windows and promotions open at `as_of` (what is learnt from), `all` every one the source
            knows (what the graph holds).

    Raises:
        Unavailable: if the lake cannot be read, or memory and temporary space run out.
    """
    cut = Cut(table_source(source), as_of)
    progress("reading the catalogue", 0, 1)
    ends = Ends(node_tables(cut))
    edges = catalogue_edges(cut, ends)
    progress("reading the catalogue", 1, 1)
    with cut.source.room() as room:
        receipts = Receipts(cut, ends, room)
        edges |= counted_edges(receipts, progress)
        edges["STOCKS"] = stocks_edges(receipts)
    every = GraphSnapshot(
        as_of=as_of,
        lake_version=cut.source.lake_version,
        info=cut.source.info,
        nodes=ends.nodes,
        edges={name: edges[name] for name in EDGES},
    )
    return open_windows(every) if windows == "open" else every
