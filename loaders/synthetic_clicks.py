"""Clicks that online shopping leaves behind: searches, products looked at together, and what was bought of them."""

from typing import Final

import numpy as np

from loaders.synthetic_chance import Ints, uniform_of
from loaders.synthetic_choice import NOTHING
from loaders.synthetic_customers import Customers
from loaders.synthetic_files import Clock, Folder, names_of, numbered
from loaders.synthetic_masters import customer_ids
from loaders.synthetic_receipts import TRIPS_PER_CHUNK, Receipts, shown_together
from loaders.synthetic_world import World

STEPS: Final = (
    ("search", 900),
    ("view", 840),
    ("view", 800),
    ("add_to_basket", 780),
    ("impression", 700),
    ("reject", 690),
    ("purchase", 0),
)
"""Kinds of clicks for one product in their order, and how many seconds before the receipt they come."""


def write_events(
    folder: Folder, receipts: Receipts, customers: Customers, world: World, clock: Clock, rng: np.random.Generator
) -> None:
    """Write the clicks of those who order online: a search, what was looked at beside it, and what was bought."""
    trips = receipts.trips
    owner = customers.first + trips.customer[receipts.trip]
    is_online = uniform_of(owner, np.zeros(1, np.int64), world.seed + 14) < world.params.scale.online_share
    rows = np.flatnonzero(is_online)
    if not len(rows):
        return
    line, step, product = _steps(receipts, rows, shown_together(receipts, rows, customers, world, rng), world, rng)
    trip = receipts.trip[line]
    seconds = np.array([before for _, before in STEPS])[step] - 30 * np.minimum(receipts.line[line], 20)
    before = np.where(step == len(STEPS) - 1, 0, seconds)
    number = customers.first // world.params.scale.customers_per_chunk * TRIPS_PER_CHUNK
    nouns = np.array([kind.noun.lower() for kind in world.catalogue.types], dtype=object)
    folder.write(
        "events",
        {
            "event_id": numbered("E", number * 10 + np.arange(len(line))),
            "kind": names_of(np.array([name for name, _ in STEPS], dtype=object), step),
            "happened_at": clock.at(trips.day[trip], trips.second[trip] - before),
            "session_id": numbered("N", number + trip),
            "customer_id": customer_ids(customers.first + trips.customer[trip]),
            "sku": names_of(world.catalogue.skus, product),
            "query": names_of(nouns, np.where(step == 0, world.catalogue.kind[receipts.product[line]], NOTHING)),
            "store_id": names_of(world.stores.store_ids, trips.store[trip]),
            "device": names_of(np.array(["phone", "desktop"], dtype=object), trip % 2),
        },
    )


def _steps(
    receipts: Receipts, rows: Ints, other: Ints, world: World, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """Receipt line, step and product of each click, by line and in the order of `STEPS`."""
    refused = rng.integers(0, len(world.catalogue), len(rows))
    always, bought = np.ones(len(rows), bool), receipts.product[rows]
    taken = [
        (rng.random(len(rows)) < 0.35, np.full(len(rows), NOTHING)),
        (other >= 0, other),
        (always, bought),
        (always, bought),
        (rng.random(len(rows)) < 0.10, refused),
        (rng.random(len(rows)) < 0.04, refused),
        (always, bought),
    ]
    line = np.concatenate([rows[mask] for mask, _ in taken])
    step = np.repeat(np.arange(len(STEPS)), [int(mask.sum()) for mask, _ in taken])
    product = np.concatenate([shown[mask] for mask, shown in taken])
    order = np.lexsort((step, line))
    return line[order], step[order], product[order]
