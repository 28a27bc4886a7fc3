"""Orders: what to order now, by the saved forecast, live stock, measured lead times and what is on its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from decisions.lead_times import late_suppliers
from decisions.moment import Moment
from decisions.order_lines import OrderWish, measured, ordering
from decisions.replenish import propose
from schema.order_policy import OrderPolicy, Target
from schema.supply import LateSupplier, OrderProposal, SupplyFacts


@dataclass(frozen=True)
class OrdersProposed:
    """What to order.

    Attributes:
        order_on: the day of the orders; as_of: of the forecast; both None where there is none.
        proposals: those asked for, the largest demand first; num_proposed: how many there are in all.
        why_none: why nothing was looked at; None where something was.
    """

    order_on: date | None
    as_of: date | None
    proposals: tuple[OrderProposal, ...] = ()
    num_proposed: int = 0
    num_lines: int = 0
    num_uncounted: int = 0
    why_none: str | None = None


def order_proposals(wish: OrderWish, policy: OrderPolicy, *, first: int, moment: Moment) -> OrdersProposed:
    """The orders most needed.

    Raises:
        NotFound: if the shop has no such store or supplier.
        BadInput: if the policy asks for what cannot be, too many lines are asked for, or the day is not forecast.
        MissingTable: if the shop has no terms.
        NotTrained: if no model was published yet.
    """
    forecast = moment.trained().forecast
    if forecast is None:
        return OrdersProposed(None, None, why_none="This model version has no forecast: train again.")
    found = ordering(wish, policy, moment=moment)
    if not len(found.lines):
        said = "No line that is asked for has a forecast, a supplier and a place in the range."
        return OrdersProposed(found.on, forecast.as_of, why_none=said)
    proposals = sorted(propose(found.lines, policy, on=found.on), key=lambda one: -one.expected_demand)
    return OrdersProposed(
        found.on, forecast.as_of, tuple(proposals[:first]), len(proposals), len(found.lines), found.num_uncounted
    )


def prepare(moment: Moment) -> None:
    """Read and measure all that orders need of a lake version, so that the first who asks for some need not wait.

    Raises:
        MissingTable: if the shop has no terms.
    """
    if moment.model is not None and moment.model.forecast is not None:
        measured(moment.facts.base.supply())


def late_now(wish: OrderWish, on: date | None, *, moment: Moment) -> tuple[LateSupplier, ...]:
    """Suppliers with overdue orders on the day of the orders, the longest wait first; the one wished for if one was.

    They stand beside an answer, not in what is hashed of it: no order is sized by them but through lead times.
    """
    if on is None:
        return ()
    found = _late(moment.facts.base.supply(), on)
    return tuple(one for one in found if wish.supplier_id in (None, one.supplier_id))


@lru_cache(maxsize=4)
def _late(supply: SupplyFacts, on: date) -> tuple[LateSupplier, ...]:
    return tuple(late_suppliers(supply.deliveries, on=on))


def orders_answer(found: OrdersProposed) -> dict[str, Any]:
    """What is hashed of an answer."""
    return {**vars(found), "proposals": [vars(one) for one in found.proposals]}


def policy_of(inputs: Mapping[str, Any]) -> OrderPolicy:
    """The policy that an entry's inputs hold."""
    return OrderPolicy(**{**inputs, "target": Target(inputs["target"])})


def wish_of(inputs: Mapping[str, Any]) -> OrderWish:
    """The wish that an entry's inputs hold."""
    day = inputs["order_on"]
    return OrderWish(**{**inputs, "order_on": day and date.fromisoformat(day), "skus": tuple(inputs["skus"])})
