"""Small shops whose counted edges plain loops can follow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st
from lake_shops import line, on, stage

from schema.edges import EDGES
from schema.snapshot import GraphSnapshot
from schema.tables import RetailTables

SKUS = "abcdef"
CATEGORY = {sku: "x" if sku < "d" else "y" for sku in SKUS}
AS_OF = on(12)


class Line(NamedTuple):
    customer: int | None
    day: int
    sku: str
    units: float


receipt_line = st.builds(
    Line,
    st.one_of(st.none(), st.integers(0, 2)),
    st.integers(0, 13),
    st.sampled_from(SKUS),
    st.sampled_from([0.1, 1.0, 2.0]),
)


def shop(folder: Path, lines: Sequence[Line], **tables: list[dict[str, Any]]) -> RetailTables:
    """A shop whose baskets are a customer's day."""
    purchases = [
        line(f"{each.customer}-{each.day}", number, each.sku, each.day, units=each.units, store_id="s")
        | {"customer_id": None if each.customer is None else f"k{each.customer}"}
        for number, each in enumerate(lines, start=1)
    ]
    return stage(
        folder,
        {
            "categories": [{"category_id": "x"}, {"category_id": "y"}],
            "products": [{"sku": sku, "category_id": CATEGORY[sku]} for sku in SKUS],
            "stores": [{"store_id": "s"}],
            "customers": [{"customer_id": f"k{number}"} for number in range(3)],
            "purchases": purchases,
            **tables,
        },
    )


def linked(snapshot: GraphSnapshot, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    edge = EDGES[name]
    sources, targets = snapshot.keys(edge.source).to_pylist(), snapshot.keys(edge.target).to_pylist()
    return {(sources[row["source"]], targets[row["target"]]): row for row in snapshot.edges[name].to_pylist()}
