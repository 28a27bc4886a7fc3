"""Lead times by supplier: measured on deliveries, else as the supplier says, else assumed; and who is late now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from decisions.lead_demand import NUM_DRAWS, Floats
from schema.errors import BadInput
from schema.supply import LateSupplier

ASSUMED_DAYS: Final = 7.0
"""Lead time of a supplier of whom nothing is known."""
STATED_WEIGHT: Final = 10
"""Deliveries that a stated lead time weighs as much as."""
DELIVERIES: Final = [
    "supplier_id",
    "sku",
    "store_id",
    "ordered_on",
    "promised_on",
    "delivered_on",
    "units_ordered",
    "units_delivered",
]
"""Columns of `deliveries` that are read."""


@dataclass(frozen=True)
class LeadTimes:
    """Equally likely lead times by supplier.

    Attributes:
        days: `[NUM_DRAWS]` by supplier, ascending.
        num_measured: deliveries that each rests on; 0 where it is stated or assumed.
    """

    days: Mapping[str, Floats]
    num_measured: Mapping[str, int]

    def draws(self, supplier_ids: npt.NDArray[np.object_], stated: Floats) -> Floats:
        """Lead times of lines `[num_lines, NUM_DRAWS]`, in an order that has nothing to do with demand's.

        Args:
            stated: `[num_lines]` days that the offer itself states; NaN leaves the supplier's.
        """
        order = np.random.default_rng(1).permutation(NUM_DRAWS)
        unknown = np.full(NUM_DRAWS, ASSUMED_DAYS)
        rows = np.stack([self.days.get(str(key), unknown)[order] for key in supplier_ids])
        is_stated = np.isfinite(stated) & np.array([self.num_measured.get(str(key), 0) == 0 for key in supplier_ids])
        return np.where(is_stated[:, None], rows - rows.mean(axis=1, keepdims=True) + stated[:, None], rows).clip(0)

    def later(self, supplier_id: str, days: float) -> "LeadTimes":
        """The same with one supplier's orders all coming so many days later."""
        own = self.days.get(supplier_id, np.full(NUM_DRAWS, ASSUMED_DAYS))
        measured = max(self.num_measured.get(supplier_id, 0), 1)
        return LeadTimes({**self.days, supplier_id: own + days}, {**self.num_measured, supplier_id: measured})


def lead_times(deliveries: pa.Table, suppliers: pa.Table) -> LeadTimes:
    """Lead times from the days between order and delivery, mixed with what suppliers state where those are few.

    Args:
        deliveries: columns of DELIVERIES known by the day of the order; open ones tell nothing.
        suppliers: `supplier_id`, `lead_time_days`, `lead_time_sd_days`, either of them perhaps empty.

    Raises:
        BadInput: if something was delivered before it was ordered.
    """
    import pandas as pd  # noqa: PLC0415  # heavy, and wanted for orders alone

    rows = deliveries.to_pandas(date_as_object=False)
    done = rows[rows["delivered_on"].notna()]
    days = (pd.to_datetime(done["delivered_on"]) - pd.to_datetime(done["ordered_on"])).dt.days
    if (days < 0).any():
        odd = done[days < 0].iloc[0]
        day = f"{odd['delivered_on']:%Y-%m-%d}"
        raise BadInput(
            f"{odd['sku']} of {odd['supplier_id']} was delivered on {day}, before it was ordered.",
            column="delivered_on",
            remedy="Correct the order or delivery day in `deliveries`.",
        )
    measured = {str(key): np.sort(part.to_numpy(np.float64)) for key, part in days.groupby(done["supplier_id"])}
    stated = {
        row["supplier_id"]: _stated(row["lead_time_days"], row["lead_time_sd_days"]) for row in suppliers.to_pylist()
    }
    keys = {*measured, *stated}
    return LeadTimes(
        {key: _mixed(measured.get(key, np.empty(0)), stated.get(key)) for key in keys},
        {key: len(measured.get(key, ())) for key in keys},
    )


def late_suppliers(deliveries: pa.Table, *, on: date) -> list[LateSupplier]:
    """Suppliers with orders that should have come before a day and have not, the longest wait first.

    Args:
        deliveries: columns of DELIVERIES; an order without a promised day is never late.
    """
    import pandas as pd  # noqa: PLC0415  # heavy, and wanted for orders alone

    rows = deliveries.to_pandas(date_as_object=False)
    late_by = (pd.to_datetime(rows["delivered_on"]) - pd.to_datetime(rows["promised_on"])).dt.days.clip(lower=0)
    usual = late_by.groupby(rows["supplier_id"]).mean()
    waiting = rows[rows["delivered_on"].isna() & (pd.to_datetime(rows["promised_on"]) < pd.Timestamp(on))]
    found = []
    for key, part in waiting.groupby("supplier_id"):
        days = (pd.Timestamp(on) - pd.to_datetime(part["promised_on"])).dt.days
        mean = float(usual.get(key, np.nan))
        units = float(part["units_ordered"].fillna(0).sum())
        skus = tuple(sorted(part["sku"].unique()))
        found.append(LateSupplier(str(key), len(part), units, int(days.max()), None if np.isnan(mean) else mean, skus))
    return sorted(found, key=lambda one: (-one.most_days_late, one.supplier_id))


def _stated(days: float | None, sd: float | None) -> Floats | None:
    """Normal lead times at evenly spaced ranks, at least 0; None where no days are stated."""
    from scipy.special import ndtri  # noqa: PLC0415  # heavy, and wanted for orders alone

    if days is None:
        return None
    ranks = (np.arange(NUM_DRAWS) + 0.5) / NUM_DRAWS
    return np.asarray(np.maximum(days + (sd or 0.0) * ndtri(ranks), 0.0))


def _mixed(measured: Floats, stated: Floats | None) -> Floats:
    ranks = (np.arange(NUM_DRAWS) + 0.5) / NUM_DRAWS
    if not len(measured):
        return np.full(NUM_DRAWS, ASSUMED_DAYS) if stated is None else stated
    own = np.quantile(measured, ranks, method="inverted_cdf")
    if stated is None or len(measured) >= 5 * STATED_WEIGHT:
        return np.asarray(own)
    both = np.concatenate([own, stated])
    weight = np.repeat([len(measured) / NUM_DRAWS, STATED_WEIGHT / NUM_DRAWS], NUM_DRAWS)
    order = np.argsort(both, kind="stable")
    place = np.searchsorted(np.cumsum(weight[order]) / weight.sum(), ranks)
    return np.asarray(both[order][np.minimum(place, len(both) - 1)])
