"""Lines to order, generated: normal or odd demand, lead times, packs and minima."""

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from decisions.lead_demand import NUM_DRAWS
from schema.demand import LEVELS
from schema.supply import OrderLines


def normal_demand(mean, sd, num_weeks=10):
    """Quantiles of weeks of normal demand, at least 0 `[num_lines, num_weeks, 19]`."""
    quantiles = np.maximum(np.asarray(mean)[:, None] + np.asarray(sd)[:, None] * ndtri(np.array(LEVELS)), 0)
    return np.repeat(quantiles[:, None], num_weeks, axis=1)


def lines_of(num_lines=6, seed=0, lead_sd=0.0, **changed) -> OrderLines:
    """Lines with demand from 2 to 60 units a week, lead times of 3 to 20 days and packs of 1 to 6."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(2, 60, num_lines)
    lead = rng.uniform(3, 20, num_lines)
    names = np.array([f"p{number}" for number in range(num_lines)], dtype=object)
    lines = OrderLines(
        sku=names,
        store_id=np.array(["S1"] * num_lines, dtype=object),
        supplier_id=np.array(["V1"] * num_lines, dtype=object),
        on_hand=np.floor(rng.uniform(0, 30, num_lines)),
        on_order=np.zeros(num_lines),
        unit_cost=rng.uniform(1, 5, num_lines),
        price=rng.uniform(5, 9, num_lines),
        pack_units=rng.integers(1, 7, num_lines).astype(float),
        min_order_units=rng.integers(1, 13, num_lines).astype(float),
        shelf_life_days=np.full(num_lines, np.nan),
        kept_share=np.zeros(num_lines),
        demand=normal_demand(mean, mean * 0.3),
        lead_days=np.maximum(lead[:, None] + lead_sd * ndtri((np.arange(NUM_DRAWS) + 0.5) / NUM_DRAWS), 0),
    )
    return replace(lines, **changed)
