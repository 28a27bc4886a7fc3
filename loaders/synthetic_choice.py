"""How a household picks one product for a need: a multinomial logit over what the store has, with tastes of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Floats, Ints, normal_of, pieces, uniform_of
from loaders.synthetic_customers import Customers, Occasions, Trips
from loaders.synthetic_tallies import Tallies
from loaders.synthetic_world import World

SLICE = 40_000
NOTHING = -1


@dataclass(frozen=True)
class Candidates:
    """What each occasion chooses among, `[num_candidates]` each, sorted by occasion; `starts` is `[num_occasions]`."""

    occasion: Ints
    place: Ints
    product: Ints
    customer: Ints
    week: Ints
    starts: Ints
    utility: Floats
    promoted: Floats
    beta: Floats
    is_out: npt.NDArray[np.bool_]


def choose(
    occasions: Occasions,
    trips: Trips,
    customers: Customers,
    world: World,
    rng: np.random.Generator,
    tallies: Tallies | None = None,
) -> Ints:
    """The place chosen on each occasion, `[num_occasions]`, -1 where nothing was bought; sums go to `tallies`.

    When the wanted product is out, the household leaves without (the need's lost share) or takes its next best.

    Source: McFadden 1974 (multinomial logit as maximum of utilities with Gumbel noise).
    """
    chosen = np.full(len(occasions), NOTHING, np.int64)
    for rows in _slices(occasions, trips, world):
        part = occasions.take(rows)
        candidates = _candidates(part, trips, customers, world)
        chosen[rows] = _picked(part, candidates, world, rng, tallies)
    return chosen


def _slices(occasions: Occasions, trips: Trips, world: World) -> Iterator[Ints]:
    """Rows of occasions whose need the store ranges, a bounded number at a time."""
    cell = trips.store[occasions.trip] * world.shelves.num_needs + occasions.need
    ranged = np.flatnonzero(world.shelves.count[cell] > 0)
    for first in range(0, len(ranged), SLICE):
        yield ranged[first : first + SLICE]


def _candidates(occasions: Occasions, trips: Trips, customers: Customers, world: World) -> Candidates:
    shelves, catalogue, like = world.shelves, world.catalogue, world.params.behaviour
    cell = trips.store[occasions.trip] * shelves.num_needs + occasions.need
    occasion, position = pieces(shelves.count[cell])
    place = shelves.start[cell][occasion] + position
    product = shelves.product[place]
    trip = occasions.trip[occasion]
    household, day = trips.customer[trip], trips.day[trip]
    customer, week = customers.first + household, day // 7
    tier = np.abs(catalogue.tier[product] - customers.tier[household]).astype(np.float32)
    utility = catalogue.appeal[product] - np.float32(like.tier_penalty) * tier
    utility += np.float32(like.brand_taste) * normal_of(customer, catalogue.brand[product], world.seed + 11)
    utility += np.float32(like.product_taste) * normal_of(customer, product, world.seed + 12)
    wanted_form = _wanted_form(occasions, trips, customers, world)[occasion]
    utility -= np.float32(like.form_penalty) * (catalogue.form[product] != wanted_form)
    utility += _affinity(occasions, occasion, product, world)
    beta = catalogue.needs.price_beta[occasions.need][occasion] * customers.sensitivity[household]
    offered, promoted = _offered(product, customer, week, beta, world)
    utility += offered
    is_sold = (shelves.first_day[place] <= day) & (day < shelves.last_day[place])
    is_sold &= product != occasions.avoid[occasion]
    return Candidates(
        occasion=occasion,
        place=place,
        product=product,
        customer=customer,
        week=week,
        starts=np.flatnonzero(position == 0),
        utility=np.where(is_sold, utility, np.float32(-np.inf)),
        promoted=promoted,
        beta=beta,
        is_out=(shelves.out_from[place] <= day) & (day < shelves.out_to[place]),
    )


def _wanted_form(occasions: Occasions, trips: Trips, customers: Customers, world: World) -> Ints:
    """The form that each occasion's household insists on for this need, for good."""
    share = world.params.behaviour.special_form_households
    customer = customers.first + trips.customer[occasions.trip]
    draw = uniform_of(customer, occasions.need, world.seed + 13)
    count = np.array([len(category.forms) for category in world.params.categories])
    forms = count[world.catalogue.needs.category[occasions.need]]
    return np.where(draw < share, 1 + np.floor(draw / share * forms), 0).astype(np.int64)


def _affinity(occasions: Occasions, occasion: Ints, product: Ints, world: World) -> Floats:
    """What goes with the anchor bought on the same trip: its brand, and its special form."""
    like, catalogue = world.params.behaviour, world.catalogue
    anchor = occasions.anchor[occasion]
    is_brand = (anchor >= 0) & (catalogue.brand[anchor] == catalogue.brand[product])
    word = world.form_word
    is_form = (anchor >= 0) & (word[anchor] == word[product]) & (word[product] > 0)
    return (like.same_brand_affinity * is_brand + like.same_form_affinity * is_form).astype(np.float32)


def _offered(product: Ints, customer: Ints, week: Ints, beta: Floats, world: World) -> tuple[Floats, Floats]:
    """Utility of price and promotion in that week, and the promotion's part; a coupon only moves who was sent it."""
    offers, catalogue, promotions = world.offers, world.catalogue, world.offers.promotions
    offered = -beta * np.log(offers.price[product, week] / catalogue.list_price[product])
    covered = offers.covered[product, week]
    rows = np.flatnonzero(covered >= 0)
    promotion = promotions.promotion[covered[rows]]
    is_coupon = offers.is_coupon[promotions.kind[promotion]]
    responds = ~is_coupon | offers.is_sent(promotion, customer[rows])
    off = np.where(is_coupon, np.log1p(-promotions.discount[covered[rows]]), np.float32(0))
    offered[rows] += responds * (promotions.utility[covered[rows]] - beta[rows] * off)
    promoted = np.zeros_like(offered)
    usual = np.log(offers.regular[product[rows], week[rows]] / catalogue.list_price[product[rows]])
    promoted[rows] = offered[rows] + beta[rows] * usual
    return offered, promoted


def _picked(
    occasions: Occasions, candidates: Candidates, world: World, rng: np.random.Generator, tallies: Tallies | None
) -> Ints:
    noise = -np.log(rng.standard_exponential(len(candidates.place), dtype=np.float32) + np.float32(1e-30))
    noisy = candidates.utility + noise
    wanted = _best(noisy, candidates)
    taken = _best(np.where(candidates.is_out, np.float32(-np.inf), noisy), candidates)
    is_moved = (wanted >= 0) & candidates.is_out[wanted]
    lost_share = world.catalogue.needs.lost_share[occasions.need]
    is_lost = is_moved & (rng.random(len(occasions), dtype=np.float32) < lost_share)
    taken = np.where(is_lost, NOTHING, taken)
    if tallies is not None:
        _tally(candidates, world, tallies)
        _tally_moves(candidates, wanted, taken, lost_share, np.flatnonzero(is_moved), tallies)
    return np.where(taken >= 0, candidates.place[taken], NOTHING)


def _best(noisy: Floats, candidates: Candidates) -> Ints:
    """Row of each occasion's best candidate, -1 where there is none, `[num_occasions]`."""
    top = np.maximum.reduceat(noisy, candidates.starts)
    rows = np.flatnonzero(noisy == top[candidates.occasion])
    occasion = candidates.occasion[rows]
    rows = rows[np.append(True, occasion[1:] != occasion[:-1])]
    return np.where(np.isfinite(top), rows, NOTHING)


def _chances(utility: Floats, candidates: Candidates) -> Floats:
    """Logit probabilities within each occasion; 0 throughout where nothing can be had."""
    top = np.maximum.reduceat(utility, candidates.starts)
    top = np.where(np.isfinite(top), top, np.float32(0))
    weight = np.exp(utility - top[candidates.occasion])
    total = np.add.reduceat(weight, candidates.starts)
    return np.asarray(weight / np.maximum(total, np.float32(1e-30))[candidates.occasion], np.float32)


def _tally(candidates: Candidates, world: World, tallies: Tallies) -> None:
    chance = _chances(np.where(candidates.is_out, np.float32(-np.inf), candidates.utility), candidates)
    rows = np.flatnonzero(chance > 1e-4)
    product, share = candidates.product[rows], chance[rows].astype(np.float64)
    tallies.add_choices(product, share, candidates.beta[rows])
    covered = world.offers.covered[product, candidates.week[rows]]
    lifted = covered >= 0
    tallies.add_lifts(covered[lifted], share[lifted], candidates.promoted[rows][lifted])


def _tally_moves(
    candidates: Candidates, wanted: Ints, taken: Ints, lost_share: Floats, moved: Ints, tallies: Tallies
) -> None:
    """Where demand for what was out went: given that it was wanted most, the rest is a logit without it."""
    place = candidates.place[wanted[moved]]
    np.add.at(tallies.wanted, place, 1)
    np.add.at(tallies.lost, place[taken[moved] < 0], 1)
    chance = _chances(np.where(candidates.is_out, np.float32(-np.inf), candidates.utility), candidates)
    is_moved = np.zeros(len(wanted), bool)
    is_moved[moved] = True
    rows = np.flatnonzero(is_moved[candidates.occasion] & (chance > 1e-4))
    occasion = candidates.occasion[rows]
    tallies.add_moves(
        anchor=candidates.product[wanted[occasion]],
        candidate=candidates.product[rows],
        expected=(chance[rows] * (1 - lost_share[occasion])).astype(np.float64),
        seen=rows == taken[occasion],
    )
