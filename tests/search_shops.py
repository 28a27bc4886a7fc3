"""Small catalogues in words for the tests of search."""

import numpy as np

from schema.listings import Listings, Shelf
from search.catalogue import Now


def listings(names, *, version=1, **columns) -> Listings:
    """A catalogue of these names by sku; other columns are sequences in the order of the skus, sorted."""
    skus = tuple(sorted(names))
    count = len(skus)
    values = {
        "lake_version": version,
        "skus": skus,
        "names": tuple(names[sku] for sku in skus),
        "descriptions": ("",) * count,
        "brands": ("",) * count,
        "gtins": ("",) * count,
        "category_ids": ("",) * count,
        "supplier_ids": ((),) * count,
        "is_private_label": np.full(count, -1, np.int8),
        "categories": {},
        "supplier_names": {},
    }
    return Listings(**{**values, **columns})


def now(count, **columns) -> Now:
    """Everything offered, in stock, at 1.0 and never bought."""
    values = {
        "is_offered": np.ones(count, np.bool_),
        "is_stocked": np.ones(count, np.bool_),
        "prices": np.ones(count, np.float32),
        "minimum_ages": np.zeros(count, np.int16),
        "popularity": np.zeros(count, np.float32),
        "launched_on": np.zeros(count, np.int32),
    }
    return Now(**{**values, **columns})


SHELVES = {
    "food": Shelf("Food", None),
    "pasta": Shelf("Pasta", "food"),
    "tea": Shelf("Tea", "food"),
    "empty": Shelf("Empty", "food"),
}
NAMES = {
    "85099B": "JUMBO BAG RED RETROSPOT",
    "a1": "Spaghetti No 5 500g",
    "a2": "Spaghetti family pack with sauce",
    "a3": "Penne",
    "c1": "Crème brûlée",
    "j1": "スパゲッティ トマトソース",
    "j2": "緑茶ペットボトル",
    "n1": "Pasta machine",
    "r1": "قهوة عربية",
    "t1": "Earl Grey",
}


def shop(**changes) -> Listings:
    """Ten products, some of them in categories below Food."""
    skus = sorted(NAMES)
    shelf = {"a1": "pasta", "a2": "pasta", "a3": "pasta", "t1": "tea", "j2": "tea"}
    columns = {
        "category_ids": tuple(shelf.get(sku, "") for sku in skus),
        "brands": tuple({"a1": "Roma", "a3": "Roma", "t1": "Twin & Sons"}.get(sku, "") for sku in skus),
        "gtins": tuple({"t1": "4006381333931"}.get(sku, "") for sku in skus),
        "supplier_ids": tuple({"a1": ("acme", "bolt"), "a3": ("bolt",)}.get(sku, ()) for sku in skus),
        "descriptions": tuple({"t1": "With bergamot"}.get(sku, "") for sku in skus),
        "categories": SHELVES,
        "supplier_names": {"acme": "ACME", "bolt": "BOLT"},
    }
    return listings(NAMES, **{**columns, **changes})
