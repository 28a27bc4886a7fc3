"""The graph's node labels: each one's key and properties, in the words of the retail tables."""

from dataclasses import dataclass
from typing import Final, Literal

Label = Literal["Product", "Category", "Brand", "Supplier", "Store", "Customer", "Promotion"]


@dataclass(frozen=True)
class NodeType:
    """One label: the property that identifies a node, the table it comes from, and its other properties.

    Every node carries `load_id`, the load that last wrote it, besides.
    """

    label: Label
    key: str
    table: str
    properties: tuple[str, ...]


_NODES = (
    NodeType("Category", "category_id", "categories", ("name",)),
    NodeType("Brand", "name", "products", ()),
    NodeType("Supplier", "supplier_id", "suppliers", ("name", "country", "lead_time_days", "lead_time_sd_days")),
    NodeType(
        "Product",
        "sku",
        "products",
        (
            "name",
            "description",
            "list_price",
            "unit_cost",
            "size",
            "size_unit",
            "is_private_label",
            "is_sold_by_weight",
            "minimum_age",
            "shelf_life_days",
            "launched_on",
            "delisted_on",
            "gtin",
            "image_url",
            "product_url",
        ),
    ),
    NodeType(
        "Store",
        "store_id",
        "stores",
        ("name", "city", "region", "country", "format", "area_m2", "opened_on", "closed_on"),
    ),
    NodeType("Customer", "customer_id", "customers", ("segment", "region", "joined_on")),
    NodeType(
        "Promotion",
        "promotion_id",
        "promotions",
        ("campaign_id", "name", "kind", "starts_on", "ends_on", "cost"),
    ),
)

NODES: Final[dict[Label, NodeType]] = {node.label: node for node in _NODES}
"""Every label a load writes. `Model` nodes are written by publishing alone."""
