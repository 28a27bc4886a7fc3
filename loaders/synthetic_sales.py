"""The tables that shopping leaves behind: purchases, returns, redemptions and clicks."""

import numpy as np
import pyarrow as pa

from loaders.synthetic_chance import stream
from loaders.synthetic_clicks import write_events
from loaders.synthetic_customers import Customers
from loaders.synthetic_files import Clock, Folder, names_of, numbered
from loaders.synthetic_masters import customer_ids
from loaders.synthetic_plans import promotion_ids
from loaders.synthetic_receipts import TRIPS_PER_CHUNK, Receipts
from loaders.synthetic_world import World


def write_sales(folder: Folder, receipts: Receipts, customers: Customers, world: World, clock: Clock) -> None:
    """Write one chunk's purchases and what follows from them."""
    chunk = customers.first // world.params.scale.customers_per_chunk
    rng = stream(world.seed, "after sales", chunk)
    baskets = numbered("B", chunk * TRIPS_PER_CHUNK + receipts.trip)
    owners = customer_ids(customers.first + receipts.trips.customer[receipts.trip])
    _write_purchases(folder, receipts, baskets, owners, world, clock)
    _write_returns(folder, receipts, baskets, owners, world, clock, rng)
    _write_redemptions(folder, receipts, owners, world, clock, chunk)
    write_events(folder, receipts, customers, world, clock, rng)


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
