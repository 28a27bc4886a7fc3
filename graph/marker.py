"""The marker in the graph of which lake version and change it stands at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.connection import Graph
from graph.statements import statement


@dataclass(frozen=True)
class Marker:
    """What the graph says that it stands at.

    Attributes:
        lake_version: -1 before the first projection is done.
        as_of: ISO day; empty before.
        is_ready: False while a projection is under way, or after one was cut off.
        digests: of the parts that stand as a done projection left them.
        sequence: every change up to it is in the graph; None from a projection until live facts are laid over it.
        published, marked: how often the current model's relations were published, and which time they last got marks.
    """

    lake_version: int = -1
    load_id: str = ""
    as_of: str = ""
    is_ready: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)
    sequence: int | None = None
    published: int = 0
    marked: int = 0


def read_marker(graph: Graph) -> Marker:
    """What the graph stands at.

    Raises:
        Lost: if the server is lost; it is not waited for.
    """
    rows = list(graph.rows("read_projection"))
    if not rows:
        return Marker()
    row = dict(zip(statement("read_projection").returns, rows[0], strict=True))
    return Marker(
        lake_version=-1 if row["lake_version"] is None else row["lake_version"],
        load_id=row["load_id"] or "",
        as_of=row["as_of"] or "",
        is_ready=row["state"] == "ready",
        digests=json.loads(row["digests"] or "{}"),
        sequence=row["sequence"],
        published=row["published"],
        marked=row["marked"],
    )
