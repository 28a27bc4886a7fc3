"""What suppliers bring, and how late: ordinary delays, and the long ones that leave a store without a product."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.synthetic_chance import Ints, uniform_of
from loaders.synthetic_files import Folder, days_from, names_of, numbered
from loaders.synthetic_masters import Suppliers
from loaders.synthetic_world import World

PACK = 4
OPEN_UNITS = 3.0 * PACK


@dataclass(frozen=True)
class Arrivals:
    """Deliveries of one week, `[num_deliveries]` each: the place, units that came, and days late."""

    place: Ints
    units: Ints
    days_late: Ints


@dataclass(frozen=True)
class Delays:
    """What the deliveries add up to, by supplier `[num_suppliers]`: how many, how many late, and days late in all."""

    deliveries: Ints
    late: Ints
    days_late: Ints

    @classmethod
    def none(cls, suppliers: int) -> "Delays":
        """Before the first delivery."""
        return cls(*(np.zeros(suppliers, np.int64) for _ in range(3)))

    def plus(self, supplier: Ints, days_late: Ints) -> "Delays":
        """With some deliveries more."""
        size = len(self.late)
        return Delays(
            deliveries=self.deliveries + np.bincount(supplier, minlength=size),
            late=self.late + np.bincount(supplier[days_late > 0], minlength=size),
            days_late=self.days_late + np.bincount(supplier, days_late, size).astype(np.int64),
        )


def arrivals_of(world: World, suppliers: Suppliers, week: int, units: Ints) -> Arrivals:
    """The week's deliveries from the units that each place got; where a stock-out ends, the delivery was that late."""
    shelves = world.shelves
    place = np.flatnonzero(units > 0)
    is_end = (shelves.out_to[place] > 0) & (shelves.out_to[place] == week * 7)
    supplier = world.catalogue.supplier[shelves.product[place]]
    draw = uniform_of(supplier * 1000 + shelves.store[place], np.full(1, week), world.seed + 15)
    usual = np.floor(np.maximum(0, (draw - 0.7) / 0.3) * suppliers.lead_time_sd_days[supplier]).astype(np.int64)
    return Arrivals(place, units[place], np.where(is_end, week * 7 - shelves.out_from[place], usual))


def write_arrivals(folder: Folder, world: World, suppliers: Suppliers, week: int, arrivals: Arrivals) -> None:
    """Write one week's deliveries; before a stock-out fewer units came than were ordered."""
    arrived = days_from(world.params.shop.starts_on, np.full(len(arrivals.place), week * 7))
    ordered = (-(-arrivals.units // PACK) * PACK).astype(np.float64)
    columns = {"delivered_on": arrived, "units_ordered": ordered, "units_delivered": arrivals.units.astype(np.float64)}
    _write(folder, world, suppliers, arrivals.place, week * 7 - arrivals.days_late, columns)


def write_open_orders(folder: Folder, world: World, suppliers: Suppliers) -> None:
    """Write orders that should have come before the last receipt and have not."""
    place = np.flatnonzero(world.shelves.out_to == world.params.shop.days)
    columns = {
        "delivered_on": pa.nulls(len(place), pa.date32()),
        "units_ordered": np.full(len(place), OPEN_UNITS),
        "units_delivered": pa.nulls(len(place), pa.float64()),
    }
    _write(folder, world, suppliers, place, world.shelves.out_from[place], columns)


def _write(
    folder: Folder, world: World, suppliers: Suppliers, place: Ints, promised: Ints, columns: dict[str, object]
) -> None:
    if len(place) == 0:
        return
    shelves, start = world.shelves, world.params.shop.starts_on
    store, product = shelves.store[place], shelves.product[place]
    supplier = world.catalogue.supplier[product]
    lead = suppliers.lead_time_days[supplier].astype(np.int64)
    order = [numbered("O", promised + 1000), numbered("", store), numbered("", supplier)]
    folder.write(
        "deliveries",
        {
            "order_id": pc.binary_join_element_wise(*order, "-"),
            "supplier_id": names_of(suppliers.supplier_ids, supplier),
            "sku": names_of(world.catalogue.skus, product),
            "store_id": names_of(world.stores.store_ids, store),
            "ordered_on": days_from(start, promised - lead),
            "promised_on": days_from(start, promised),
            **columns,
        },
    )
