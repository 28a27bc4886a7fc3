"""What an order is decided on and what is proposed: lines of product and store, terms, limits and proposals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OrderLines:
    """Lines to order, `[num_lines]` each: one product in one store, with its supplier's terms.

    Attributes:
        on_hand: units on the shelf; on_order: units still to come.
        unit_cost, price: money a unit; NaN unknown.
        pack_units, min_order_units: an order is a multiple of the first and at least the second.
        shelf_life_days: NaN for what keeps.
        kept_share: part of its demand that substitutes on the shelf would take over, 0 to 1.
        demand: `[num_lines, num_weeks, 19]` quantiles of units a week at LEVELS, from the day of the order on.
        lead_days: `[num_lines, num_draws]` lead times, each as likely as the others.
    """

    sku: npt.NDArray[np.object_]
    store_id: npt.NDArray[np.object_]
    supplier_id: npt.NDArray[np.object_]
    on_hand: Floats
    on_order: Floats
    unit_cost: Floats
    price: Floats
    pack_units: Floats
    min_order_units: Floats
    shelf_life_days: Floats
    kept_share: Floats
    demand: Floats
    lead_days: Floats

    def __len__(self) -> int:
        return len(self.on_hand)


@dataclass(frozen=True)
class OrderProposal:
    """What to order of one product for one store, and why.

    Attributes:
        expected_on: the day on which it comes with a chance of one half.
        reorder_point: units on shelf and on order at or below which an order is placed.
        safety_stock: `reorder_point` less expected demand until the order after this one comes.
        textbook_safety_stock: Z·σ·√L for the same, demand being normal.
        expected_demand: units until the order after this one comes.
        fill_rate: expected share of that demand that is met from the shelf, with this order.
        stock_out_probability: that demand by then exceeds what there is, with this order.
        cover_days: days of expected demand on the shelf, on order and in this order together.
        cost: money; None where the unit cost is unknown.
        reason: one or two sentences with the numbers that decided.
    """

    sku: str
    store_id: str
    supplier_id: str
    units: float
    order_on: date
    expected_on: date
    on_hand_units: float
    on_order_units: float
    reorder_point: float
    safety_stock: float
    textbook_safety_stock: float
    expected_demand: float
    fill_rate: float
    stock_out_probability: float
    cover_days: float
    cost: float | None
    reason: str


@dataclass(frozen=True)
class LateSupplier:
    """A supplier that is late now.

    Attributes:
        num_orders: order lines that should have come.
        units: that they hold.
        most_days_late: of the oldest of them.
        usual_days_late: mean days after the promised day of what was delivered; None where nothing was.
        skus: products waited for, ascending.
    """

    supplier_id: str
    num_orders: int
    units: float
    most_days_late: int
    usual_days_late: float | None
    skus: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SupplyFacts:
    """From whom a lake version's products are ordered, on what terms, and what is on its way.

    Attributes:
        supplier_ids: `[num_products]` whom each product is ordered from; "" nobody.
        terms: `[num_products]` by name: unit_cost, price, pack_units, min_order_units, lead_time_days,
            shelf_life_days; NaN unknown.
        counted: `[num_stores, num_products]` float32, units at the newest count or week's end; NaN never counted.
        on_order: `[num_stores, num_products]` float32, units of open deliveries.
        ordered_until: `[num_stores, num_products]` datetime64[D], day of the newest order; NaT where there is none.
        deliveries, suppliers: rows of both tables that lead times are measured by.
    """

    supplier_ids: tuple[str, ...]
    terms: Mapping[str, Floats]
    counted: npt.NDArray[np.float32]
    on_order: npt.NDArray[np.float32]
    ordered_until: npt.NDArray[np.datetime64]
    deliveries: pa.Table
    suppliers: pa.Table


@dataclass(frozen=True)
class Dependent:
    """A product that hangs on a supplier.

    Attributes:
        store_ids: that stock it, ascending; substitutes: skus, likeliest first.
    """

    sku: str
    store_ids: tuple[str, ...]
    substitutes: tuple[str, ...]
