"""The tables that shopping leaves behind: purchases, returns, redemptions and clicks."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from loaders.synthetic_chance import Ints, stream, uniform_of
from loaders.synthetic_customers import Customers
from loaders.synthetic_files import Folder, names_of, numbered
from loaders.synthetic_masters import customer_ids
from loaders.synthetic_plans import promotion_ids
from loaders.synthetic_receipts import Receipts, shown_together
from loaders.synthetic_world import World

TRIPS_PER_CHUNK = 10_000_000


@dataclass(frozen=True)
class Clock:
    """Local days and seconds of the shop as instants."""

    midnights: "np.ndarray[tuple[int], np.dtype[np.int64]]"

    def at(self, day: Ints, second: Ints) -> pa.Array:
        """Instants, UTC, from days since the shop's start and seconds since local midnight."""
        return pa.array((self.midnights[day] + second) * 1_000_000, pa.timestamp("us", tz="UTC"))


def write_sales(folder: Folder, receipts: Receipts, customers: Customers, world: World, clock: Clock) -> None:
    """Write one chunk's purchases and what follows from them."""
    chunk = customers.first // world.params.scale.customers_per_chunk
    rng = stream(world.seed, "after sales", chunk)
    baskets = numbered("B", chunk * TRIPS_PER_CHUNK + receipts.trip)
    owners = customer_ids(customers.first + receipts.trips.customer[receipts.trip])
    _write_purchases(folder, receipts, baskets, owners, world, clock)
    _write_returns(folder, receipts, baskets, owners, world, clock, rng)
    _write_redemptions(folder, receipts, owners, world, clock, chunk)
    _write_events(folder, receipts, customers, world, clock, rng)


def _write_purchases(
    folder: Folder, receipts: Receipts, baskets: pa.Array, owners: pa.Array, world: World, clock: Clock
) -> None:
    trips, trip = receipts.trips, receipts.trip
    paid, regular = receipts.paid.astype(np.float64), receipts.regular.astype(np.float64)
    folder.write(
        "purchases",
        {
            "basket_id": baskets,
            "line_id": receipts.line,
            "sku": names_of(world.catalogue.skus, receipts.product),
            "bought_at": clock.at(trips.day[trip], trips.second[trip]),
            "units": receipts.units.astype(np.float64),
            "unit_price": np.round(paid, 2),
            "discount": np.round((regular - paid) * receipts.units, 2),
            "customer_id": owners,
            "store_id": names_of(world.stores.store_ids, trips.store[trip]),
        },
    )


def _write_returns(
    folder: Folder,
    receipts: Receipts,
    baskets: pa.Array,
    owners: pa.Array,
    world: World,
    clock: Clock,
    rng: np.random.Generator,
) -> None:
    trips, days = receipts.trips, world.params.shop.days
    rows = np.flatnonzero(rng.random(len(receipts)) < world.params.behaviour.return_share)
    day = trips.day[receipts.trip[rows]] + rng.integers(1, 15, len(rows))
    rows, day = rows[day < days], day[day < days]
    if not len(rows):
        return
    taken = pa.array(rows)
    folder.write(
        "returns",
        {
            "return_id": pa.compute.binary_join_element_wise(
                "R", baskets.take(taken), numbered("", receipts.line[rows]), "-"
            ),
            "line_id": np.ones(len(rows), np.int64),
            "sku": names_of(world.catalogue.skus, receipts.product[rows]),
            "returned_at": clock.at(day, rng.integers(9 * 3600, 20 * 3600, len(rows))),
            "units": np.minimum(receipts.units[rows], 1 + rng.poisson(0.2, len(rows))).astype(np.float64),
            "basket_id": baskets.take(taken),
            "customer_id": owners.take(taken),
            "store_id": names_of(world.stores.store_ids, trips.store[receipts.trip[rows]]),
        },
    )


def _write_redemptions(
    folder: Folder, receipts: Receipts, owners: pa.Array, world: World, clock: Clock, chunk: int
) -> None:
    rows = np.flatnonzero(receipts.coupon >= 0)
    if not len(rows):
        return
    trips, trip = receipts.trips, receipts.trip[rows]
    folder.write(
        "redemptions",
        {
            "redemption_id": numbered("D", chunk * TRIPS_PER_CHUNK + np.arange(len(rows))),
            "promotion_id": names_of(promotion_ids(len(world.offers.promotions)), receipts.coupon[rows]),
            "customer_id": owners.take(pa.array(rows)),
            "redeemed_at": clock.at(trips.day[trip], trips.second[trip]),
            "sku": names_of(world.catalogue.skus, receipts.product[rows]),
        },
    )


def _write_events(
    folder: Folder, receipts: Receipts, customers: Customers, world: World, clock: Clock, rng: np.random.Generator
) -> None:
    """Clicks of those who order online: a search, what was looked at beside it, and what was then bought."""
    trips = receipts.trips
    owner = customers.first + trips.customer[receipts.trip]
    is_online = uniform_of(owner, np.zeros(1, np.int64), world.seed + 14) < world.params.scale.online_share
    rows = np.flatnonzero(is_online)
    if not len(rows):
        return
    other = shown_together(receipts, rows, customers, world, rng)
    refused = rng.integers(0, len(world.catalogue), len(rows))
    steps = [
        ("search", rng.random(len(rows)) < 0.35, np.full(len(rows), -1), 900),
        ("view", other >= 0, other, 840),
        ("view", np.ones(len(rows), bool), receipts.product[rows], 800),
        ("add_to_basket", np.ones(len(rows), bool), receipts.product[rows], 780),
        ("impression", rng.random(len(rows)) < 0.10, refused, 700),
        ("reject", rng.random(len(rows)) < 0.04, refused, 690),
        ("purchase", np.ones(len(rows), bool), receipts.product[rows], 0),
    ]
    line = np.concatenate([rows[mask] for _, mask, _, _ in steps])
    kind = np.concatenate([np.full(mask.sum(), step) for step, (_, mask, _, _) in enumerate(steps)])
    sku = np.concatenate([shown[mask] for _, mask, shown, _ in steps])
    order = np.lexsort((kind, line))
    line, kind, sku = line[order], kind[order], sku[order]
    trip = receipts.trip[line]
    before = np.array([seconds for *_, seconds in steps])[kind] - 30 * np.minimum(receipts.line[line], 20)
    chunk = customers.first // world.params.scale.customers_per_chunk
    nouns = np.array([kind.noun.lower() for kind in world.catalogue.types], dtype=object)
    is_search = np.array([name == "search" for name, *_ in steps])[kind]
    number = chunk * TRIPS_PER_CHUNK
    folder.write(
        "events",
        {
            "event_id": numbered("E", number * 10 + np.arange(len(line))),
            "kind": names_of(np.array([name for name, *_ in steps], dtype=object), kind),
            "happened_at": clock.at(trips.day[trip], trips.second[trip] - np.where(kind == len(steps) - 1, 0, before)),
            "session_id": numbered("N", number + trip),
            "customer_id": customer_ids(customers.first + trips.customer[trip]),
            "sku": names_of(world.catalogue.skus, sku),
            "query": names_of(nouns, np.where(is_search, world.catalogue.kind[receipts.product[line]], -1)),
            "store_id": names_of(world.stores.store_ids, trips.store[trip]),
            "device": names_of(np.array(["phone", "desktop"], dtype=object), trip % 2),
        },
    )
