"""Cascades: what hangs on a supplier, from the graph, in one round trip."""

from typing import Final

from graph.catalogue import Read
from schema.supply import Dependent

MOST_PRODUCTS: Final = 2_000
MOST_SUBSTITUTES: Final = 10


async def dependents(read: Read, supplier_id: str) -> list[Dependent]:
    """The products of a supplier by sku, at most MOST_PRODUCTS, with their stores and substitutes.

    Raises:
        Unavailable: if the graph does not answer in time.
    """
    rows = await read(
        "find_cascade", supplier_id=supplier_id, most_products=MOST_PRODUCTS, most_substitutes=MOST_SUBSTITUTES
    )
    return [Dependent(row["sku"], tuple(sorted(row["store_ids"])), tuple(row["substitutes"])) for row in rows]
