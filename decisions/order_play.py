"""Order points played: what each one loses where demand that finds no stock is lost, day by day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.lead_demand import Floats

NUM_PLAYED: Final = 16
"""Order points that are played for each line; those between them are read off straight lines."""
NUM_COURSES: Final = 48
"""Courses of demand that each is played over, the same for all."""
_CHUNK: Final = 64
"""Lines played at once."""
Whole = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.float32]
Courses = npt.NDArray[np.floating]


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
    come. Counted are the days from when an order placed at the review comes until one placed at the next does. Each
    order has a lead time of its own.

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
    first = before + lead[:, :, before // review_days]
    at_day = np.arange(days)[None, :, None]
    counted = ((at_day >= first[:, None]) & (at_day < first[:, None] + review_days)).astype(np.float32)
    above = np.ceil(terms.batch[:, None, None] * rng.random((1, 1, courses)))
    shelf = (levels[:, :, None] + above).astype(np.float32)
    coming = np.zeros((days + longest + 1, *shelf.shape), np.float32)
    each = _earlier_orders(shelf, leads, demand[:, :review_days].sum(axis=1).mean(axis=1), review_days)
    under_way = _under_way(each, coming, leads, review_days)
    shelf = np.maximum(shelf - under_way - each, 0)
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
            lost += np.einsum("lkc,lc->lk", unmet, counted[:, day])
    wanted = np.einsum("ldc,ldc->l", demand, counted)
    return lost / courses, np.asarray(wanted / courses, np.float64)


def _earlier_orders(position: Shorts, leads: Whole, in_review: Shorts, review_days: int) -> Shorts:
    """What each review before the first one ordered: a review's demand, or an even part of a position too low for it.

    Were all on the shelf at once, orders would come in waves.
    """
    number = np.round(leads.mean(axis=1)) // review_days
    return np.asarray(np.minimum(in_review[:, None, None], position / (number + 2)[:, None, None]), np.float32)


def _under_way(each: Shorts, coming: Shorts, leads: Whole, review_days: int) -> Shorts:
    """Put into `coming` what earlier reviews ordered and has not come, and return its sum, shaped like `each`."""
    under_way, lead = np.zeros_like(each), np.round(leads.mean(axis=1)).astype(np.int64)
    for back in range(1, int(lead.max(initial=0)) // review_days + 1):
        rows = np.flatnonzero(lead >= back * review_days)
        coming[lead[rows] - back * review_days, rows] += each[rows]
        under_way[rows] += each[rows]
    return under_way


def _ordered(levels: Shorts, position: Shorts, terms: Terms) -> Shorts:
    """Units ordered: none above the order point, else whole packs to above it, the least order at least."""
    pack = terms.pack[:, None, None].astype(np.float32)
    missing = np.maximum(levels[:, :, None] + 1 - position, terms.least[:, None, None].astype(np.float32))
    units = np.ceil(np.maximum(missing, 1) / pack - 1e-4) * pack
    return np.asarray(np.where(position <= levels[:, :, None], units, 0), np.float32)


def _by_day(weeks: Courses, before: int, after: int) -> Shorts:
    """Whole units wanted by day `[num_lines, before + after, num_courses]`, evenly spread in each week.

    Days before the review are like its first week, each course's own by another's draw; days after the last week are
    like that one.
    """
    rng = np.random.default_rng(3)
    number, courses = weeks.shape[1:]
    num_before, num_after = -(-before // 7), -(-after // 7)
    early = [weeks[:, :1, rng.permutation(courses)] for _ in range(num_before)]
    late = [weeks[:, [min(week, number - 1)]] for week in range(num_after)]
    whole = np.concatenate([*early, *late], axis=1)
    begins = rng.random(whole.shape)
    until = [np.floor(whole * (day / 7) + begins) for day in range(8)]
    days = np.stack([until[day + 1] - until[day] for day in range(7)], axis=2)
    flat = days.reshape(len(weeks), -1, courses)
    start = 7 * num_before - before
    return np.asarray(flat[:, start : start + before + after], np.float32)
