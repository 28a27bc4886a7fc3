"""Terms, shelves and orders of one lake version as arrays, for orders that are proposed while it is served."""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lake.sources import table_source
from lake.store import Lake
from lake.terms import PAIR, known_deliveries, order_terms, positions
from schema.facts import ShopFacts
from schema.supply import SupplyFacts

TERMS = ("unit_cost", "price", "pack_units", "min_order_units", "lead_time_days", "shelf_life_days")


def read_supply(lake: Lake, base: ShopFacts, *, as_of: date) -> SupplyFacts:
    """The terms, shelves and orders known at `as_of`, by the rows of a version's facts.

    Raises:
        NotFound: if there is no such version.
    """
    source = table_source(lake.at(base.lake_version))
    terms = order_terms(source, as_of).set_index("sku").reindex(list(base.skus))
    deliveries, held = known_deliveries(source, as_of), positions(source, as_of)
    orders = deliveries.select([*PAIR, "ordered_on"]).drop_null()
    newest = orders.group_by(PAIR).aggregate([("ordered_on", "max")]).to_pandas(date_as_object=False)
    return SupplyFacts(
        supplier_ids=tuple(terms["supplier_id"].fillna("").tolist()),
        terms={name: terms[name].to_numpy(np.float64) for name in TERMS},
        counted=_grid(held, "on_hand_units", base, np.float32(np.nan)),
        on_order=_grid(held, "on_order_units", base, np.float32(0)),
        ordered_until=_grid(newest, "ordered_on_max", base, np.datetime64("NaT", "D")),
        deliveries=deliveries,
        suppliers=source.rows("suppliers", ["supplier_id", "lead_time_days", "lead_time_sd_days"]),
    )


def _grid(rows: pd.DataFrame, column: str, base: ShopFacts, nothing: Any) -> npt.NDArray[Any]:
    """A column by store and product; those the shop does not have are passed by."""
    grid = np.full((len(base.store_ids), len(base.skus)), nothing)
    stores = pd.Index(base.store_ids).get_indexer(pd.Index(rows["store_id"]))
    products = pd.Index(base.skus).get_indexer(pd.Index(rows["sku"]))
    known = (stores >= 0) & (products >= 0)
    grid[stores[known], products[known]] = rows[column].to_numpy()[known].astype(grid.dtype)
    return grid
