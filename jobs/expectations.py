"""Expectations: a saved forecast as rows for the graph, the next weeks of each store and product in one number."""

from typing import Final

import numpy as np
import pyarrow as pa

from decisions.lead_demand import line_parts, week_draws
from graph.expectations import EXPECTS_SCHEMA
from schema.artefact import Artefact

NUM_WEEKS: Final = 4


def expectation_rows(artefact: Artefact) -> pa.Table:
    """Rows of EXPECTS_SCHEMA, by product and store; none where the version has no forecast.

    The range is that of the sum: its weeks err together in part, so it is narrower than the sum of their ranges.
    """
    forecast = artefact.forecast
    if forecast is None:
        return EXPECTS_SCHEMA.empty_table()
    weeks = min(NUM_WEEKS, len(forecast.weeks))
    low, high = np.empty(len(forecast)), np.empty(len(forecast))
    for part in line_parts(len(forecast)):
        drawn = week_draws(forecast.units[part, :weeks, 1:].astype(np.float64)).sum(axis=1)
        low[part], high[part] = np.percentile(drawn, [5, 95], axis=1)
    skus, store_ids = forecast.keys(np.arange(len(forecast)))
    columns = {
        "store_id": store_ids,
        "sku": skus,
        "units": forecast.units[:, :weeks, 0].astype(np.float64).sum(axis=1),
        "low_units": low,
        "high_units": high,
        "num_weeks": np.full(len(forecast), weeks),
        "starts_on": [forecast.as_of] * len(forecast),
        "model_version": [artefact.model_version] * len(forecast),
    }
    return pa.table({name: pa.array(values, EXPECTS_SCHEMA.field(name).type) for name, values in columns.items()})
