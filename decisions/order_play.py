"""Order points played: what each one loses where demand that finds no stock is lost, day by day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.lead_demand import Floats

NUM_PLAYED: Final = 16
"""Order points that are played for each line; those between them are read off straight lines."""
NUM_COURSES: Final = 64
"""Courses of demand that each is played over: a power of two, for so many of NUM_DRAWS fill their space evenly."""
_CHUNK: Final = 64
"""Lines played at once."""
Whole = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.float32]
Courses = npt.NDArray[np.floating]
Rng = np.random.Generator


@dataclass(frozen=True)
class Terms:
    """What an order must keep to `[num_lines]`: units of a pack, and of the least order.

    Attributes:
        batch: units that an order lifts the stock by beyond what is missing.
    """

    pack: Floats
    least: Floats
    batch: Floats


@dataclass(frozen=True)
class Played:
    """What came of each order point in the review period that an order placed now is for.

    Attributes:
        lost: `[num_lines, num_levels]` expected units that were not met.
        wanted: `[num_lines]` expected units wanted.
    """

    lost: Floats
    wanted: Floats


def played(levels: Floats, weeks: Courses, lead_days: Floats, terms: Terms, review_days: int) -> Played:
    """Play each order point over courses of demand, orders and deliveries.

    Shelves begin with anything from just above the point to a batch above it. First the weeks before the review are
    played, with demand like that of the first week, until orders under way are what they would be; then the weeks to
    come. Counted is a review period from when an order placed at the review comes on average. Each order has a lead
    time of its own.

    Args:
        levels: `[num_lines, num_levels]` order points.
        weeks: `[num_lines, num_weeks, num_draws]` of `week_draws`.
        lead_days: `[num_lines, num_draws]`.
    """
    most = np.ceil(lead_days.max(axis=1))
    order = np.argsort(most, kind="stable")
    lost, wanted = np.empty(levels.shape), np.empty(len(levels))
    for start in range(0, len(order), _CHUNK):
        at = order[start : start + _CHUNK]
        part = Terms(terms.pack[at], terms.least[at], terms.batch[at])
        lost[at], wanted[at] = _chunk(levels[at], weeks[at], lead_days[at], part, review_days)
    return Played(lost, wanted)


def _chunk(levels: Floats, weeks: Courses, lead_days: Floats, terms: Terms, review_days: int) -> tuple[Floats, Floats]:
    leads = np.round(lead_days).astype(np.int64)
    longest = int(leads.max(initial=0))
    before = (-(-longest // review_days) + 1) * review_days
    demand = _by_day(weeks[..., :NUM_COURSES], before, longest + review_days)
    days, courses = demand.shape[1:]
    rng = np.random.default_rng(2)
    lead = rng.permuted(leads, axis=1)[:, rng.integers(0, leads.shape[1], (courses, days // review_days + 1))]
    # Counted from a delivery on, shelves would look fuller than they are: those of late orders would be cut off.
    first = before + np.round(leads.mean(axis=1)).astype(np.int64)[:, None]
    counted = ((np.arange(days) >= first) & (np.arange(days) < first + review_days)).astype(np.float32)
    above = np.ceil(terms.batch[:, None, None] * _evenly(len(levels), courses, rng)[:, None])
    shelf = (levels[:, :, None] + above).astype(np.float32)
    coming = np.zeros((days + longest + 1, *shelf.shape), np.float32)
    in_review = demand[:, :review_days].sum(axis=1).mean(axis=1)[:, None, None]
    under_way = _under_way(shelf, above, coming, terms, (in_review, leads, review_days), rng)
    shelf = np.maximum(shelf - under_way - _whole(np.broadcast_to(in_review, above.shape), rng), 0)
    lost = np.zeros(levels.shape)
    places = np.ogrid[tuple(slice(size) for size in shelf.shape)]
    for day in range(days):
        if day % review_days == 0:
            units = _ordered(levels.astype(np.float32), shelf + under_way, terms)
            coming[(day + lead[:, None, :, day // review_days], *places)] += units
            under_way += units
        shelf += coming[day]
        under_way -= coming[day]
        asked = demand[:, day][:, None]
        unmet = np.maximum(asked - shelf, 0)
        shelf -= asked
        np.maximum(shelf, 0, out=shelf)
        if day >= before:
            lost += unmet.sum(axis=2) * counted[:, day, None]
    wanted = np.einsum("ldc,ld->l", demand, counted)
    return lost / courses, np.asarray(wanted / courses, np.float64)


def _evenly(lines: int, courses: int, rng: Rng) -> Floats:
    """Chances that fill 0 to 1 evenly over each line's courses, each line's in an order of its own `[lines, courses]`.

    Were they alike for all lines, what chance makes of so few would be the same for each, and not even out.
    """
    places = rng.permuted(np.tile(np.arange(courses), (lines, 1)), axis=1)
    return np.asarray((places + 1 - rng.random((lines, courses))) / courses)


def _whole(units: Courses, rng: Rng) -> Shorts:
    """The same units on average, whole ones: part of a unit on a shelf would be short whenever one is wanted."""
    chance = rng.random((len(units), 1, units.shape[2]), np.float32)
    return np.asarray(np.floor(units + chance), np.float32)


def _under_way(
    position: Shorts, above: Floats, coming: Shorts, terms: Terms, pace: tuple[Shorts, Whole, int], rng: Rng
) -> Shorts:
    """Put into `coming` what earlier reviews ordered and has not come, and return its sum, shaped like `position`.

    A line that sells less than a batch between two reviews ordered one whenever so much was sold, the last time when
    it had sold what is missing to a batch above its point. One that sells more ordered at each review what it sells
    until the next, or an even part of a position too low for that: were all on the shelf, orders would come in waves.

    Args:
        pace: units sold between two reviews `[num_lines, 1, 1]`, lead times, and days between reviews.
    """
    in_review, leads, review_days = pace
    under_way, lead = np.zeros_like(position), np.round(leads.mean(axis=1)).astype(np.int64)
    batch = terms.batch[:, None, None]
    size = np.maximum(batch, in_review)
    since = size * (1 - above / batch)
    even = np.minimum(in_review, position / (lead // review_days + 2)[:, None, None])
    is_slow = batch > in_review
    for back in range(1, int(lead.max(initial=0)) // review_days + 1):
        rows = np.flatnonzero(lead >= back * review_days)
        until = [np.ceil(np.maximum((at * in_review - since) / size, 0)) for at in (back, back - 1)]
        units = np.where(is_slow, size * (until[0] - until[1]), _whole(even, rng))[rows]
        coming[lead[rows] - back * review_days, rows] += units
        under_way[rows] += units
    return under_way


def _ordered(levels: Shorts, position: Shorts, terms: Terms) -> Shorts:
    """Units ordered: none above the order point, else whole packs to above it, the least order at least."""
    pack = terms.pack[:, None, None].astype(np.float32)
    missing = np.maximum(levels[:, :, None] + 1 - position, terms.least[:, None, None].astype(np.float32))
    units = np.ceil(np.maximum(missing, 1) / pack - 1e-4) * pack
    return np.asarray(np.where(position <= levels[:, :, None], units, 0), np.float32)


def _by_day(weeks: Courses, before: int, after: int) -> Shorts:
    """Whole units wanted by day `[num_lines, before + after, num_courses]`, each of a week's on any of its days.

    Days before the review are like its first week, each course's own by another's draw; days after the last week are
    like that one.
    """
    rng = np.random.default_rng(3)
    number, courses = weeks.shape[1:]
    num_before, num_after = -(-before // 7), -(-after // 7)
    early = [weeks[:, :1, rng.permutation(courses)] for _ in range(num_before)]
    late = [weeks[:, [min(week, number - 1)]] for week in range(num_after)]
    whole = np.concatenate([*early, *late], axis=1)
    units = np.floor(whole + rng.random(whole.shape)).astype(np.int64)
    days = np.moveaxis(rng.multinomial(units, np.full(7, 1 / 7)), -1, 2)
    flat = days.reshape(len(weeks), -1, courses)
    start = 7 * num_before - before
    return np.asarray(flat[:, start : start + before + after], np.float32)
