"""What is said of each product in words, from the tables."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.sources import table_source
from lake.version import LakeVersion
from schema.listings import Listings, Shelf
from schema.tables import RetailTables

_PRODUCT = ["sku", "name", "description", "category_id", "brand", "supplier_id", "gtin", "is_private_label"]


def read_listings(source: LakeVersion | RetailTables) -> Listings:
    """The products of a lake version or of a staged folder, by sku, with their categories and suppliers by name."""
    tables = table_source(source)
    products = tables.rows("products", _PRODUCT).sort_by("sku")
    suppliers = tables.rows("suppliers", ["supplier_id", "name"]).to_pylist()
    categories = tables.rows("categories", ["category_id", "name", "parent_id"]).to_pylist()
    own_label = pc.fill_null(pc.cast(products.column("is_private_label"), pa.int8()), -1)
    return Listings(
        lake_version=tables.lake_version,
        skus=_words(products, "sku"),
        names=_words(products, "name"),
        descriptions=_words(products, "description"),
        brands=_words(products, "brand"),
        gtins=_words(products, "gtin"),
        category_ids=_words(products, "category_id"),
        supplier_ids=_suppliers(products, tables.rows("supplies", ["supplier_id", "sku"])),
        is_private_label=own_label.to_numpy().astype(np.int8),
        categories={
            row["category_id"]: Shelf(row["name"] or row["category_id"], row["parent_id"]) for row in categories
        },
        supplier_names={row["supplier_id"]: row["name"] or row["supplier_id"] for row in suppliers},
    )


def _suppliers(products: pa.Table, supplies: pa.Table) -> tuple[tuple[str, ...], ...]:
    pairs = pa.concat_tables([supplies, products.select(["supplier_id", "sku"])])
    by_sku: dict[str, set[str]] = defaultdict(set)
    for supplier_id, sku in zip(pairs["supplier_id"].to_pylist(), pairs["sku"].to_pylist(), strict=True):
        if supplier_id is not None:
            by_sku[sku].add(supplier_id)
    return tuple(tuple(sorted(by_sku[sku])) if sku in by_sku else () for sku in products["sku"].to_pylist())


def _words(rows: pa.Table, column: str) -> tuple[str, ...]:
    return tuple(pc.fill_null(rows.column(column), "").to_pylist())
