"""Disruption: what a supplier's delay does to each store's shelves, where the demand goes, and what to order then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from decisions.lead_demand import demand_within, week_draws
from decisions.moment import Moment
from decisions.order_lines import Floats, Ordering, OrderWish, Rows, kept_rows, ordering
from decisions.replenish import propose
from decisions.transfers import takers
from schema.errors import BadInput
from schema.order_policy import OrderPolicy
from schema.supply import Dependent, OrderLines

MOST_DAYS: Final = 56
RANGE: Final = (5.0, 50.0, 95.0)
"""Percentiles that a range is told by."""
Range = tuple[float, float, float]


@dataclass(frozen=True)
class TakenOver:
    """What one substitute with stock takes over of a line's lost units, by RANGE."""

    sku: str
    share: float
    units: Range


@dataclass(frozen=True)
class DisruptedLine:
    """One product in one store.

    Attributes:
        cover_days: until the shelf is empty, by RANGE.
        lost_units: demand that the delay leaves unmet, beyond what is missed without it, by RANGE; their mean.
        taken_over: by substitutes of other suppliers with stock, the likeliest first.
        units, revised_units: to order today without and with the delay.
    """

    sku: str
    store_id: str
    on_hand: float
    on_order: float
    cover_days: Range
    lost_units: Range
    mean_lost_units: float
    taken_over: tuple[TakenOver, ...]
    units: float
    revised_units: float


@dataclass(frozen=True)
class SubstituteOrder:
    """What to order of a substitute that takes over demand: without it and with it."""

    sku: str
    store_id: str
    supplier_id: str
    taken_over: float
    units: float
    revised_units: float


@dataclass(frozen=True)
class Disruption:
    """What a delay does.

    Attributes:
        lines: the greatest losses first; num_lines, mean_lost_units: of all lines.
        orders: revised ones of substitutes.
        why_none: why nothing was looked at; None where something was.
    """

    order_on: date | None = None
    lines: tuple[DisruptedLine, ...] = ()
    orders: tuple[SubstituteOrder, ...] = ()
    num_lines: int = 0
    mean_lost_units: float = 0.0
    why_none: str | None = None


def disrupted(
    supplier_id: str, delay_days: int, dependents: Sequence[Dependent], *, first: int, moment: Moment
) -> Disruption:
    """What a delay of all of a supplier's orders does, those on their way among them.

    What is on its way is taken to come when half the usual lead time is over; an order placed today, after all of it.

    Args:
        dependents: what hangs on the supplier, from the graph.
        first: lines that are told, the greatest losses first.

    Raises:
        NotFound: if the shop has no such supplier.
        BadInput: if the delay is not 1 to MOST_DAYS days.
        MissingTable: if the shop has no terms.
        NotTrained: if no model was published yet.
    """
    if not 1 <= delay_days <= MOST_DAYS:
        raise BadInput(f"A delay of {delay_days} days is not told.", remedy=f"Ask for 1 to {MOST_DAYS}.")
    if moment.trained().forecast is None:
        return Disruption(why_none="This model version has no forecast: train again.")
    policy, wish = OrderPolicy(), OrderWish(supplier_id=supplier_id)
    stocked = {(one.sku, store_id): one.substitutes for one in dependents for store_id in one.store_ids}
    late = _stocked(ordering(wish, policy, moment=moment, later=(supplier_id, float(delay_days))), stocked)
    if not len(late.lines):
        return Disruption(
            order_on=late.on, why_none="Nothing of this supplier has a forecast and a place in the range."
        )
    lines = replace(late.lines, lead_days=np.maximum(late.lines.lead_days - delay_days, 0))
    lost, cover = _lost(lines, delay_days)
    order = np.lexsort((lines.store_id, lines.sku, -lost.mean(axis=1)))[:first]
    before, after = _units(lines, policy, late.on), _units(late.lines, policy, late.on)
    told = [_line(int(at), late, lost[at], cover[at], stocked, moment, (before, after)) for at in order.tolist()]
    return Disruption(
        order_on=late.on,
        lines=tuple(told),
        orders=_substitute_orders(told, policy, moment),
        num_lines=len(lines),
        mean_lost_units=float(lost.mean(axis=1).sum()),
    )


def disruption_answer(found: Disruption) -> dict[str, Any]:
    """What is hashed of an answer."""
    lines = [{**vars(line), "taken_over": [vars(one) for one in line.taken_over]} for line in found.lines]
    return {**vars(found), "lines": lines, "orders": [vars(order) for order in found.orders]}


def dependents_of(inputs: Mapping[str, Any]) -> list[Dependent]:
    """What the graph had said that hangs on the supplier."""
    return [Dependent(one["sku"], tuple(one["store_ids"]), tuple(one["substitutes"])) for one in inputs["dependents"]]


def _stocked(found: Ordering, stocked: Mapping[tuple[str, str], tuple[str, ...]]) -> Ordering:
    pairs = zip(found.lines.sku.tolist(), found.lines.store_id.tolist(), strict=True)
    return kept_rows(found, np.flatnonzero([pair in stocked for pair in pairs]))


def _lost(lines: OrderLines, delay_days: int) -> tuple[Floats, Floats]:
    """Units lost by the delay, and days until the shelf is empty `[num_lines, num_draws]`.

    What is lost by a day is the most by which demand ever ran ahead of what had come.
    """
    weeks, lead = week_draws(lines.demand), lines.lead_days

    def missed(delay: float) -> Floats:
        until_open = demand_within(weeks, lead / 2 + delay) - lines.on_hand[:, None]
        until_new = demand_within(weeks, lead + delay) - (lines.on_hand + lines.on_order)[:, None]
        return np.maximum(np.maximum(until_open, until_new), 0)

    sold = np.cumsum(weeks, axis=1)
    whole = (sold < lines.on_hand[:, None, None]).sum(axis=1)
    week = np.minimum(whole, weeks.shape[1] - 1)[:, None]
    rest = lines.on_hand[:, None] - np.take_along_axis(sold - weeks, week, axis=1)[:, 0]
    part = rest / np.maximum(np.take_along_axis(weeks, week, axis=1)[:, 0], 1e-9)
    days = 7 * np.where(whole < weeks.shape[1], week[:, 0] + np.clip(part, 0, 1), weeks.shape[1])
    return np.maximum(missed(delay_days) - missed(0), 0), np.asarray(days, np.float64)


def _line(
    at: int,
    late: Ordering,
    lost: Floats,
    cover: Floats,
    stocked: Mapping[tuple[str, str], tuple[str, ...]],
    moment: Moment,
    units: tuple[Mapping[tuple[str, str], float], Mapping[tuple[str, str], float]],
) -> DisruptedLine:
    lines, key = late.lines, (str(late.lines.sku[at]), str(late.lines.store_id[at]))
    return DisruptedLine(
        sku=key[0],
        store_id=key[1],
        on_hand=float(lines.on_hand[at]),
        on_order=float(lines.on_order[at]),
        cover_days=_range(cover),
        lost_units=_range(lost),
        mean_lost_units=float(lost.mean()),
        taken_over=_taken_over(int(late.products[at]), key, lost, stocked[key], moment, str(lines.supplier_id[at])),
        units=units[0].get(key, 0.0),
        revised_units=units[1].get(key, 0.0),
    )


def _taken_over(
    row: int, key: tuple[str, str], lost: Floats, known: tuple[str, ...], moment: Moment, supplier_id: str
) -> tuple[TakenOver, ...]:
    base = moment.facts.base
    to, suppliers = takers(row, moment=moment, store_id=key[1]), base.supply().supplier_ids
    low, middle, high = _range(lost)
    return tuple(
        TakenOver(base.skus[taker], share, (share * low, share * middle, share * high))
        for taker, share in zip(to.rows.tolist(), to.shares.tolist(), strict=True)
        if base.skus[taker] in known and suppliers[taker] != supplier_id
    )


def _substitute_orders(
    told: Sequence[DisruptedLine], policy: OrderPolicy, moment: Moment
) -> tuple[SubstituteOrder, ...]:
    """Orders of the substitutes, with the demand that they take over laid on the weeks until the late order comes."""
    taken: dict[tuple[str, str], float] = {}
    for line in told:
        for one in line.taken_over:
            key = one.sku, line.store_id
            taken[key] = taken.get(key, 0.0) + one.share * line.mean_lost_units
    taken = {key: units for key, units in taken.items() if units > 0}
    if not taken:
        return ()
    found = ordering(OrderWish(skus=tuple(sorted({sku for sku, _ in taken}))), policy, moment=moment)
    pairs = list(zip(found.lines.sku.tolist(), found.lines.store_id.tolist(), strict=True))
    rows: Rows = np.flatnonzero([pair in taken for pair in pairs])
    found = kept_rows(found, rows)
    more = np.array([taken[pairs[row]] for row in rows.tolist()])
    usual = np.maximum(found.lines.demand.mean(axis=2).sum(axis=1), 1e-9)
    raised = replace(found.lines, demand=found.lines.demand * (1 + more / usual)[:, None, None])
    before, after = _units(found.lines, policy, found.on), _units(raised, policy, found.on)
    return tuple(
        SubstituteOrder(
            sku, store_id, str(found.lines.supplier_id[at]), float(more[at]), before.get(key, 0.0), after.get(key, 0.0)
        )
        for at, key in enumerate(pairs[row] for row in rows.tolist())
        for sku, store_id in [key]
        if after.get(key, 0.0) != before.get(key, 0.0)
    )


def _units(lines: OrderLines, policy: OrderPolicy, on: date) -> dict[tuple[str, str], float]:
    return {(one.sku, one.store_id): one.units for one in propose(lines, policy, on=on)} if len(lines) else {}


def _range(values: Floats) -> Range:
    low, middle, high = np.percentile(values, RANGE).tolist()
    return low, middle, high
