"""Replenish: what to order from whom today, so that what is asked for is met at the least stock."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.lead_demand import Floats, demand_within, line_parts, week_draws
from decisions.order_plan import affordable
from decisions.order_play import NUM_COURSES
from decisions.order_points import Tradeoff, order_points, played_tradeoff, tradeoff
from measures.inventory import lead_demand_sd, safety_stock
from schema.errors import BadInput
from schema.order_policy import OrderPolicy, Target
from schema.supply import OrderLines, OrderProposal


@dataclass(frozen=True)
class LineDemand:
    """Demand of lines over what an order must cover, `[num_lines]` and `[num_lines, num_draws]`.

    Attributes:
        until_order: units until an order placed now comes; until_next: until one placed at the next review comes.
        in_review: expected units in one review period.
        day_mean, day_sd: units a day, days being independent, as the textbook has it.
        over_life: units within the shelf life; infinite for what keeps.
        weeks: `[num_lines, num_weeks, NUM_COURSES]` float32, some of the courses week by week.
    """

    until_order: Floats
    until_next: Floats
    in_review: Floats
    day_mean: Floats
    day_sd: Floats
    over_life: Floats
    weeks: npt.NDArray[np.float32]

    @classmethod
    def of(cls, lines: OrderLines, review_days: int) -> "LineDemand":
        """Drawn from the lines' quantiles and lead times."""
        drawn = [cls._of_some(lines, part, review_days) for part in line_parts(len(lines))]
        return cls(**{name: np.concatenate([getattr(one, name) for one in drawn]) for name in vars(drawn[0])})

    @classmethod
    def _of_some(cls, lines: OrderLines, part: slice, review_days: int) -> "LineDemand":
        weeks, lead, life = week_draws(lines.demand[part]), lines.lead_days[part], lines.shelf_life_days[part, None]
        keeps = ~np.isfinite(life)
        over_life = demand_within(weeks, np.broadcast_to(np.where(keeps, 0.0, life), lead.shape).astype(np.float64))
        return cls(
            until_order=demand_within(weeks, lead),
            until_next=demand_within(weeks, lead + review_days),
            in_review=demand_within(weeks, np.full_like(lead, review_days)).mean(axis=1),
            day_mean=weeks.mean(axis=(1, 2)) / 7,
            day_sd=weeks.std(axis=2).mean(axis=1) / np.sqrt(7),
            over_life=np.where(keeps, np.inf, over_life),
            weeks=_some_courses(weeks, part.start),
        )


def _some_courses(weeks: Floats, first: int) -> npt.NDArray[np.float32]:
    """NUM_COURSES of each line's courses: lines take turns, so that what chance makes of few evens out over them."""
    number, every = len(weeks), weeks.reshape(*weeks.shape[:2], -1, NUM_COURSES)
    turn = (first + np.arange(number)) % every.shape[2]
    return np.asarray(every[np.arange(number), :, turn], np.float32)


@dataclass(frozen=True)
class Wanted:
    """What is to be ordered `[num_lines]`: order points, units, and those the waste limit took off."""

    points: Floats
    units: Floats
    spared: Floats


def checked(policy: OrderPolicy) -> OrderPolicy:
    """The policy.

    Raises:
        BadInput: if a share is not between 0 and 1, the review is shorter than a day, or a limit is below 0.
    """
    if not 0 < policy.level < 1:
        raise BadInput(f"A level of {policy.level:g} cannot be reached.", remedy="Ask for one between 0 and 1.")
    if policy.review_days < 1:
        raise BadInput(f"A review every {policy.review_days} days is none.", remedy="Give at least one day.")
    limits = {"budget": policy.budget, "capacity": policy.capacity_units, "waste share": policy.waste_share}
    for name, limit in limits.items():
        if limit is not None and not limit >= 0:
            raise BadInput(f"A {name} of {limit:g} is below 0.", remedy="Give 0 or more.")
    return policy


def batch_units(lines: OrderLines, in_review: Floats) -> Floats:
    """Units that an order lifts the stock by beyond what is missing `[num_lines]`, at least 1.

    A line that sells its minimum order within a review is ordered at each one and overshoots by a pack at most.
    """
    least = np.ceil(np.maximum(lines.min_order_units, 1) / lines.pack_units) * lines.pack_units
    return np.asarray(np.where(in_review < least, np.maximum(least, lines.pack_units), lines.pack_units))


def wanted(lines: OrderLines, policy: OrderPolicy) -> tuple[Wanted, LineDemand]:
    """Order points and orders of all lines, before budget and capacity.

    Raises:
        BadInput: of `checked`.
    """
    checked(policy)
    demand = LineDemand.of(lines, policy.review_days)
    points = order_points(choices(lines, demand, policy), lines, policy)
    units = ordered_units(points, lines.on_hand + lines.on_order, lines, demand.until_next.mean(axis=1) > 0)
    kept = units if policy.waste_share is None else _less_waste(units, lines, demand, policy.waste_share)
    return Wanted(points, kept, units - kept), demand


def choices(lines: OrderLines, demand: LineDemand, policy: OrderPolicy) -> Tradeoff:
    """What each order point of each line brings: played where a fill rate is asked, for what is short is lost."""
    batch = batch_units(lines, demand.in_review)
    found = tradeoff(demand.until_order, demand.until_next, batch)
    is_played = policy.target is Target.FILL_RATE
    return played_tradeoff(found, demand.weeks, lines, batch, policy.review_days) if is_played else found


def ordered_units(points: Floats, position: Floats, lines: OrderLines, sells: npt.NDArray[np.bool_]) -> Floats:
    """Units of each order `[num_lines]`: whole packs, at least the minimum, to above the point; 0 above it.

    Args:
        position: units on the shelf and on order.
        sells: whether any demand is expected; where none is, nothing is ordered.
    """
    missing = np.maximum(points + 1 - position, lines.min_order_units)
    units = np.ceil(np.maximum(missing, 1) / lines.pack_units - 1e-9) * lines.pack_units
    return np.asarray(np.where((position <= points) & sells, units, 0.0))


def propose(lines: OrderLines, policy: OrderPolicy, *, on: date) -> list[OrderProposal]:
    """What to order on a day, the lines with no order left out, in the order of the lines.

    Raises:
        BadInput: if the policy asks for what cannot be; or a budget is set and a unit cost is unknown.
        Unavailable: if no plan within the limits was found in time.
    """
    found, demand = wanted(lines, policy)
    units = _within_limits(found.units, lines, demand, policy)
    rows = np.flatnonzero(units > 0).tolist()
    position = lines.on_hand + lines.on_order + units
    until = demand.until_next
    mean = np.maximum(until.mean(axis=1), 1e-9)
    fill = 1 - np.maximum(until - position[:, None], 0).mean(axis=1) / mean
    out = (until > position[:, None]).mean(axis=1)
    lead, days = lines.lead_days.mean(axis=1), lines.lead_days.mean(axis=1) + policy.review_days
    textbook = safety_stock(
        policy.level, lead_demand_sd(demand.day_mean, demand.day_sd, days, lines.lead_days.std(axis=1))
    )
    return [
        OrderProposal(
            sku=str(lines.sku[row]),
            store_id=str(lines.store_id[row]),
            supplier_id=str(lines.supplier_id[row]),
            units=float(units[row]),
            order_on=on,
            expected_on=on + timedelta(days=round(float(np.median(lines.lead_days[row])))),
            on_hand_units=float(lines.on_hand[row]),
            on_order_units=float(lines.on_order[row]),
            reorder_point=float(found.points[row]),
            safety_stock=float(found.points[row] - mean[row]),
            textbook_safety_stock=float(textbook[row]),
            expected_demand=float(mean[row]),
            fill_rate=float(np.clip(fill[row], 0, 1)),
            stock_out_probability=float(out[row]),
            cover_days=float(position[row] / max(float(demand.day_mean[row]), 1e-9)),
            cost=float(units[row] * lines.unit_cost[row]) if np.isfinite(lines.unit_cost[row]) else None,
            reason=_reason(row, lines, found, units, mean, lead, policy),
        )
        for row in rows
    ]


def _within_limits(units: Floats, lines: OrderLines, demand: LineDemand, policy: OrderPolicy) -> Floats:
    if policy.budget is None and policy.capacity_units is None:
        return units
    unknown = ~np.isfinite(lines.unit_cost) & (units > 0)
    if policy.budget is not None and unknown.any():
        raise BadInput(
            f"The unit cost of {lines.sku[int(unknown.argmax())]} is unknown, and a budget counts it.",
            column="unit_cost",
            remedy="Give unit_cost in `supplies` or `products`, or leave the budget out.",
        )
    stock = lines.on_hand + lines.on_order
    return affordable(
        units,
        pack=lines.pack_units,
        least=lines.min_order_units,
        cost=np.nan_to_num(lines.unit_cost),
        gained=np.maximum(demand.until_next - stock[:, None], 0),
        limits=(policy.budget, policy.capacity_units),
    )


def _less_waste(units: Floats, lines: OrderLines, demand: LineDemand, share: float) -> Floats:
    """Orders cut to the largest number of packs whose expected waste within the shelf life is at most a share of them.

    What is on the shelf and on order is taken to be sold first. Less than the minimum order is no order.
    """
    stock, kept = lines.on_hand + lines.on_order, units.copy()
    for _ in range(int((units / lines.pack_units).max(initial=0))):
        left = np.maximum(stock[:, None] + kept[:, None] - demand.over_life, 0)
        waste = np.minimum(left, kept[:, None]).mean(axis=1)
        is_much = (kept > 0) & (waste > share * kept + 1e-9)
        if not is_much.any():
            break
        kept = np.where(is_much, kept - lines.pack_units, kept)
    return np.asarray(np.where(kept + 1e-9 >= np.maximum(lines.min_order_units, 1), kept, 0.0))


_ASKED: Final = {
    Target.FILL_RATE: "a fill rate of {:.1%} over all lines",
    Target.SERVICE_LEVEL: "a chance of {:.1%} to meet all demand",
    Target.NEWSVENDOR: "the balance of margin and holding cost",
}


def _reason(  # the numbers that decided, as they stand
    row: int, lines: OrderLines, found: Wanted, units: Floats, mean: Floats, lead: Floats, policy: OrderPolicy
) -> str:
    position, point = lines.on_hand[row] + lines.on_order[row], found.points[row]
    said = (
        f"{position:g} units on shelf and on order are no more than the order point of {point:g}, which "
        f"{_ASKED[policy.target].format(policy.level)} asks for: {mean[row]:.1f} units are expected in the "
        f"{lead[row]:.0f} days that the order takes and the {policy.review_days} until the next one."
    )
    if found.spared[row] > 0:
        said += f" {found.spared[row]:g} units fewer than that asks for, for they would pass their shelf life."
    if units[row] < found.units[row]:
        said += f" {found.units[row] - units[row]:g} units fewer than wanted, to stay within budget and capacity."
    return said
