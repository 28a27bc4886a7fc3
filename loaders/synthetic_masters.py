"""The tables that hardly change: categories, suppliers, products, stores, customers, supplies, ranges and offers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from loaders.synthetic_chance import Floats, between, stream
from loaders.synthetic_customers import Customers
from loaders.synthetic_files import Folder, days_from, names_of, numbered
from loaders.synthetic_parameters import Parameters
from loaders.synthetic_world import World


@dataclass(frozen=True)
class Suppliers:
    """Suppliers, `[num_suppliers]` each; lead times in days."""

    supplier_ids: np.ndarray[tuple[int], np.dtype[np.object_]]
    name: list[str]
    country: list[str]
    lead_time_days: Floats
    lead_time_sd_days: Floats


def make_suppliers(params: Parameters, count: int, seed: int) -> Suppliers:
    """Suppliers with names, countries, lead times and their spread."""
    rng, like, words = stream(seed, "suppliers"), params.suppliers, params.words
    firsts = rng.permutation(len(words.brand_first) * len(words.supplier_second))
    width = len(words.supplier_second)
    lead = np.round(between(rng, like.lead_time_days, count))
    return Suppliers(
        supplier_ids=np.array([f"V{code}" for code in rng.choice(90_000, count, replace=False) + 10_000], dtype=object),
        name=[
            f"{words.brand_first[(pick // width) % len(words.brand_first)]} {words.supplier_second[pick % width]}"
            + ("" if row < len(firsts) else f" {row // len(firsts) + 1}")
            for row, pick in enumerate(np.resize(firsts, count))
        ],
        country=[like.countries[pick] for pick in rng.integers(0, len(like.countries), count)],
        lead_time_days=lead.astype(np.float32),
        lead_time_sd_days=np.round(lead * between(rng, like.lead_time_sd_share, count), 1).astype(np.float32),
    )


def write_masters(folder: Folder, world: World, suppliers: Suppliers) -> None:
    """Write every table that does not come from shopping."""
    _write_categories(folder, world)
    folder.write(
        "suppliers",
        {
            "supplier_id": suppliers.supplier_ids,
            "name": suppliers.name,
            "country": suppliers.country,
            "lead_time_days": suppliers.lead_time_days,
            "lead_time_sd_days": suppliers.lead_time_sd_days,
        },
    )
    _write_products(folder, world, suppliers)
    _write_stores(folder, world)
    _write_supplies(folder, world, suppliers)
    _write_assortments(folder, world)


def _write_categories(folder: Folder, world: World) -> None:
    names: dict[str, tuple[str, str | None]] = {}
    for kind in world.catalogue.types:
        department, category = kind.category.department, kind.category.name
        names[department] = (department, None)
        names[f"{department}/{category}"] = (category, department)
        names[kind.category_id] = (kind.noun, f"{department}/{category}")
    folder.write(
        "categories",
        {
            "category_id": list(names),
            "name": [name for name, _ in names.values()],
            "parent_id": pa.array([parent for _, parent in names.values()], pa.string()),
        },
    )


def _write_products(folder: Folder, world: World, suppliers: Suppliers) -> None:
    catalogue, start, days = world.catalogue, world.params.shop.starts_on, world.params.shop.days
    own = [catalogue.types[row].category for row in catalogue.kind]
    country = [suppliers.country[row] for row in catalogue.supplier]
    folder.write(
        "products",
        {
            "sku": catalogue.skus,
            "name": catalogue.names,
            "description": [
                f"{name}. Made in {place}, keeps {kind.shelf_life_days} days."
                for name, place, kind in zip(catalogue.names, country, own, strict=True)
            ],
            "category_id": [catalogue.types[row].category_id for row in catalogue.filed],
            "brand": [catalogue.brands[row] for row in catalogue.brand],
            "supplier_id": names_of(suppliers.supplier_ids, catalogue.supplier),
            "list_price": _cents(catalogue.list_price),
            "unit_cost": _cents(catalogue.unit_cost),
            "size": catalogue.size,
            "size_unit": [kind.unit for kind in own],
            "is_private_label": catalogue.is_private_label,
            "is_sold_by_weight": np.zeros(len(catalogue), bool),
            "minimum_age": pa.array([kind.minimum_age for kind in own], pa.int64()),
            "shelf_life_days": [kind.shelf_life_days for kind in own],
            "launched_on": days_from(start, catalogue.first_day, catalogue.first_day == 0),
            "delisted_on": days_from(start, catalogue.last_day, catalogue.last_day == days),
            "gtin": _gtins(len(catalogue), stream(world.seed, "gtin")),
        },
    )


def _gtins(count: int, rng: np.random.Generator) -> list[str]:
    """Thirteen digits each, the last one the check digit."""
    bodies = 200_000_000_000 + rng.choice(90_000_000_000, count, replace=False)
    digits = bodies[:, None] // 10 ** np.arange(11, -1, -1) % 10
    check = -(digits * np.resize([1, 3], 12)).sum(axis=1) % 10
    return [f"{body}{digit}" for body, digit in zip(bodies, check, strict=True)]


def _write_stores(folder: Folder, world: World) -> None:
    stores, start = world.stores, world.params.shop.starts_on
    opened = stream(world.seed, "openings").integers(400, 9000, len(stores))
    folder.write(
        "stores",
        {
            "store_id": stores.store_ids,
            "name": stores.name,
            "city": stores.city,
            "region": stores.region,
            "country": ["France"] * len(stores),
            "format": stores.format,
            "area_m2": stores.area_m2,
            "opened_on": days_from(start, -opened),
        },
    )


def _write_supplies(folder: Folder, world: World, suppliers: Suppliers) -> None:
    """Each product's supplier, and for some a dearer second source."""
    catalogue, like = world.catalogue, world.params.suppliers
    rng = stream(world.seed, "supplies")
    second = np.flatnonzero(rng.random(len(catalogue)) < like.second_source_share)
    other = (catalogue.supplier[second] + rng.integers(1, catalogue.suppliers, len(second))) % catalogue.suppliers
    product = np.concatenate([np.arange(len(catalogue)), second])
    supplier = np.concatenate([catalogue.supplier, other])
    cost = catalogue.unit_cost[product] * np.where(np.arange(len(product)) < len(catalogue), 1.0, 1.06)
    pack = rng.choice([4.0, 6.0, 8.0, 12.0, 24.0], len(product))
    folder.write(
        "supplies",
        {
            "supplier_id": names_of(suppliers.supplier_ids, supplier),
            "sku": names_of(catalogue.skus, product),
            "unit_cost": np.round(cost.astype(np.float64), 2),
            "pack_units": pack,
            "min_order_units": pack * rng.integers(1, 4, len(product)),
            "lead_time_days": suppliers.lead_time_days[supplier],
            "lead_time_sd_days": suppliers.lead_time_sd_days[supplier],
            "valid_from": days_from(world.params.shop.starts_on, np.full(len(product), -200)),
        },
    )


def _write_assortments(folder: Folder, world: World) -> None:
    shelves, start, days = world.shelves, world.params.shop.starts_on, world.params.shop.days
    folder.write(
        "assortments",
        {
            "store_id": names_of(world.stores.store_ids, shelves.store),
            "sku": names_of(world.catalogue.skus, shelves.product),
            "valid_from": days_from(start, np.where(shelves.listed_from < 0, -200, shelves.listed_from)),
            "valid_to": days_from(start, shelves.listed_to, shelves.listed_to == days),
        },
    )


def write_customers(folder: Folder, customers: Customers, world: World) -> None:
    """Write one chunk of the customers."""
    segments = [str(name) for name, _, _ in world.params.words.segments]
    regions = np.array(world.stores.region, dtype=object)
    folder.write(
        "customers",
        {
            "customer_id": customer_ids(customers.first + np.arange(len(customers))),
            "segment": names_of(np.array(segments, dtype=object), customers.segment),
            "region": names_of(regions, customers.home),
            "joined_on": days_from(world.params.shop.starts_on, customers.joined_day),
        },
    )


def customer_ids(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    """Customers' ids, a shuffle of their numbers."""
    return numbered("C", numbers * 7_368_787 % 10_000_019 + 10_000_000)


def _cents(amount: Floats) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(np.round(amount.astype(np.float64), 2), np.float64)
