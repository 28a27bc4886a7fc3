"""The marker in the graph of which lake version it stands at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.connection import Graph


@dataclass(frozen=True)
class Marker:
    """What the graph says that it stands at.

    Attributes:
        lake_version: -1 before the first projection is done.
        as_of: ISO day; empty before.
        is_ready: False while a projection is under way, or after one was cut off.
        digests: of the parts that stand as a done projection left them.
    """

    lake_version: int = -1
    load_id: str = ""
    as_of: str = ""
    is_ready: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)


def read_marker(graph: Graph) -> Marker:
    """What the graph stands at.

    Raises:
        Unavailable: if the server is lost.
    """
    rows = graph.read("read_projection")
    if not rows:
        return Marker()
    row = rows[0]
    return Marker(
        lake_version=-1 if row["lake_version"] is None else row["lake_version"],
        load_id=row["load_id"] or "",
        as_of=row["as_of"] or "",
        is_ready=row["state"] == "ready",
        digests=json.loads(row["digests"] or "{}"),
    )
