"""Households: who they are, when they shop, and which needs they come for."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Floats, Ints, pieces, stream
from loaders.synthetic_needs import Needs
from loaders.synthetic_parameters import Parameters

DAYS: Final = 10_000
"""More than a shop has, so that customer and day make one number."""


@dataclass(frozen=True)
class Customers:
    """A chunk of customers, `[num_customers]` each; `first` is the number of the chunk's first one."""

    first: int
    segment: Ints
    tier: Ints
    sensitivity: Floats
    activity: Floats
    home: Ints
    joined_day: Ints

    def __len__(self) -> int:
        return len(self.segment)


@dataclass(frozen=True)
class Trips:
    """Visits of a chunk of customers, `[num_trips]` each, sorted by customer and day, one a day at most."""

    customer: Ints
    day: Ints
    store: Ints
    second: Ints


@dataclass(frozen=True)
class Occasions:
    """Needs to be met on trips, `[num_occasions]` each.

    Attributes:
        units: how many are wanted.
        anchor: the product bought on the same trip that brought this need along, or -1.
        avoid: a product not to be chosen (again), or -1.
    """

    trip: Ints
    need: Ints
    units: Ints
    anchor: Ints
    avoid: Ints

    def __len__(self) -> int:
        return len(self.trip)

    def take(self, rows: Ints | npt.NDArray[np.bool_]) -> "Occasions":
        """Some of the occasions, in the order of `rows`."""
        return Occasions(self.trip[rows], self.need[rows], self.units[rows], self.anchor[rows], self.avoid[rows])


def make_customers(params: Parameters, store_share: Floats, seed: int, chunk: int) -> Customers:
    """One chunk of the customers; chunks are independent of each other and of how many there are."""
    rng, scale = stream(seed, "customers", chunk), params.scale
    first = chunk * scale.customers_per_chunk
    count = min(scale.customers_per_chunk, scale.customers - first)
    segments = params.words.segments
    weights = np.array([float(weight) for _, _, weight in segments])
    segment = rng.choice(len(segments), count, p=weights / weights.sum())
    tier = np.array([int(tier) for _, tier, _ in segments])[segment]
    shape = params.behaviour.activity_shape
    share = store_share.astype(np.float64)
    late = rng.random(count) < 0.15
    return Customers(
        first=first,
        segment=segment.astype(np.int64),
        tier=tier.astype(np.int64),
        sensitivity=np.array(params.prices.household_sensitivity, np.float32)[tier],
        activity=(rng.gamma(shape, 1 / shape, count) + 0.05).astype(np.float32),
        home=rng.choice(len(share), count, p=share / share.sum()).astype(np.int64),
        joined_day=np.where(late, rng.integers(0, params.shop.days * 2 // 3, count), -rng.integers(1, 2000, count)),
    )


def make_trips(customers: Customers, params: Parameters, num_stores: int, rng: np.random.Generator) -> Trips:
    """When and where each customer of a chunk shops: more at weekends and in December, less in January."""
    count = 1 + rng.poisson(params.scale.trips * customers.activity)
    customer, _ = pieces(count)
    reached = np.concatenate([[0.0], np.cumsum(_day_weights(params))])
    reached /= reached[-1]
    joined = np.clip(customers.joined_day, 0, None)[customer]
    draw = reached[joined] + rng.random(len(customer)) * (1 - reached[joined])
    day = np.clip(np.searchsorted(reached, draw, side="right") - 1, joined, params.shop.days - 1)
    key = np.unique(customer * DAYS + day)
    customer, day = key // DAYS, key % DAYS
    elsewhere = rng.random(len(key)) < params.behaviour.other_store_share
    store = np.where(elsewhere, rng.integers(0, num_stores, len(key)), customers.home[customer])
    hour = np.clip(rng.normal(15.5, 3.2, len(key)), 8, 20.9)
    return Trips(customer=customer, day=day, store=store, second=(hour * 3600).astype(np.int64))


def _day_weights(params: Parameters) -> npt.NDArray[np.float64]:
    like, days = params.behaviour, params.shop.days
    weights = np.resize(np.array(like.weekday_weights, np.float64), days)
    month = np.arange(days) * 12 // days
    return weights * np.where(month == 0, like.january_low, np.where(month == 11, like.december_high, 1.0))


def make_occasions(
    customers: Customers, trips: Trips, needs: Needs, params: Parameters, rng: np.random.Generator
) -> Occasions:
    """Needs that come due on each customer's list, met on the next trip, and a few impulses off the list."""
    owner, need = _need_lists(customers, needs, params, rng)
    trip, due = _due(customers, trips, owner, need, needs, params, rng)
    impulses = rng.poisson(params.behaviour.impulses_per_trip, len(trips.day))
    weight = needs.weight.astype(np.float64)
    trip = np.concatenate([trip, np.repeat(np.arange(len(trips.day)), impulses)])
    due = np.concatenate([due, rng.choice(len(needs), int(impulses.sum()), p=weight / weight.sum())])
    key, times = np.unique(trip * len(needs) + due, return_counts=True)
    extra = rng.poisson(params.behaviour.extra_units, len(key))
    nobody = np.full(len(key), -1, np.int64)
    units = np.minimum(times, 3) + extra
    return Occasions(trip=key // len(needs), need=key % len(needs), units=units, anchor=nobody, avoid=nobody)


def _need_lists(customers: Customers, needs: Needs, params: Parameters, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Each household's list: some staples, the rest by popularity; `(customer, need)` without repeats."""
    count = np.maximum(2, rng.poisson(params.scale.needs_per_customer * np.sqrt(customers.activity)))
    owner, _ = pieces(count)
    weight = needs.weight.astype(np.float64)
    need = rng.choice(len(needs), len(owner), p=weight / weight.sum())
    staples = np.flatnonzero(needs.is_staple)
    member = rng.random((len(customers), len(staples))) < min(
        0.95, params.scale.staples_per_customer / max(1, len(staples))
    )
    who, which = np.nonzero(member)
    key = np.unique(np.concatenate([owner * len(needs) + need, who * len(needs) + staples[which]]))
    return key // len(needs), key % len(needs)


def _due(
    customers: Customers,
    trips: Trips,
    owner: Ints,
    need: Ints,
    needs: Needs,
    params: Parameters,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """Renewals of each listed need (gamma intervals, season thinned), each carried to the household's next trip."""
    days, shape = params.shop.days, params.behaviour.interval_shape
    pace = rng.lognormal(0, 0.3, len(owner)) / np.sqrt(customers.activity[owner])
    interval = needs.interval_days[need] * pace
    entry, position = pieces((days / interval).astype(np.int64) + 2)
    gaps = rng.gamma(shape, 1 / shape, len(entry)) * interval[entry]
    gaps = np.where(position == 0, gaps * rng.random(len(entry)), gaps)
    passed = np.cumsum(gaps)
    starts = np.flatnonzero(position == 0)
    passed -= np.repeat(passed[starts] - gaps[starts], np.diff(np.append(starts, len(entry))))
    season, peak = needs.season[need[entry]], needs.season_peak[need[entry]]
    height = 1 + season * np.cos(2 * np.pi * (passed / 7 - peak) / 52)
    is_due = (passed < days) & (rng.random(len(entry)) < height / (1 + season))
    entry, day = entry[is_due], passed[is_due].astype(np.int64)
    trip = np.searchsorted(trips.customer * DAYS + trips.day, owner[entry] * DAYS + day)
    is_met = trip < len(trips.day)
    is_met[is_met] = trips.customer[trip[is_met]] == owner[entry[is_met]]
    return trip[is_met], need[entry[is_met]]
