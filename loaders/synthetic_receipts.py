"""Receipts of a chunk of customers: what they bought, with what it brought along, line by line."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Floats, Ints, stream
from loaders.synthetic_choice import NOTHING, choose
from loaders.synthetic_customers import Customers, Occasions, Trips, make_occasions, make_trips
from loaders.synthetic_tallies import Tallies
from loaders.synthetic_world import World

TRIPS_PER_CHUNK: Final = 10_000_000
"""More than a chunk has, so that chunk and trip make one number."""


@dataclass(frozen=True)
class Receipts:
    """Lines `[num_lines]` each, sorted by trip, at random within it.

    Attributes:
        line: from 1 within the trip.
        coupon: the promotion whose coupon was handed in, or -1.
        paid, regular: price per unit, coupon and price cut taken off, and without them.
    """

    trips: Trips
    trip: Ints
    line: Ints
    place: Ints
    product: Ints
    need: Ints
    units: Ints
    paid: Floats
    regular: Floats
    coupon: Ints

    def __len__(self) -> int:
        return len(self.trip)


def make_receipts(customers: Customers, world: World, chunk: int, tallies: Tallies) -> Receipts:
    """One year of a chunk's shopping; sums of it go to `tallies`."""
    rng = stream(world.seed, "receipts", chunk)
    trips = make_trips(customers, world.params, len(world.stores), rng)
    first = make_occasions(customers, trips, world.catalogue.needs, world.params, rng)
    place = choose(first, trips, customers, world, rng, tallies)
    second = _followed_by(first, place, world, rng)
    place = np.concatenate([place, choose(second, trips, customers, world, rng, tallies)])
    both = Occasions(
        *(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Occasions.__dataclass_fields__)
    )
    receipts = _lines(both, place, trips, customers, world, rng)
    np.add.at(tallies.sold, (receipts.place, trips.day[receipts.trip] // 7), receipts.units.astype(np.int16))
    return receipts


def _followed_by(first: Occasions, place: Ints, world: World, rng: np.random.Generator) -> Occasions:
    """Needs that a purchase brings along on the same trip, and now and then a second product for the same need."""
    bought = np.flatnonzero(place != NOTHING)
    product = world.shelves.product[place[bought]]
    row, partner = world.links.brought_along(first.need[bought], rng)
    trip = first.trip[bought[row]]
    num_needs = len(world.catalogue.needs)
    is_new = ~np.isin(trip * num_needs + partner, first.trip * num_needs + first.need)
    key, kept = np.unique((trip * num_needs + partner)[is_new], return_index=True)
    anchor = product[row][is_new][kept]
    again = np.flatnonzero(rng.random(len(bought)) < world.params.behaviour.variety_share)
    nothing = np.full(len(again), NOTHING, np.int64)
    return Occasions(
        trip=np.concatenate([key // num_needs, first.trip[bought[again]]]),
        need=np.concatenate([key % num_needs, first.need[bought[again]]]),
        units=np.ones(len(key) + len(again), np.int64),
        anchor=np.concatenate([anchor, nothing]),
        avoid=np.concatenate([np.full(len(key), NOTHING, np.int64), product[again]]),
    )


def _lines(
    occasions: Occasions, place: Ints, trips: Trips, customers: Customers, world: World, rng: np.random.Generator
) -> Receipts:
    """Chosen products as receipt lines, in an order that does not tell what brought what along."""
    bought = np.flatnonzero(place != NOTHING)
    order = bought[np.lexsort((rng.random(len(bought)), occasions.trip[bought]))]
    trip, place, units = occasions.trip[order], place[order], occasions.units[order]
    product, week = world.shelves.product[place], trips.day[trip] // 7
    customer = customers.first + trips.customer[trip]
    paid, coupon, units = _paid(product, week, customer, units, world, rng)
    starts = np.flatnonzero(np.append(True, trip[1:] != trip[:-1]))
    line = np.arange(len(trip)) - np.repeat(starts, np.diff(np.append(starts, len(trip)))) + 1
    return Receipts(
        trips=trips,
        trip=trip,
        line=line,
        place=place,
        product=product,
        need=occasions.need[order],
        units=units,
        paid=paid,
        regular=world.offers.regular[product, week],
        coupon=coupon,
    )


def _paid(
    product: Ints, week: Ints, customer: Ints, units: Ints, world: World, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints]:
    """Price per unit, the coupon handed in, and the units, of which a multibuy makes more."""
    offers, like = world.offers, world.params.promotions
    paid = offers.price[product, week].copy()
    coupon = np.full(len(product), NOTHING, np.int64)
    covered = offers.covered[product, week]
    rows = np.flatnonzero(covered >= 0)
    promotion = offers.promotions.promotion[covered[rows]]
    kind = offers.promotions.kind[promotion]
    is_used = offers.is_coupon[kind] & offers.is_sent(promotion, customer[rows])
    is_used &= rng.random(len(rows)) < like.redeemed_share
    used = rows[is_used]
    coupon[used] = promotion[is_used]
    paid[used] = np.round(paid[used] * (1 - offers.promotions.discount[covered[used]]), 2)
    more = rng.poisson(like.multibuy_units, len(rows))
    units = units.copy()
    units[rows] += more * (kind == like.kinds.index("multibuy"))
    return paid, coupon, units


def shown_together(
    receipts: Receipts, rows: npt.NDArray[np.int64], customers: Customers, world: World, rng: np.random.Generator
) -> Ints:
    """For some lines, another product that the household looked at for the same need, -1 where there is none."""
    nothing = np.full(len(rows), NOTHING, np.int64)
    looked = Occasions(receipts.trip[rows], receipts.need[rows], nothing, nothing, receipts.product[rows])
    place = choose(looked, receipts.trips, customers, world, rng)
    return np.where(place >= 0, world.shelves.product[place], NOTHING)
