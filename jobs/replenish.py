"""Replenish: what each store should order today, by a lake version's sales, deliveries and relations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from decisions.demand_scale import SCALE_REVIEWS, SCALE_WEEKS, DemandScale, scale_by
from decisions.lead_times import late_suppliers, lead_times
from decisions.replenish import propose
from forecast.history import SalesHistory
from forecast.rolling import RollingForecast, roll_forecast
from forecast.settings import ForecastSettings
from jobs.demand import known_weeks, with_plans
from lake.terms import known_deliveries, order_terms, positions
from lake.version import LakeVersion
from schema.demand import LEVELS
from schema.errors import EmptyWindow, NotFound
from schema.order_policy import OrderPolicy
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.supply import LateSupplier, OrderLines, OrderProposal

Floats = npt.NDArray[np.float64]
LONGEST_LEAD_DAYS = 84
"""Longer lead times count as this long."""


@dataclass(frozen=True)
class Replenishment:
    """What to order, and who is late.

    Attributes:
        as_of: the day of the orders.
        proposals: by store and sku.
        late: suppliers, the longest wait first.
        num_lines: lines that were looked at; num_uncounted: of them, those whose shelf nobody counted, taken for empty.
    """

    as_of: date
    proposals: list[OrderProposal]
    late: list[LateSupplier]
    num_lines: int
    num_uncounted: int


@dataclass(frozen=True)
class Wish:
    """Which lines are looked at; None or empty: all.

    Attributes:
        store_id: of this store; supplier_id: ordered from this supplier; skus: of these products.
    """

    store_id: str | None = None
    supplier_id: str | None = None
    skus: Sequence[str] = ()


def replenish(  # keywords only: what is known and what is asked
    source: LakeVersion,
    policy: OrderPolicy,
    *,
    as_of: date | None = None,
    wish: Wish = Wish(),
    relations: Relations | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Replenishment:
    """What to order on a day.

    Args:
        as_of: None means the day after the last week of sales.
        relations: with transfer shares, where substitutes are pooled.

    Raises:
        MissingTable: if there are no weekly sales.
        NotFound: if the shop has no such store, supplier or product.
        EmptyWindow: if no line with a supplier sold anything before that day.
        BadInput: of `propose`.
    """
    history, week = known_weeks(source, as_of=as_of, purpose="Replenishing")
    day = as_of or pd.Timestamp(history.first_week + np.timedelta64(7 * week, "D")).date()
    chosen = _chosen(source, history, day, wish)
    lines = _lines(source, chosen, day, relations)
    ahead = int(np.ceil((lines.lead_days.max() + policy.review_days) / 7)) + 1
    rolling = roll_forecast(
        with_plans(history, source, ahead),
        chosen["row"].to_numpy(np.int64),
        origin=max(week - SCALE_REVIEWS, 1),
        num_ahead=ahead,
        settings=ForecastSettings(seed=seed),
        progress=progress,
    )
    lines = replace(lines, demand=_put_right(rolling, week, progress))
    proposals = propose(lines, policy, on=day)
    late = late_suppliers(known_deliveries(source, day), on=day)
    return Replenishment(day, proposals, late, len(lines), int(chosen["on_hand_units"].isna().sum()))


def _chosen(source: LakeVersion, history: SalesHistory, day: date, wish: Wish) -> pd.DataFrame:
    """Lines looked at: `row` of the history, keys, terms and positions, by store and sku."""
    terms, keys = order_terms(source, day), history.keys.assign(row=np.arange(history.num_series))
    for kind, key, found in (
        ("store with weekly sales", wish.store_id, keys["store_id"]),
        ("supplier of a product", wish.supplier_id, terms["supplier_id"]),
        *(("product with weekly sales", sku, keys["sku"]) for sku in wish.skus),
    ):
        if key is not None and not (found == key).any():
            raise NotFound(kind, key, near=sorted(map(str, found.unique()))[:5])
    rows = keys.merge(terms, on="sku").merge(positions(source, day), on=["store_id", "sku"], how="left")
    if wish.store_id is not None:
        rows = rows[rows["store_id"] == wish.store_id]
    if wish.supplier_id is not None:
        rows = rows[rows["supplier_id"] == wish.supplier_id]
    if wish.skus:
        rows = rows[rows["sku"].isin(wish.skus)]
    lately = np.isfinite(history.grids["units"][rows["row"].to_numpy(), -SCALE_REVIEWS:])
    rows = rows.iloc[np.flatnonzero(lately.any(axis=1))]
    if not len(rows):
        raise EmptyWindow("No line that is asked for has a supplier and sold lately.")
    return rows.sort_values(["store_id", "sku"], ignore_index=True)


def _lines(source: LakeVersion, rows: pd.DataFrame, day: date, relations: Relations | None) -> OrderLines:
    names = ["supplier_id", "lead_time_days", "lead_time_sd_days"]
    times = lead_times(known_deliveries(source, day), source.rows("suppliers", names))
    supplier = rows["supplier_id"].to_numpy(object)

    def floats(name: str) -> Floats:
        return rows[name].to_numpy(np.float64)

    return OrderLines(
        sku=rows["sku"].to_numpy(object),
        store_id=rows["store_id"].to_numpy(object),
        supplier_id=supplier,
        on_hand=np.maximum(np.nan_to_num(floats("on_hand_units")), 0),
        on_order=np.nan_to_num(floats("on_order_units")),
        unit_cost=floats("unit_cost"),
        price=floats("price"),
        pack_units=floats("pack_units"),
        min_order_units=floats("min_order_units"),
        shelf_life_days=floats("shelf_life_days"),
        kept_share=np.zeros(len(rows)) if relations is None else _kept(rows, relations),
        demand=np.zeros((len(rows), 1, len(LEVELS))),
        lead_days=np.minimum(times.draws(supplier, floats("lead_time_days")), LONGEST_LEAD_DAYS),
    )


def _kept(rows: pd.DataFrame, relations: Relations) -> Floats:
    """Part of each line's demand that goes to substitutes with stock in its store `[num_lines]`."""
    table = relations.table.filter(pc.is_valid(relations.table.column("transfer_share")))
    edges = table.select(["sku", "other_sku", "transfer_share"]).to_pandas()
    shelf = rows.loc[rows["on_hand_units"] > 0, ["sku", "store_id"]]
    shares = edges.merge(shelf, on="sku").groupby(["other_sku", "store_id"])["transfer_share"].sum()
    found = shares.reindex(pd.MultiIndex.from_frame(rows[["sku", "store_id"]]))
    return np.clip(np.nan_to_num(found.to_numpy(np.float64)), 0, 1)


def demand_scale(rolling: RollingForecast, week: int, progress: Progress) -> DemandScale | None:
    """What puts a forecast right by how it did in the weeks between its fit and column `week`; None for too few."""
    return scale_by(*rolling.hindsight(week, num_weeks=SCALE_WEEKS, progress=progress))


def _put_right(rolling: RollingForecast, week: int, progress: Progress) -> Floats:
    """Quantiles from `week` on, put right by how the same forecast did in the weeks before it."""
    scale = demand_scale(rolling, week, progress)
    now = rolling.quantiles(week)
    return now if scale is None else scale.of(now, rolling.past_sales(week)[0])


def table_of(proposals: Sequence[OrderProposal]) -> pa.Table:
    """Proposals as rows, a column a field of OrderProposal."""
    names = list(OrderProposal.__dataclass_fields__)
    rows = {name: [getattr(one, name) for one in proposals] for name in names}
    texts = {"sku", "store_id", "supplier_id", "reason"}
    days = {"order_on", "expected_on"}
    kinds = {name: pa.string() if name in texts else pa.date32() if name in days else pa.float64() for name in names}
    return pa.table({name: pa.array(rows[name], kinds[name]) for name in names})
