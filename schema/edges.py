"""The graph's relationship types, read from subject to object, with their properties and caps."""

from dataclasses import dataclass
from typing import Final, Literal

from schema.nodes import Label

BOUGHT_CAP: Final = 10
"""How many products each customer keeps: the strongest by decayed baskets."""
BOUGHT_HALF_LIFE_DAYS: Final = 90
"""After which a basket counts half in the strength of what a customer bought."""
BOUGHT_WITH_CAP: Final = 100
"""How many partners each product keeps: a pair stays when it is among the strongest of either end."""
GOES_WITH_CAP: Final = 50
"""How many partners each category keeps: a pair stays when it is among the strongest of either end."""
SWITCHED_TO_CAP: Final = 50
"""How many partners each product keeps, as source."""
RELATION_CAP: Final = 20
"""How many candidates an anchor keeps per learnt relation."""

RelationName = Literal["SUBSTITUTES_FOR", "COMPLEMENTS"]
RELATION_NAMES: Final[tuple[RelationName, ...]] = ("SUBSTITUTES_FOR", "COMPLEMENTS")


@dataclass(frozen=True)
class EdgeType:
    """One relationship type between two labels.

    Every relationship carries `load_id` besides. `is_window` marks those with `valid_from`/`valid_to` (half-open days,
    null = unbounded) among their properties, of which a snapshot takes the ones open at its `as_of`.
    """

    source: Label
    name: str
    target: Label
    properties: tuple[str, ...] = ()
    is_window: bool = False


_EDGES = (
    EdgeType("Category", "PART_OF", "Category"),
    EdgeType("Product", "IN_CATEGORY", "Category"),
    EdgeType("Product", "OF_BRAND", "Brand"),
    EdgeType(
        "Supplier",
        "SUPPLIES",
        "Product",
        ("unit_cost", "pack_units", "min_order_units", "lead_time_days", "lead_time_sd_days", "valid_from", "valid_to"),
        is_window=True,
    ),
    EdgeType(
        "Store",
        "STOCKS",
        "Product",
        ("on_hand_units", "counted_at", "valid_from", "valid_to"),
        is_window=True,
    ),
    EdgeType("Promotion", "PROMOTES", "Product", ("promo_price", "discount_share", "num_stores")),
    EdgeType("Promotion", "RUNS_AT", "Store", ("num_products",)),
    EdgeType("Promotion", "SENT_TO", "Customer", ("sent_on",)),
    EdgeType("Customer", "SHOPS_AT", "Store", ("num_baskets", "last_bought_at")),
    EdgeType("Customer", "BOUGHT", "Product", ("num_baskets", "units", "last_bought_at", "strength")),
    EdgeType("Product", "BOUGHT_WITH", "Product", ("num_baskets", "lift", "ppmi")),
    EdgeType("Category", "GOES_WITH", "Category", ("num_baskets", "lift", "ppmi")),
    EdgeType("Product", "SWITCHED_TO", "Product", ("num_switches", "num_customers", "lift")),
)

EDGES: Final[dict[str, EdgeType]] = {edge.name: edge for edge in _EDGES}
"""Every relationship type a load writes, by name; the learnt ones, `JUDGED` and `EXPECTS` are written by publishing."""
EXPECTS: Final = EdgeType(
    "Store", "EXPECTS", "Product", ("units", "low_units", "high_units", "num_weeks", "starts_on", "model_version")
)
"""What a store expects to sell of a product in the next weeks: the champion's forecast, for exploring."""
